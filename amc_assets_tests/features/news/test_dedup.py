"""Stories: same address, or same title within 48 hours, of one symbol; whatever the order."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.features.news.dedup import NO_KEY, stories, text_keys

HOUR = 3_600_000_000


def grouped(rows: list[tuple[int, int, int, int]]) -> list[int]:
    symbols, hours, titles, urls = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return stories(symbols, hours * HOUR, titles, urls).tolist()


def partition(labels: list[int]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(np.array(labels) == label).tolist()) for label in labels}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 0, 1, -1), (0, 48, 1, -1)], {frozenset({0, 1})}),
        ([(0, 0, 1, -1), (0, 49, 1, -1)], {frozenset({0}), frozenset({1})}),
        ([(0, 0, 1, -1), (1, 0, 1, -1)], {frozenset({0}), frozenset({1})}),  # another symbol
        ([(0, 0, 1, 5), (0, 99, 2, 5)], {frozenset({0, 1})}),  # the same address, however late
        ([(0, 0, -1, -1), (0, 0, -1, -1)], {frozenset({0}), frozenset({1})}),  # no title is no key
        ([(0, 0, 1, 5), (0, 1, 2, 5), (0, 2, 2, 6), (0, 3, 3, 6)], {frozenset({0, 1, 2, 3})}),  # through a chain
        ([(0, 0, 1, -1), (0, 40, 1, -1), (0, 80, 1, -1)], {frozenset({0, 1}), frozenset({2})}),  # from the first
    ],
)
def test_what_is_one_story(rows, expected):
    assert partition(grouped(rows)) == expected


ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 200), st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=30
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(rows, random):
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    again = partition(grouped([rows[i] for i in shuffled]))
    assert {frozenset(shuffled[i] for i in group) for group in again} == partition(grouped(rows))


@given(ROWS)
def test_against_pairs_compared_one_by_one(rows):
    """A union over all pairs, and titles walked from each first item, must give the same stories."""
    parent = list(range(len(rows)))

    def root(i: int) -> int:
        return i if parent[i] == i else root(parent[i])

    first: dict[tuple[int, int], int] = {}
    for i in sorted(range(len(rows)), key=lambda i: rows[i][1]):
        symbol, hour, title, _ = rows[i]
        opening = first.get((symbol, title))
        if title == NO_KEY or opening is None or hour - rows[opening][1] > 48:
            first[symbol, title] = i
        else:
            parent[root(i)] = root(opening)
    for i in range(len(rows)):
        for j in range(i):
            if rows[i][0] == rows[j][0] and rows[i][3] == rows[j][3] != NO_KEY:
                parent[root(i)] = root(j)
    assert partition(grouped(rows)) == partition([root(i) for i in range(len(rows))])


def test_titles_and_addresses_are_compared_without_their_dress():
    titles = pa.chunked_array([["GME soars 10%!", "gme  SOARS: 10", "AMC soars", "…", None, "ÄÖ 漢字", "äö 漢字"]])
    keys = text_keys(titles, is_title=True)
    assert keys[0] == keys[1] != keys[2]
    assert keys[5] == keys[6] != NO_KEY
    assert keys[3] == keys[4] == NO_KEY
    urls = text_keys(
        pa.chunked_array([["https://a.b/c/?utm_source=x#top", "https://a.b/c", "https://a.b/c?id=2", None]]),
        is_title=False,
    )
    assert urls[0] == urls[1] != urls[2]
    assert urls[3] == NO_KEY


def test_nothing_is_no_story():
    none = np.zeros(0, np.int64)
    assert stories(none, none, none, none).tolist() == []
    assert text_keys(pa.chunked_array([[]], pa.string()), is_title=True).tolist() == []
