"""U.S. Treasury: daily bill rates."""
