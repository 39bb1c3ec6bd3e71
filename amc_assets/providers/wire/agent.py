"""The user agent for hosts that answer browsers only (Nasdaq's screener, Yahoo, PR Newswire): browser-like and named.

It says what we are; where a host asks for a contact, the transport's own user agent is sent instead.
"""

BROWSER_LIKE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) amc_assets/0.1"
