"""NYSE group: threshold securities."""
