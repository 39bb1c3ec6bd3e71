"""The detector over these features: dilution lowers it, no news is no direction, missing leaves the denominator."""

import numpy as np
import pytest

from amc_assets.detectors.catalyst_news import DECLARATION, score
from amc_assets.detectors.parameters import check_parameters
from amc_assets.features.ages import Absence
from amc_assets.features.news.part import news_part
from amc_assets.features.registry import SPECS
from amc_assets.features.snapshot import Snapshot
from amc_assets.reasons import Reason
from amc_assets.strategies.calibration import load_calibration
from amc_assets_tests.features.news.feeds import AS_OF, DAY, SYMBOLS, filing, frame, halts, history, item, news

PARAMETERS = load_calibration("unified_detectors").detectors["catalyst_news"]


def scored(items, reason=Reason.PRESENT):
    absence = Absence(reason)
    features, lines = news_part(frame(), news(items), halts([]), absence, absence)
    snapshot = Snapshot(DAY, "regular", AS_OF, False, frame().symbols, features, lines, len(SYMBOLS))
    return score(snapshot, PARAMETERS)


def of(result, symbol="GME"):
    return result.score[SYMBOLS.index(symbol)]


def test_parameters_fit_the_declaration():
    check_parameters(DECLARATION, PARAMETERS)
    assert [term.unit for term in DECLARATION.inputs] == [SPECS[term.feature].unit for term in DECLARATION.inputs]


def test_a_catalyst_scores_high_and_bad_news_low():
    past = history(25)
    good = [item("GME", f"GameStop beats estimates {n}", publisher=p) for n, p in enumerate(["Reuters", "CNBC", "WSJ"])]
    bad = [item("GME", "GameStop cuts guidance")]
    results = [of(scored([*past, filing("GME", "8-K", "2.02"), *more])) for more in (good, [], bad)]
    assert results[0] > 0.75
    assert results[0] > results[1] > 0
    assert of(scored([*past, *good])) > of(scored([*past, *bad]))


def test_dilution_lowers_the_score():
    items = [*history(25), item("GME", "GameStop beats estimates"), filing("AMC", "8-K", "8.01")]
    assert of(scored([*items, filing("GME", "424B5")])) < of(scored(items))
    assert of(scored([*items, filing("GME", "S-3")])) < of(scored(items))


def test_without_a_headline_the_other_components_carry_the_score():
    result = scored([*history(25), filing("AMC", "8-K", "8.01")])
    sentiment = next(c for c in result.components if c.name == "news_sentiment")
    assert np.isnan(sentiment.scores[SYMBOLS.index("GME")])
    assert of(result) == pytest.approx(0.2 * 0.25 / 0.6)  # no event, no dilution, no story: .25 of a fifth


def test_without_feeds_there_is_no_score():
    result = scored([], Reason.PLAN_LACKS_SOURCE)
    assert np.isnan(result.score).all()
    assert not result.confidence.any()
