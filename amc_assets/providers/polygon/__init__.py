"""Polygon (Massive): bars and reference data."""
