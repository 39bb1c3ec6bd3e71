"""FINRA: daily short volume, twice-monthly short interest, over-the-counter lists, an optional token."""
