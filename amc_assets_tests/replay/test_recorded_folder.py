"""``market.toml``: what is read from it, and every way in which it can be wrong, as a sentence with file and key."""

import gzip
from datetime import date
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amc_assets.clock import FixedClock
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.replay.recorded import RecordedDataError, RecordedMarket
from amc_assets.replay.recorded_description import Description
from amc_assets.replay.recorded_feeds import DATASETS_OF, Feed
from amc_assets.replay.recorded_pattern import DatedFiles
from amc_assets.replay.server import ReplayServer
from amc_assets_tests.conftest import ROOT
from amc_assets_tests.replay.conftest import keyed_client
from amc_assets_tests.replay.reading import grouped_path
from amc_assets_tests.replay.recorded_folders import (
    DESCRIPTION,
    FIRST,
    LAST,
    NO_SHORT_VOLUME,
    SETTLEMENTS,
    small_folder,
)

DAY = date(2019, 6, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small market of 2019 once."""
    return small_folder(tmp_path_factory.mktemp("small"))


def described(folder: Path, text: str) -> Path:
    """Give the folder another description."""
    (folder / "market.toml").write_text(text, encoding="utf-8")
    return folder


def test_range_name_watch_list_and_dates_are_those_of_the_folder(folder: Path) -> None:
    market = RecordedMarket(described(folder, DESCRIPTION))
    assert (market.name, market.first_day, market.last_day) == ("small-2019", FIRST, LAST)
    assert market.watched == ("QAB", "QAC")
    assert market.bars_basis_date is None
    assert market.settlements() == list(SETTLEMENTS)
    bars = market.bars(DAY)
    assert bars is not None
    assert len(bars.symbols) == 40
    assert market.short_volume(DAY) is not None
    assert [market.short_volume(day) for day in sorted(NO_SHORT_VOLUME)] == [None, None]


def test_listings_come_from_reports_where_nothing_else_was_recorded(folder: Path) -> None:
    listed = {row.symbol: row for row in RecordedMarket(described(folder, DESCRIPTION)).directory(DAY)}
    assert len(listed) == 40
    assert (listed["QAA"].name, listed["QAA"].exchange, listed["QAA"].polygon_type) == ("QAA Holdings Inc", "Q", "CS")


def test_what_has_no_section_was_not_recorded(folder: Path) -> None:
    market = RecordedMarket(described(folder, DESCRIPTION))
    absent = {feed for feed, datasets in DATASETS_OF.items() if all(map(market.why_not_recorded, datasets))}
    assert absent == set(Feed) - {Feed.SHORT_INTEREST, Feed.SHORT_VOLUME}
    assert market.why_not_recorded("floats") == "float was not recorded in small-2019"
    assert market.why_not_recorded("grouped_daily") == ""


WRONG = {
    "unknown key": ("watch = ", "wacht = ", r"market\.toml: .*unknown field `wacht`"),
    "unknown key of a section": ("[bars]\n", "[bars]\nunit = 1\n", r"unknown field `unit` - at `bars`"),
    "missing key": ("first_day = 2019-03-01\n", "", r"missing required field `first_day`"),
    "missing section": ('[bars]\nfile = "bars/daily.parquet"\n', "", r"missing required field `bars`"),
    "wrong type": ("first_day = 2019-03-01", "first_day = 20190301", r"Expected `date`, got `int` - at `first_day`"),
    "no toml": ("[bars]", "[bars", r"market\.toml cannot be read: .*line"),
    "path that leaves": ('"bars/daily.parquet"', '"../bars/daily.parquet"', r"bars: '\.\./bars.* leaves the folder"),
    "absolute path": ('"bars/daily.parquet"', '"/bars/daily.parquet"', r"bars: '/bars.* leaves the folder"),
    "pattern that leaves": ('"finra/', '"../finra/', r"short_interest\.pattern: .* leaves the folder"),
    "absent file": ("daily.parquet", "dayly.parquet", r"bars: 'bars/dayly\.parquet' is not there"),
    "pattern without files": ("CNMSshvol", "CNMS", r"short_volume\.pattern: no file is named"),
    "pattern without date": ("{date:%Y%m%d}.csv", "20190531.csv", r"short_interest\.pattern: .* must hold one \{date"),
    "pattern of another field": ("{date:%Y%m%d}.txt", "{day:%Y%m%d}.txt", r"short_volume\.pattern: .* must hold one"),
    "pattern of a part of a date": ("%Y%m%d}.txt", "%Y%m}.txt", r"must name the whole date"),
    "no session": ("2019-03-01\nlast_day = 2019-06-28", "2019-03-02\nlast_day = 2019-03-03", r"no trading session"),
    "range upside down": ("last_day = 2019", "last_day = 2018", r"no trading session"),
    "range outside the calendar": ("first_day = 2019", "first_day = 1999", r"outside the exchange calendar"),
    "both ways to name bars": ("[bars]\n", '[bars]\nfiles = ["a.parquet"]\n', r"bars: must give either file or files"),
    "settlement without report": ("watch", "directory_settlement_date = 2019-06-28\nwatch", r"no short-interest rep"),
    "unknown feed": ('"news"', '"gossip"', r"gossip.*not_recorded\.datasets"),
    "contradiction": ('"news"', '"short_volume"', r"short_volume stands here and has a section"),
    "name that is a path": ('"small-2019"', '"../small"', r"at `name`"),
    "watched that is no symbol": ('"QAC"', '"qac, qad"', r"at `watch"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_description_is_a_sentence_with_file_and_key(folder: Path, old: str, new: str, sentence: str) -> None:
    assert old in DESCRIPTION
    with pytest.raises(RecordedDataError, match=sentence) as caught:
        RecordedMarket(described(folder, DESCRIPTION.replace(old, new)))
    assert str(folder / "market.toml") in str(caught.value)
    assert "simulated-market.md" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bars_alone_do_not_say_what_is_listed(folder: Path) -> None:
    text = DESCRIPTION.replace('[short_interest]\npattern = "finra/shrt{date:%Y%m%d}.csv.gz"\n', "")
    with pytest.raises(RecordedDataError, match="directory: nothing says what is listed"):
        RecordedMarket(described(folder, text))


def test_a_bars_file_without_its_columns_is_a_sentence(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    path = folder / "bars" / "daily.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["close_usd"]), path)
    with pytest.raises(RecordedDataError, match=r"daily\.parquet lacks the column close\. Next: bars need symbol"):
        RecordedMarket(folder).bars(DAY)


def test_two_bars_of_one_day_are_a_sentence(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    text = DESCRIPTION.replace('file = "bars/daily.parquet"', 'files = ["bars/daily.parquet", "bars/daily.parquet"]')
    with pytest.raises(RecordedDataError, match="QAA has two bars on 2019-03-01"):
        RecordedMarket(described(folder, text)).bars(DAY)


def test_a_broken_gzip_file_is_a_sentence(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    path = folder / "finra" / "shrt20190531.csv.gz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RecordedDataError, match="is no complete gzip file"):
        RecordedMarket(folder).short_interest(date(2019, 5, 31))


def test_a_number_that_is_none_is_a_sentence_before_anything_runs(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    (folder / "splits.csv").write_text("symbol,effective_date,ratio\nQAA,2019-05-01,four\n", encoding="utf-8")
    market = RecordedMarket(described(folder, DESCRIPTION + '\n[splits]\nfile = "splits.csv"\n'))
    with pytest.raises(RecordedDataError, match=r"market\.toml: splits: cannot be read: ValueError: .*four"):
        market.prepare()


SPLIT = "symbol,effective_date,ratio\nQAA,2019-05-01,4\nQAB,2019-05-01,0.1\nQAC,2019-06-24,2\n"


def test_bars_on_one_basis_are_served_as_traded_where_splits_are_known(tmp_path: Path) -> None:
    """A 4-for-1, a 1-for-10 and one after the basis: prices as they stood on their own days."""
    folder = small_folder(tmp_path)
    adjusted = RecordedMarket(described(folder, "price_basis_date = 2019-06-20\n" + DESCRIPTION))
    assert adjusted.bars_basis_date == date(2019, 6, 20)
    (folder / "splits.csv").write_text(SPLIT, encoding="utf-8")
    text = f'price_basis_date = 2019-06-20\n{DESCRIPTION}\n[splits]\nfile = "splits.csv"\n'
    traded = RecordedMarket(described(folder, text))
    assert traded.bars_basis_date is None
    for day, factors in {
        date(2019, 4, 30): (4.0, 0.1, 1.0), date(2019, 5, 1): (1.0, 1.0, 1.0), date(2019, 6, 24): (1.0, 1.0, 0.5),
    }.items():  # fmt: skip
        was, now = adjusted.bars(day), traded.bars(day)
        assert was is not None
        assert now is not None
        assert (now.close_usd[:3] / was.close_usd[:3]).tolist() == pytest.approx(factors), day
        assert (was.volume_shares[:3] / now.volume_shares[:3]).tolist() == pytest.approx(factors), day
    assert [(row.symbol, row.split_from, row.split_to) for row in traded.splits(FIRST, LAST)] == [
        ("QAA", 1, 4), ("QAB", 10, 1), ("QAC", 1, 2),
    ]  # fmt: skip
    assert traded.why_not_recorded("splits") == ""


def test_a_float_of_a_later_date_is_served_in_the_shares_of_today(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    (folder / "splits.csv").write_text(SPLIT, encoding="utf-8")
    counts = (
        "symbol,as_of,float_shares,shares_outstanding\nQAA,2019-06-10,400,800\nQAA,2019-06-20,420,\nQAD,2019-06-10,7,\n"
    )
    (folder / "counts.csv").write_text(counts, encoding="utf-8")
    pq.write_table(pa.table({"symbol": ["QAD"]}), folder / "other.parquet")
    text = DESCRIPTION + (
        '\n[splits]\nfile = "splits.csv"\n[share_counts]\nfile = "counts.csv"\nother_issuer = "other.parquet"\n'
    )
    market = RecordedMarket(described(folder, text))

    def served(day: date) -> dict[str, tuple[float, str]]:
        with ReplayServer(market, clock=FixedClock(end_of_day_as_of(day))) as server, keyed_client(server) as client:
            rows = client.get("/stocks/vX/float").json()["results"]
        return {row["ticker"]: (row["free_float"], row["effective_date"]) for row in rows}

    assert served(date(2019, 4, 30)) == {"QAA": (100, "2019-06-10")}, "before the 4-for-1 a quarter; QAD was another's"
    assert served(date(2019, 6, 12)) == {"QAA": (400, "2019-06-10")}
    assert served(date(2019, 6, 21)) == {"QAA": (420, "2019-06-20")}


def test_reports_of_one_parquet_file_are_those_of_its_dates(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    rows = pa.table(
        {
            "settlement_date": [date(2019, 5, 31), date(2019, 5, 15), date(2019, 5, 31)],
            "symbol": ["QAA", "QAA", "QAB"],
            "shares_short": [120, 100, 7],
            "previous": [100, 0, 7],
            "average_daily_volume": [50, 50, 0],
            "days_to_cover_reported": [2.4, 2.0, 999.99],
            "market_class": ["NYSE", "NYSE", "NNM"],
            "split_flag": [None, None, "S"],
            "revision_flag": pa.array([None, "R", None], pa.string()),
            "volume_agrees": [True, True, False],
        }
    )
    pq.write_table(rows, folder / "short.parquet")
    text = DESCRIPTION.replace('pattern = "finra/shrt{date:%Y%m%d}.csv.gz"', 'file = "short.parquet"')
    market = RecordedMarket(described(folder, text))
    assert market.settlements() == [date(2019, 5, 15), date(2019, 5, 31)]
    report = market.short_interest(date(2019, 5, 31))
    assert report is not None
    assert report.symbols.tolist() == ["QAA"], "a row whose volume does not agree is another company's"
    assert (report.short_interest_shares.tolist(), report.change_pct.tolist()) == ([120.0], [20.0])
    assert [row.symbol for row in market.directory(DAY)] == ["QAA"]


def test_a_day_outside_the_folder_is_not_served(folder: Path) -> None:
    market = RecordedMarket(described(folder, DESCRIPTION))
    with ReplayServer(market) as server, keyed_client(server) as client:
        answer: httpx.Response = client.get(grouped_path(date(2021, 1, 27)))
    assert "results" not in answer.json()


def test_a_pattern_finds_its_dates_and_nothing_else(tmp_path: Path) -> None:
    files = DatedFiles.parse("a/shrt{date:%Y%m%d}.csv.gz")
    (tmp_path / "a").mkdir()
    for name in ("shrt20190531.csv.gz", "shrt20190230.csv.gz", "shrt20190531.csv", "other20190531.csv.gz"):
        (tmp_path / "a" / name).write_bytes(gzip.compress(b""))
    assert files.dates(tmp_path) == [date(2019, 5, 31)]


def test_the_guide_explains_every_key_and_feed() -> None:
    guide = (ROOT / "docs" / "simulated-market.md").read_text(encoding="utf-8")
    sections = ["float" if name == "float_" else name for name in Description.__struct_fields__]
    assert [key for key in [*sections, *Feed] if f"`{key}`" not in guide and f"`[{key}]`" not in guide] == []


@pytest.mark.real_data
def test_nothing_of_the_shared_folder_stands_in_the_code(shared_data: Path) -> None:
    """File names, range, basis, settlement, watch list: each value of ``market.toml``, looked for in the package."""
    told = {
        "us-equities-2020-07..2021-03",
        "GME",
        "KOSS",
        "BBBY",
        "2021-01-27",
        "2021, 1, 27",
        "2020, 7, 1",
        "2021, 3, 31",
    }
    told |= {
        "ShortInterest_01-15-21",
        "nasdaq_screener_16",
        "NYSEGRPshvol",
        "20200601_20210331",
        "2021, 1, 15",
        "2021, 1, 28",
    }
    assert (shared_data / "market.toml").is_file()
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / "amc_assets").rglob("*.py")}
    found = {(path.name, text) for path, body in code.items() for text in told if text in body}
    assert {text for name, text in found if name.startswith("recorded") or name in {"watch.py", "measure.py"}} == set()
