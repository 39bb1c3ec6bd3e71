"""Strategies: calibration, gates, confidence, ranking and explanation over detector scores; no input or output."""
