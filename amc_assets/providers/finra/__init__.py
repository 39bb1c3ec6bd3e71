"""FINRA: daily short volume and twice-monthly short interest."""
