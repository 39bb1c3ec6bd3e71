"""Does an answer fit the days before it: rules across days for every daily table, applied before anything is stored."""
