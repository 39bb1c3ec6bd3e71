"""News features: tickers in text, sentiment, duplicate stories, events, and their part of the snapshot."""
