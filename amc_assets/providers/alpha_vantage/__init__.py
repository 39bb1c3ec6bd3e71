"""Alpha Vantage: float, quotes, news sentiment, and options on paid plans."""
