"""SEC: filings, company tickers, shares outstanding, fails to deliver."""
