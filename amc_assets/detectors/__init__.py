"""Detectors: declarations and pure functions from a Snapshot to scores; no tables, no clock, no providers."""
