"""What the detectors are, as plain words: read at every start of the code location, so nothing is imported."""

BUILT: dict[str, str] = {
    "volume_momentum": (
        "Unusual volume that carries the price: relative volume, price above VWAP, rising closes, expanding range."
    ),
    "squeeze": (
        "Fuel of a squeeze: a tight float, a large and slow short position, options that force buying, volume."
    ),
    "catalyst_news": (
        "A reason to look: which way the headlines point, unusual attention, events near by, several sources."
    ),
    "options_flow": (
        "Options that force buying: gamma of open calls, calls against puts, cheap volatility before an event, volume."
    ),
    "technicals": (
        "The chart confirms: EMA9 above EMA20, strong but not exhausted RSI, above VWAP, breaking out on volume."
    ),
    "vigl_pattern": (
        "Likeness to the VIGL template (20.9x volume, 18 % short, 15.2M float, 2.94 USD): an anecdote, hence 5 %."
    ),
}
"""Name and sentence of each detector, in the order of its weight."""
