"""What a security did after another one took its symbol is not known."""

from datetime import date

import numpy as np

from amc_assets.evaluation.ended import known_before_end
from amc_assets.evaluation.labels import forward_labels
from amc_assets.evaluation.moves import PriceArrays
from amc_assets.market.calendar import sessions_between

SESSIONS = sessions_between(date(2021, 1, 4), date(2021, 2, 12))


def test_a_window_that_reaches_the_break_is_unknown_and_others_stay():
    end = SESSIONS[15]
    symbols = np.array(["ABC", f"ABC~{end:%Y%m%d}", "XYZ"])
    price = np.full((len(SESSIONS), 3), 10.0)
    price[15:, 1] = np.nan  # the old company's column ends
    price[:15, 0] = np.nan  # the new one's begins
    arrays = PriceArrays(price, price * 1.4, price, price)
    labels = forward_labels(arrays, trade_dates=SESSIONS, symbols=symbols, atr14_usd=price * 0.1, positions=None)
    assert labels.labels["move_30_5"].known[12, 1], "the plain label counts what was traded until the end"
    found = known_before_end(labels).labels["move_30_5"]
    # D + 1 .. D + 5 must lie before the session of the break: D = 9 is the last
    assert np.flatnonzero(found.known[:, 1]).tolist() == list(range(10))
    assert (found.known[:, [0, 2]] == labels.labels["move_30_5"].known[:, [0, 2]]).all()
    assert not (found.hit & ~found.known).any()


def test_labels_without_an_ended_security_come_back_as_they_are():
    price = np.full((len(SESSIONS), 1), 10.0)
    arrays = PriceArrays(price, price, price, price)
    labels = forward_labels(arrays, trade_dates=SESSIONS, symbols=np.array(["ABC"]), atr14_usd=price, positions=None)
    assert known_before_end(labels) is labels
