"""Reading of bodies that several providers share: delimited text, JSON rows, pages, rejected rows, tickers."""
