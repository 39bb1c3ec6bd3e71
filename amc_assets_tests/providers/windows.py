"""Counting what the far end would count."""


def most_in_any_window(instants: list[float], seconds: float) -> int:
    """Return the greatest number of instants in any half-open window of ``seconds``."""
    times, first, most = sorted(instants), 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
