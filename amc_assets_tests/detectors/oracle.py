"""The published numbers once more, copied by hand, with a slow scalar scorer: the judge of TOML files and arrays.

Nothing here is imported from the rooms under test. A name is a plain dict of feature values; an absent key is missing.
"""

import math
from bisect import bisect_left
from statistics import fmean

VWAP = [(0.97, 0), (0.995, 0.4), (1.005, 0.7), (1.02, 1)]
KNOTS = {
    ("volume_momentum", "relvol", "relvol_30"): [(0, 0), (1, 0.2), (1.5, 0.4), (2, 0.6), (3, 0.8), (5, 1)],
    ("volume_momentum", "relvol", "volume_trend"): [(1, 0), (1.5, 0.1)],
    ("volume_momentum", "vwap_reclaim", "vwap_ratio"): VWAP,
    ("volume_momentum", "uptrend", "up_days"): [(0, 0), (1, 0.2), (2, 0.4), (3, 0.6)],
    ("volume_momentum", "uptrend", "change_5d_frac"): [(-0.05, 0), (0, 0.1), (0.05, 0.2), (0.10, 0.4)],
    ("volume_momentum", "atr_expansion", "atr14_frac"): [(0, 0), (0.01, 0.1), (0.03, 0.4), (0.05, 0.7), (0.08, 1)],
    ("squeeze", "float_tightness", "float_shares"): [
        (10_000_000, 1), (25_000_000, 0.8), (75_000_000, 0.6), (150_000_000, 0.35), (1_000_000_000, 0.1),
    ],
    ("squeeze", "float_tightness", "float_outstanding_frac"): [(0.5, 0.1), (0.6, 0)],
    ("squeeze", "short_metrics", "short_interest_float_frac"): [(0, 0), (0.08, 0.4), (0.15, 0.7), (0.25, 1)],
    ("squeeze", "short_metrics", "days_to_cover"): [(0, 0), (5, 0.7), (10, 1)],
    ("squeeze", "short_metrics", "short_volume_ratio_z"): [(-2, 0.1), (0, 0.3), (1, 0.5), (2, 0.8), (3, 1)],
    ("squeeze", "short_metrics", "borrow_stress"): [(0, 0), (60, 0.6), (80, 0.8), (100, 1)],
    ("squeeze", "options_gamma", "iv_percentile_frac"): [(0.2, 0.8), (0.4, 0.5), (0.6, 0.2), (1, 0.2)],
    ("squeeze", "options_gamma", "call_put_volume_ratio"): [(1, 0.2), (1.5, 0.4), (3, 0.7), (5, 1)],
    ("squeeze", "volume_pressure", "relvol_30"): [(1, 0), (1.5, 0.2), (2, 0.5), (5, 1)],
    ("catalyst_news", "news_sentiment", "news_direction"): [(-0.5, 0), (0, 0.3), (0.4, 0.7), (0.8, 1)],
    ("catalyst_news", "social_momentum", "news_attention_z"): [(0, 0), (1.1, 0.3), (2.4, 0.6), (4.5, 1)],
    ("catalyst_news", "event_proximity", "event_proximity"): [(0, 0), (0.5, 0.6), (0.9, 1)],
    ("catalyst_news", "event_proximity", "dilution_proximity"): [(0, 1), (0.5, 0.3), (1, 0)],
    ("catalyst_news", "unusual_activity", "news_sources_count"): [(0, 0), (1, 0.3), (2, 0.7), (4, 1)],
    ("options_flow", "gamma_potential", "near_call_open_interest_frac"): [(0, 0), (0.03, 0.3), (0.10, 0.7), (0.25, 1)],
    ("options_flow", "call_put_flow", "call_put_volume_ratio"): [(0.5, 0), (1, 0.1), (2, 0.3), (3, 0.6), (5, 1)],
    ("options_flow", "call_put_flow", "call_put_volume_log_z"): [(-1, 0), (0, 0.3), (1, 0.5), (2, 0.8), (3, 1)],
    ("options_flow", "call_put_flow", "volume_open_interest_ratio"): [(0, 0), (0.1, 0.3), (0.3, 0.7), (1, 1)],
    ("options_flow", "iv_expansion", "iv_percentile_frac"): [(0, 1), (0.3, 0.7), (0.5, 0.3), (1, 0)],
    ("options_flow", "iv_expansion", "has_news_catalyst"): [(0, 0.5), (1, 1)],
    ("options_flow", "unusual_activity", "option_volume_z"): [(-1, 0), (0, 0.2), (1, 0.5), (2, 0.8), (3, 1)],
    ("technicals", "ema_momentum", "ema9_over_ema20_frac"): [(-0.02, 0), (0, 0.4), (0.01, 0.6), (0.05, 1)],
    ("technicals", "rsi_positioning", "rsi14"): [(30, 0), (50, 0.5), (60, 1), (70, 1), (85, 0.4), (95, 0.2)],
    ("technicals", "vwap_reclaim", "vwap_ratio"): VWAP,
    ("technicals", "breakout_quality", "breakout_frac"): [(-0.05, 0), (0, 0.6), (0.03, 1)],
}  # fmt: skip
DETECTOR_WEIGHTS = {
    "volume_momentum": 0.3325, "squeeze": 0.2375, "catalyst_news": 0.19, "options_flow": 0.095, "technicals": 0.095,
    "vigl_pattern": 0.05,
}  # fmt: skip
COMPONENT_WEIGHTS = {
    "volume_momentum": {"relvol": 0.40, "vwap_reclaim": 0.30, "uptrend": 0.20, "atr_expansion": 0.10},
    "squeeze": {"float_tightness": 0.30, "short_metrics": 0.40, "options_gamma": 0.20, "volume_pressure": 0.10},
    "catalyst_news": {"news_sentiment": 0.4, "social_momentum": 0.3, "event_proximity": 0.2, "unusual_activity": 0.1},
    "options_flow": {"gamma_potential": 0.4, "call_put_flow": 0.3, "iv_expansion": 0.2, "unusual_activity": 0.1},
    "technicals": {"ema_momentum": 0.40, "rsi_positioning": 0.30, "vwap_reclaim": 0.20, "breakout_quality": 0.10},
    "vigl_pattern": {"similarity": 1.0},
}
BARS_FOR_TECHNICALS = 50

Name = dict[str, float]


def curve(points, x):
    """Linear between points, flat outside."""
    xs = [p[0] for p in points]
    if x <= xs[0]:
        return points[0][1]
    if x >= xs[-1]:
        return points[-1][1]
    i = bisect_left(xs, x)
    (x0, y0), (x1, y1) = points[i - 1], points[i]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def on(detector: str, component: str, feature: str, name: Name):
    """One term, None when its input is missing."""
    if feature not in name:
        return None
    points = KNOTS[detector, component, feature]
    if feature == "float_shares":
        return curve([(math.log10(x), y) for x, y in points], math.log10(name[feature]))
    return curve(points, name[feature])


def mean_of_present(*scores: float | None):
    present = [s for s in scores if s is not None]
    return fmean(present) if present else None


def weighted(weights, scores):
    """Weighted mean of what is present, None when nothing is."""
    present = {k: s for k, s in scores.items() if s is not None}
    if not present:
        return None
    return sum(weights[k] * s for k, s in present.items()) / sum(weights[k] for k in present)


def volume_momentum(n: Name):
    d = "volume_momentum"
    base, bonus = on(d, "relvol", "relvol_30", n), on(d, "relvol", "volume_trend", n)
    days, change = on(d, "uptrend", "up_days", n), on(d, "uptrend", "change_5d_frac", n)
    top = (0.6 if days is not None else 0) + (0.4 if change is not None else 0)
    return {
        "relvol": None if base is None else min(1.0, base + (bonus or 0)),
        "vwap_reclaim": on(d, "vwap_reclaim", "vwap_ratio", n),
        "uptrend": ((days or 0) + (change or 0)) / top if top else None,
        "atr_expansion": on(d, "atr_expansion", "atr14_frac", n),
    }


def squeeze(n: Name):
    d = "squeeze"
    base, bonus = on(d, "float_tightness", "float_shares", n), on(d, "float_tightness", "float_outstanding_frac", n)
    shorts = ("short_interest_float_frac", "days_to_cover", "short_volume_ratio_z", "borrow_stress")
    options = ("iv_percentile_frac", "call_put_volume_ratio")
    return {
        "float_tightness": None if base is None else min(1.0, base + (bonus or 0)),
        "short_metrics": mean_of_present(*(on(d, "short_metrics", f, n) for f in shorts)),
        "options_gamma": mean_of_present(
            *(on(d, "options_gamma", f, n) for f in options), n.get("call_gamma_pressure_rank")
        ),
        "volume_pressure": on(d, "volume_pressure", "relvol_30", n),
    }


def catalyst_news(n: Name):
    d = "catalyst_news"
    event, dilution = (on(d, "event_proximity", f, n) for f in ("event_proximity", "dilution_proximity"))
    return {
        "news_sentiment": on(d, "news_sentiment", "news_direction", n),
        "social_momentum": on(d, "social_momentum", "news_attention_z", n),
        "event_proximity": weighted({"e": 0.75, "d": 0.25}, {"e": event, "d": dilution}),
        "unusual_activity": on(d, "unusual_activity", "news_sources_count", n),
    }


def options_flow(n: Name):
    d = "options_flow"
    near = on(d, "gamma_potential", "near_call_open_interest_frac", n)
    flow = ("call_put_volume_ratio", "call_put_volume_log_z", "volume_open_interest_ratio")
    cheap, catalyst = (on(d, "iv_expansion", f, n) for f in ("iv_percentile_frac", "has_news_catalyst"))
    return {
        "gamma_potential": weighted({"g": 0.6, "n": 0.4}, {"g": n.get("call_gamma_pressure_rank"), "n": near}),
        "call_put_flow": weighted(
            dict(zip(flow, (0.3, 0.5, 0.2), strict=True)), {f: on(d, "call_put_flow", f, n) for f in flow}
        ),
        "iv_expansion": None if cheap is None or catalyst is None else cheap * catalyst,
        "unusual_activity": on(d, "unusual_activity", "option_volume_z", n),
    }


def technicals(n: Name):
    d = "technicals"
    if n.get("bars_observed", 0) < BARS_FOR_TECHNICALS:
        return dict.fromkeys(COMPONENT_WEIGHTS[d])
    breakout = on(d, "breakout_quality", "breakout_frac", n)
    both = breakout is not None and "relvol_30" in n
    return {
        "ema_momentum": on(d, "ema_momentum", "ema9_over_ema20_frac", n),
        "rsi_positioning": on(d, "rsi_positioning", "rsi14", n),
        "vwap_reclaim": on(d, "vwap_reclaim", "vwap_ratio", n),
        "breakout_quality": breakout * min(n["relvol_30"] / 1.5, 1) if both else None,
    }


def vigl_pattern(n: Name):
    parts = {
        "v": min(n["relvol_30"] / 20.9, 1) if "relvol_30" in n else None,
        "s": min(n["short_interest_float_frac"] / 0.18, 1) if "short_interest_float_frac" in n else None,
        "f": min(15.2e6 / n["float_shares"], 1) if "float_shares" in n else None,
        "p": max(0, 1 - abs(n["close_usd"] - 2.94) / 10) if "close_usd" in n else None,
    }
    return {"similarity": weighted({"v": 0.4, "s": 0.3, "f": 0.2, "p": 0.1}, parts)}


DETECTORS = {
    "volume_momentum": volume_momentum,
    "squeeze": squeeze,
    "catalyst_news": catalyst_news,
    "options_flow": options_flow,
    "technicals": technicals,
    "vigl_pattern": vigl_pattern,
}


def detector_score(detector: str, n: Name):
    """One detector's score, None when it has no component."""
    return weighted(COMPONENT_WEIGHTS[detector], DETECTORS[detector](n))


def unified_score(n: Name):
    """The composite over the detectors that have a score, None when none has."""
    return weighted(DETECTOR_WEIGHTS, {d: detector_score(d, n) for d in DETECTORS})
