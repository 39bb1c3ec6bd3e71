"""The features of news: worked examples, missing with its reason, and what must never change a score."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.ages import Absence
from amc_assets.features.news.part import news_part
from amc_assets.features.snapshot import Provenance
from amc_assets.reasons import CODES, Reason
from amc_assets_tests.features.news.feeds import AS_OF, SYMBOLS, filing, frame, halt, halts, history, item, news

HERE, NEVER = Absence(Reason.PRESENT), Absence(Reason.NOT_FETCHED)
GOOD, BAD = "GameStop beats estimates", "GameStop cuts guidance"


def part(items=(), stops=(), absence=NEVER, halts_absence=None, run=None):
    return news_part(run or frame(), news(items), halts(stops), absence, halts_absence)


def value(features, name, symbol="GME"):
    return features[name].values[SYMBOLS.index(symbol)]


def reason(features, name, symbol="GME"):
    return CODES[features[name].reasons[SYMBOLS.index(symbol)]]


def confidence(features, name, symbol="GME"):
    return features[name].quality[SYMBOLS.index(symbol)]


def test_direction_is_weighted_by_credibility_and_age():
    items = [item("GME", GOOD, hours_ago=0), item("GME", BAD, hours_ago=6, publisher="Twitter")]
    features, _ = part(items)
    up, down = value(part(items[:1])[0], "news_direction"), value(part(items[1:])[0], "news_direction")
    assert up > 0 > down
    expected = (0.9 * up + 0.4 * 0.5 * down) / (0.9 + 0.4 * 0.5)
    assert value(features, "news_direction") == pytest.approx(expected)
    assert features["news_direction"].source_confidence[SYMBOLS.index("GME")] == 0.9
    assert features["news_direction"].provenance[SYMBOLS.index("GME")] == Provenance.DERIVED


def test_two_independent_sources_weigh_and_are_believed_more():
    alone = [item("GME", GOOD, hours_ago=2, publisher="Benzinga"), item("GME", BAD, hours_ago=2, publisher="Benzinga")]
    twice = [*alone, item("GME", GOOD, hours_ago=1, publisher="CNBC News", url="https://x.y/z")]
    same = [*alone, item("GME", GOOD, hours_ago=1, publisher="benzinga ", url="https://x.y/z")]
    assert value(part(twice)[0], "news_direction") > value(part(alone)[0], "news_direction")
    assert value(part(same)[0], "news_direction") == value(part(alone)[0], "news_direction")
    assert confidence(part(twice)[0], "news_direction") == pytest.approx(0.85 * 1.15)
    assert confidence(part(same)[0], "news_direction") == pytest.approx(0.70)


def test_a_headline_counts_for_seventy_two_hours_and_is_believed_less_with_age():
    items = [item("GME", GOOD, hours_ago=hours) for hours in (5, 12, 71, 73)]
    quality = [confidence(part([one, item("AMC", GOOD)])[0], "news_direction") for one in items]
    assert quality[0] == pytest.approx(0.9)
    assert quality[1] == pytest.approx(0.9 * np.exp(-0.5))
    assert quality[2] == pytest.approx(0.9 * 0.1)
    assert quality[3] == 0


def test_no_headline_is_missing_and_no_news_is_zero():
    features, lines = part([*history(25), item("AMC", GOOD)], absence=HERE)
    assert np.isnan(value(features, "news_direction"))
    assert reason(features, "news_direction") is Reason.NOT_LISTED_IN_SOURCE
    assert value(features, "news_sources_count") == 0
    assert value(features, "news_attention_z") == 0
    assert value(features, "has_news_catalyst") == 0
    assert value(features, "has_news_catalyst", "AMC") == 1
    assert [line.name for line in lines] == ["news", "trade_halts"]
    assert lines[0].known_at == AS_OF - timedelta(hours=1)


def test_never_collected_is_missing_for_all_with_that_reason():
    refused = Absence(Reason.PROVIDER_REFUSED, "the feeds said no")
    features, lines = part(absence=refused)
    assert all(np.isnan(feature.values).all() for feature in features.values())
    why = {name: reason(features, name) for name in features}
    assert why.pop("is_halted") is Reason.NOT_FETCHED
    assert set(why.values()) == {Reason.PROVIDER_REFUSED}
    assert lines[0].reason is Reason.PROVIDER_REFUSED
    assert lines[1].reason is Reason.NOT_FETCHED


def test_attention_needs_twenty_collected_sessions():
    items = [item("GME", f"GameStop story {number}", hours_ago=1) for number in range(8)]
    short, _ = part([*history(19), *items])
    assert reason(short, "news_attention_z") is Reason.SHORT_HISTORY
    enough, _ = part([*history(20), *items])
    assert value(enough, "news_attention_z") == pytest.approx(2 * np.sqrt(8.375) - 2 * np.sqrt(0.375))
    assert value(enough, "news_attention_z", "KOSS") < 0  # one a session before, none now


def test_attention_of_a_name_with_much_news_needs_more():
    busy = history(30, "GME", per_session=6)
    now = [item("GME", f"GameStop story {number}", hours_ago=2) for number in range(8)]
    assert 0 < value(part([*busy, *now])[0], "news_attention_z") < 2


def test_events_fade_and_the_strongest_counts():
    features, _ = part([filing("GME", "8-K", "2.02,9.01"), filing("AMC", "8-K", "5.02", hours_ago=24)])
    assert value(features, "event_proximity") == pytest.approx(0.8)
    assert value(features, "event_proximity", "AMC") == pytest.approx(0.4 * 0.8)
    assert value(features, "event_proximity", "KOSS") == 0
    assert value(features, "dilution_proximity") == 0
    assert value(features, "has_news_catalyst") == 1
    assert np.isnan(value(features, "news_direction"))  # a filing is an event, its title says nothing


@pytest.mark.parametrize(
    ("form", "items", "expected"), [("S-3", None, 0.5), ("424B5", None, 1.0), ("8-K", "3.02", 0.8)]
)
def test_dilution(form, items, expected):
    features, _ = part([filing("GME", form, items)])
    assert value(features, "dilution_proximity") == pytest.approx(expected)


def test_without_filings_only_halts_are_events_and_dilution_is_unknown():
    features, _ = part([item("GME", GOOD)], [halt("GME", "LUDP", resumed_hours_ago=0.9)])
    assert value(features, "event_proximity") == pytest.approx(0.7)
    assert np.isnan(value(features, "dilution_proximity"))
    both, _ = part([item("GME", GOOD), filing("AMC", "8-K", "8.01")], [halt("GME", "LUDP", resumed_hours_ago=0.9)])
    assert confidence(both, "event_proximity") > confidence(features, "event_proximity")


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        (halt("GME", "T12", hours_ago=70), 1),
        (halt("GME", "H10"), 1),
        (halt("GME", "T1", resumed_hours_ago=0.5), 0),
        (halt("GME", "T1", resumed_hours_ago=-1), 1),  # announced, not yet there
        (halt("GME", "LUDP"), 1),
        (halt("GME", "LUDP", hours_ago=30), 0),  # a pause of minutes whose end was never collected
        (halt("GME", "T3"), 0),
    ],
)
def test_is_halted(stop, expected):
    features, _ = part(stops=[stop])
    assert value(features, "is_halted") == expected
    assert value(features, "is_halted", "AMC") == 0


def test_an_empty_table_of_halts_that_was_fetched_is_an_observation():
    features, lines = part(halts_absence=HERE)
    assert value(features, "is_halted") == 0
    assert not np.isnat(features["is_halted"].known_at).any()
    assert lines[1].note == "no halt known"


TITLES = st.sampled_from([GOOD, BAD, "GameStop soars", "GameStop holds a meeting", "GameStop sued", "GameStop wins"])
ITEMS = st.lists(
    st.one_of(
        st.builds(
            lambda symbol, title, hours, publisher, url: item(
                symbol, title, hours_ago=hours, publisher=publisher, url=url and f"https://x.y/{url}"
            ),
            st.sampled_from(SYMBOLS), TITLES, st.integers(0, 100),
            st.sampled_from(["Reuters", "Benzinga", "Reddit", "PR Newswire"]), st.sampled_from([None, "a", "b"]),
        ),
        st.builds(
            lambda symbol, form, hours: filing(symbol, form[0], form[1], hours_ago=hours),
            st.sampled_from(SYMBOLS), st.sampled_from([("8-K", "2.02"), ("8-K", "3.02"), ("424B5", None)]),
            st.integers(0, 200),
        ),
    ),
    max_size=12,
)  # fmt: skip
PAST = history(24)


def arrays(features):
    return {name: (f.values.tolist(), f.quality.tolist(), f.reasons.tolist()) for name, f in features.items()}


def same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        for mine, other in zip(left[name], right[name], strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12, err_msg=name)


@settings(max_examples=25)
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(items, random):
    shuffled = [*PAST, *items]
    random.shuffle(shuffled)
    same(arrays(part([*PAST, *items])[0]), arrays(part(shuffled)[0]))


@settings(max_examples=25)
@given(ITEMS.filter(len), st.data())
def test_a_duplicate_changes_nothing(items, data):
    again = dict(data.draw(st.sampled_from(items)))
    again["item_id"] += "|copy"
    again["published_at"] += timedelta(hours=data.draw(st.integers(0, 12)))
    again["published_at"] = again["known_at"] = min(again["published_at"], AS_OF)
    if again["form"] is None:
        lively = [*PAST, *items, item("BBBY", "Bed Bath opens", hours_ago=0, publisher="CNBC")]
        same(arrays(part(lively)[0]), arrays(part([*lively, again])[0]))


@settings(max_examples=25)
@given(ITEMS, TITLES, st.integers(1, 1000))
def test_an_item_after_as_of_changes_nothing(items, title, seconds):
    later = item("GME", title, hours_ago=-seconds / 3600)
    before, after = part([*PAST, *items]), part([*PAST, *items, later])
    same(arrays(before[0]), arrays(after[0]))
    assert after[1][0].note == "1 rows known after as_of were dropped"
    told_late = dict(item("GME", title, hours_ago=1)) | {"known_at": AS_OF + timedelta(seconds=seconds)}
    same(arrays(before[0]), arrays(part([*PAST, *items, told_late])[0]))


@settings(max_examples=40)
@given(ITEMS.filter(len), st.booleans(), st.data())
def test_removing_a_source_never_raises_confidence(items, with_halts, data):
    stops = [halt("GME", "T1")] if with_halts else []
    gone = data.draw(st.sampled_from(sorted({i["publisher"] for i in items})))
    whole, _ = part([*PAST, *items], stops)
    less, _ = part([i for i in [*PAST, *items] if i["publisher"] != gone], stops)
    for name in whole:
        assert (less[name].quality <= whole[name].quality + 1e-9).all(), name


def test_hostile_text_is_only_counted():
    nasty = [
        "<script>alert(1)</script>",
        "{0.__class__}",
        "%s%n",
        "\u202egnp",
        "'; DROP TABLE news; --",
        "=1+1",
        "\ud7ff" * 400,
    ]
    features, _ = part([item("GME", text, publisher=text, url=text) for text in nasty])
    assert value(features, "news_sources_count") == len(nasty)
    assert -1 <= value(features, "news_direction") <= 1


def test_symbols_of_another_universe_are_left_out():
    features, _ = part([item("ZZZ", GOOD), item("AAA", GOOD), item("GME", GOOD)])
    assert value(features, "news_sources_count") == 1
    assert value(features, "news_sources_count", "AMC") == 0
