"""Pictures of volatility: real PNG and SVG, small, the same for the same data, honest about nothing to draw."""

from datetime import date, timedelta

import pytest

from amc_assets.features.options.plots import term_structure_plot, volatility_history_plot

TERMS = {"AMC": [[7.0, 1.2], [28.0, 1.0], [63.0, 0.9]], "GME": [[14.0, 0.4]], "FIZZ": []}
DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(40)]
IVS = [None if n in {3, 20} else 0.5 + n / 100 for n in range(40)]


@pytest.mark.parametrize("form", ["png", "svg"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda form: term_structure_plot(TERMS, "Term structure", form),
        lambda form: term_structure_plot({}, "Nothing", form),
        lambda form: volatility_history_plot(DAYS, IVS, "AMC", 0.25, form),
        lambda form: volatility_history_plot(DAYS, IVS, "AMC", None, form),
        lambda form: volatility_history_plot([], [], "AMC", None, form),
    ],
)
def test_pictures_are_small_and_repeatable(draw, form):
    picture = draw(form)
    assert picture == draw(form)
    assert picture.startswith(b"\x89PNG" if form == "png" else b"<?xml")
    assert len(picture) < 80_000


def test_different_data_is_a_different_picture():
    assert term_structure_plot(TERMS, "t") != term_structure_plot(TERMS | {"AMC": [[7.0, 2.2]]}, "t")
    assert volatility_history_plot(DAYS, IVS, "t", 0.25) != volatility_history_plot(DAYS, IVS, "t", None)


def test_text_of_feeds_is_text():
    assert b"<script" not in term_structure_plot({"<script>": [[7.0, 1.0]]}, "<script>", "svg")
