"""One self-contained HTML page per discovery run, for people who decide what to look at next."""
