"""Items that tell one story: the same address, or the same title within 48 hours, of one symbol.

Whole arrays at once; only titles that occur more than once are walked, in order of time.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

I64 = NDArray[np.int64]
WINDOW_US = 48 * 3_600_000_000
NO_KEY = -1


def text_keys(texts: pa.ChunkedArray, *, is_title: bool) -> I64:
    """Return a number per text, equal for equal texts, NO_KEY for empty ones.

    Titles are compared by their letters and digits without case, addresses without
    fragment, last slash and what only says who led there; other parameters may be the article's own number.
    """
    filled = pc.fill_null(texts, "")
    if is_title:
        plain = pc.replace_substring_regex(pc.utf8_lower(filled), r"[^\p{L}\p{N}]+", " ")
        plain = pc.utf8_trim_whitespace(plain)
    else:
        plain = pc.replace_substring_regex(
            filled, r"#.*$|\b(?:utm_\w+|\.?tsrc|guccounter|siteid|yptr|mod)=[^&#]*&?", ""
        )
        plain = pc.replace_substring_regex(plain, r"[/?&]+$", "")
    encoded = plain.combine_chunks().dictionary_encode()
    # numbers by alphabet, not by first appearance: ties are broken by them, and order must not matter
    alphabetical = pc.array_sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(alphabetical), np.int64)
    rank[alphabetical] = np.arange(len(alphabetical))
    keys = rank[encoded.indices.to_numpy()]
    return np.where(pc.equal(plain, "").to_numpy(), NO_KEY, keys)


def stories(symbols: I64, published_us: I64, titles: I64, urls: I64) -> I64:
    """Return the story of every item, numbered from 0, whatever the order of the items.

    symbols: number of the symbol; titles and urls: keys of ``text_keys``; arrays (n,).
    """
    count = len(symbols)
    label = _by_title(symbols, published_us, titles)
    links = _groups(symbols, urls, count)
    while True:
        lowest = np.full(links.max(initial=-1) + 1, count, np.int64)
        np.minimum.at(lowest, links, label)
        across = lowest[links]
        # pull every member of a title story to the lowest label that any of its addresses led to
        pulled = np.full(count, count, np.int64)
        np.minimum.at(pulled, label, across)
        merged = pulled[label]
        if np.array_equal(merged, label):
            break
        label = merged
    return np.asarray(np.unique(label, return_inverse=True)[1], np.int64)


def _groups(symbols: I64, keys: I64, count: int) -> I64:
    """Number the pairs of symbol and key; an item without a key is a group of its own."""
    pairs = symbols * (keys.max(initial=0) + 2) + keys + 1
    own = pairs.max(initial=0) + 1 + np.arange(count)
    return np.asarray(np.unique(np.where(keys == NO_KEY, own, pairs), return_inverse=True)[1], np.int64)


def _by_title(symbols: I64, published_us: I64, titles: I64) -> I64:
    """Label items by title: a story holds what comes within 48 hours of its first item. Labels are item numbers."""
    groups = _groups(symbols, titles, len(symbols))
    order = np.lexsort((published_us, groups))
    ordered, at = groups[order], published_us[order]
    opens = np.ones(len(order), np.bool_)
    opens[1:] = ordered[1:] != ordered[:-1]
    repeats = np.flatnonzero(~opens)
    first_us = 0
    previous = -2
    for place in repeats.tolist():
        if place != previous + 1:
            first_us = int(at[place - 1])
        if int(at[place]) - first_us > WINDOW_US:
            opens[place] = True
            first_us = int(at[place])
        previous = place
    starts = np.flatnonzero(opens)
    label = np.empty(len(order), np.int64)
    label[order] = order[starts][np.cumsum(opens) - 1] if len(order) else order
    return label
