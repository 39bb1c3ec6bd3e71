"""Measure what the scores are worth: outcome labels, detection metrics, simple sorts to beat, look-ahead guard."""
