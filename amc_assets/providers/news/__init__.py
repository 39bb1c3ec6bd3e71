"""News: GlobeNewswire, PR Newswire and Yahoo headlines."""
