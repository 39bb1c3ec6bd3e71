"""Nasdaq: the symbol directory, trade halts of all exchanges, the threshold list and the screener."""
