"""Parameters that do not fit a declaration are refused with a sentence that names the place."""

import msgspec
import pytest

from amc_assets.detectors.parameters import DetectorParameters, check_parameters
from amc_assets.detectors.registry import DETECTORS
from amc_assets.strategies.calibration import load_calibration

UNIFIED = load_calibration("unified_detectors")


def changed(detector: str, change) -> DetectorParameters:
    raw = msgspec.to_builtins(UNIFIED.detectors[detector])
    change(raw)
    return msgspec.convert(raw, DetectorParameters)


@pytest.mark.parametrize(
    ("detector", "change", "sentence"),
    [
        ("squeeze", lambda r: r["components"].pop("short_metrics"), "lacks component"),
        ("squeeze", lambda r: r["components"].update(extra={"weight": 0.1, "terms": {}}), "unknown component"),
        ("squeeze", lambda r: r["components"]["short_metrics"]["terms"].pop("days_to_cover"), "lacks term"),
        ("squeeze", lambda r: r["components"]["volume_pressure"].update(weight=0.2), "add to 1.1"),
        ("squeeze", lambda r: r["components"]["volume_pressure"].update(weight=0.0), "above 0"),
        ("squeeze", lambda r: r.update(minimum_bars=301), "0..300"),
        ("volume_momentum", lambda r: r["components"]["uptrend"]["terms"]["up_days"].update(share=0.5), "add to 0.9"),
        (
            "volume_momentum",
            lambda r: r["components"]["uptrend"]["terms"]["up_days"].update(points=[[0, 0], [3, 0.5]]),
            "in a sum the share",
        ),
        (
            "volume_momentum",
            lambda r: r["components"]["uptrend"]["terms"]["up_days"].update(share=None),
            "to every term or to none",
        ),
        (
            "volume_momentum",
            lambda r: r["components"]["atr_expansion"]["terms"]["atr14_frac"].update(points=[[0, 1], [1, 0]]),
            "component atr_expansion, term atr14_frac",
        ),
    ],
)
def test_refused(detector, change, sentence):
    check_parameters(DETECTORS[detector].declaration, UNIFIED.detectors[detector])
    with pytest.raises(ValueError, match=sentence):
        check_parameters(DETECTORS[detector].declaration, changed(detector, change))


def test_unknown_key_is_refused():
    with pytest.raises(msgspec.ValidationError, match="unknown field `wieght`"):
        changed("squeeze", lambda r: r.update(wieght=0.1))
