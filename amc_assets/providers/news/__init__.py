"""Press wires and headlines, read through feedparser."""
