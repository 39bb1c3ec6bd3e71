"""Direction of headlines: what moves and which way, negation, phrases first, bounds for any text."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.news.analyzer import FinanceDirectionAnalyzer, blob
from amc_assets.features.news.lexicon import compile_lexicon, noun_forms, verb_forms
from amc_assets.features.news.sentiment import DirectionReader, stock_polarity
from amc_assets.features.news.vocabulary import read_vocabulary

READER = DirectionReader()
UP = [
    "GameStop shares soar as short squeeze intensifies",
    "Company narrows loss in third quarter",
    "Costs fall at carmaker",
    "FDA approves drug",
    "Firm beats estimates and raises guidance",
    "Short sellers scramble to cover",
]
DOWN = [
    "AMC prices $250M public offering",
    "Profit falls 20% on higher costs",
    "Retailer warns of going concern doubt",
    "Losses widen",
    "Analyst downgrades stock",
    "Drug not approved",
]
FLAT = ["Acme to present at investor conference", "Acme announces date of annual meeting", "", "8-K - Acme (Filer)"]


@pytest.mark.parametrize(("titles", "sign"), [(UP, 1), (DOWN, -1), (FLAT, 0)])
def test_which_way(titles, sign):
    assert np.sign(np.round(READER.direction(titles), 9)).tolist() == [sign] * len(titles)


def test_what_moves_decides():
    assert READER.read("profit rises") > 0 > READER.read("debt rises")
    assert READER.read("profit falls") < 0 < READER.read("debt falls")


def test_a_negation_turns_and_weakens():
    plain, negated = READER.read("wins approval"), READER.read("not wins approval")
    assert plain > 0 > negated > -plain


def test_a_phrase_is_read_before_its_words():
    assert READER.read("price target cut") < 0
    assert READER.read("up to date") == 0
    assert READER.read("up") > 0


@given(st.text())
def test_any_text_stays_within_bounds(text):
    assert -1 < READER.read(text) < 1


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_does_not_matter(text):
    assert READER.read(text.upper()) == READER.read(text.lower())


def test_textblob_gives_the_same_through_the_plug_in():
    analyzer = FinanceDirectionAnalyzer(READER)
    assert [blob(title, analyzer).sentiment for title in UP + DOWN] == READER.direction(UP + DOWN).tolist()
    assert FinanceDirectionAnalyzer().analyze(UP[0]) == READER.read(UP[0])


def test_stock_textblob_is_published_beside_it():
    stock = stock_polarity(["a great success", "GameStop shares soar as short squeeze intensifies"])
    assert stock[0] > 0
    assert abs(stock[1]) < 0.05 < READER.read("GameStop shares soar as short squeeze intensifies")


def test_word_forms():
    assert list(verb_forms("raise")) == ["raise", "raises", "raised", "raising"]
    assert list(verb_forms("drop")) == ["drop", "drops", "dropped", "dropping"]
    assert list(verb_forms("deny")) == ["deny", "denies", "denied", "denying"]
    assert list(verb_forms("beat")) == ["beat", "beats", "beated", "beating"]
    assert list(noun_forms("loss")) == ["loss", "losses"]


@pytest.mark.parametrize("strength", [0, -0.5, 1.1])
def test_a_strength_out_of_bounds_is_refused(strength):
    raw = copy.deepcopy(read_vocabulary("direction"))
    raw["words"]["up"]["upgrade"] = strength
    with pytest.raises(FeatureInputError, match="'upgrade'"):
        compile_lexicon(raw)


def test_an_irregular_form_of_nothing_is_refused():
    raw = copy.deepcopy(read_vocabulary("direction"))
    raw["motion"]["irregular"]["flew"] = "fly"
    with pytest.raises(FeatureInputError, match="'fly'"):
        compile_lexicon(raw)


def test_an_absent_word_list_is_named():
    with pytest.raises(FeatureInputError, match=r"nowhere\.toml"):
        read_vocabulary("nowhere")
