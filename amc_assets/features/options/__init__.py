"""Options: quotes to forwards, volatilities, percentiles and flow; all contracts of all symbols at once."""
