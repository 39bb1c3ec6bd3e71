"""Yahoo through yfinance, by opt-in: option chains."""
