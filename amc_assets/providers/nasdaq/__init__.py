"""Nasdaq: the symbol directory."""
