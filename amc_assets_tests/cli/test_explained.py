"""Rows for people: a gate with the digits that decide, an input with the day its rows are of, biased values marked."""

from typing import Any

import pytest

from amc_assets.commands.explained import gate_row, input_row, print_explained
from amc_assets.pipeline.screen import Explained, data_words, market_words
from amc_assets.strategies.contributions import Contribution

Json = dict[str, Any]


def gate(**changes: Any) -> Json:
    """Return a gate that passed, with changes."""
    return {
        "name": "atr", "kind": "soft", "value": 0.0943, "limit": 0.04, "unit": "fraction", "direction": "at_least",
        "passed": True, "reason": None,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("given", "verdict", "value", "limit"),
    [
        (gate(), "pass", "9.4 %", "at least 4.0 %"),
        (gate(value=0.03965, passed=False), "FAIL", "3.96 %", "at least 4.00 %"),
        (gate(value=None, passed=None, reason="no_bar"), "not checked: no_bar", "-", "at least 4.0 %"),
        (gate(value=70.04, limit=[60.0, 70.0], unit="0-100", direction="between", passed=False), "FAIL", "70.04",
         "between 60.00 and 70.00"),
        (gate(value=None, limit=["small", "large"], unit="path", direction="any_path", passed=False), "FAIL", "none",
         "any of small, large"),
    ],
)  # fmt: skip
def test_a_failing_value_never_reads_like_its_limit(given: Json, verdict: str, value: str, limit: str) -> None:
    row = gate_row(given)
    assert (row["verdict"], row["value"], row["limit"]) == (verdict, value, limit)


def test_a_position_is_as_old_as_its_settlement_date_and_not_as_its_publication() -> None:
    row = input_row(
        {
            "name": "short_interest", "source": "finra.short_interest", "known_at": "2021-01-27T23:00:00+00:00",
            "age_hours": 0.75, "reason": None, "note": None, "observed_on": "2021-01-15",
        },
        "2021-01-27",
    )  # fmt: skip
    assert (row["rows of"], row["days old"]) == ("2021-01-15", "12")
    assert (row["public since"], row["hours public"]) == ("2021-01-27T23:00:00+00:00", "0.8")


def test_what_was_never_recorded_names_no_source_and_says_so_once() -> None:
    said = (
        "news: news was not recorded in winter. Next: nothing; sec: filings was not recorded in winter. Next: nothing"
    )
    row = input_row(
        {"name": "news", "source": "news", "known_at": None, "age_hours": None, "reason": "not_recorded", "note": said},
        "2021-01-27",
    )
    assert (row["source"], row["note"]) == ("", "not_recorded news: news was not recorded in winter")


def test_a_biased_value_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    part = {
        "name": "float_tightness", "value": 46_890_000.0, "unit": "shares", "score": 0.73, "weight": 1.0,
        "source": "polygon.floats", "known_at": "2021-01-28T23:00:00Z", "provenance": "biased", "reason": None,
    }  # fmt: skip
    name = {
        "symbol": "GME", "score": 0.73, "confidence": 0.4, "ranking_score": 0.6, "rank": 1, "gates": [],
        "detectors": [{"name": "squeeze", "score": 0.73, "confidence": 0.5, "components": [part]}],
    }  # fmt: skip
    head = {"inputs": [], "scored_count": 7}
    print_explained(Explained(head, name, "GME is in.", (Contribution("squeeze", "float_tightness", 0.73),), True))
    printed = capsys.readouterr().out
    assert "46.9M (biased)" in printed
    assert "rank 1 of 7 scored names" in printed


def test_recorded_days_are_called_a_replay_and_never_the_plan() -> None:
    assert data_words("live", is_simulated=False) == "real data"
    assert (
        data_words("winter+biased_float", is_simulated=False) == "real data, replayed from the recorded days of winter"
    )
    assert data_words("simulated", is_simulated=True) == "SIMULATED market"
    assert market_words({"is_simulated": False}) == "real data"  # a run of an earlier version
