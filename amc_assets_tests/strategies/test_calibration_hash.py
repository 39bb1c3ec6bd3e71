"""What names a run: the strategy's own numbers and every data file behind the features it may read."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amc_assets.features import news
from amc_assets.features.borrow import calibration as borrow
from amc_assets.features.evidence_hash import evidence_hash
from amc_assets.features.news import vocabulary
from amc_assets.pipeline.identity import Moment, part_name, run_id
from amc_assets.strategies.calibration import CALIBRATION_FOLDER, load_calibration
from amc_assets.strategies.registry import STRATEGIES

NEWS_FOLDER = Path(news.__path__[0])
MOMENT = Moment(date(2021, 1, 26), "regular", datetime(2021, 1, 26, 23, 45, tzinfo=UTC))


@pytest.fixture
def stress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the shipped calibration of borrow stress that the features room reads instead."""
    shutil.copy(CALIBRATION_FOLDER / "borrow_stress.toml", tmp_path)
    monkeypatch.setattr(borrow, "_FOLDER", tmp_path)
    return tmp_path / "borrow_stress.toml"


@pytest.fixture
def news_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a copy of the tables of news that the features room reads instead; a process reads each only once."""
    for path in NEWS_FOLDER.glob("*.toml"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(news, "__path__", [str(tmp_path)])
    monkeypatch.setattr(vocabulary, "_FOLDER", tmp_path)
    vocabulary.read_vocabulary.cache_clear()
    yield tmp_path
    vocabulary.read_vocabulary.cache_clear()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def hashes() -> dict[str, str]:
    return {name: load_calibration(name).calibration_hash for name in STRATEGIES}


def ids(known: dict[str, str]) -> set[object]:
    named: set[object] = {run_id(MOMENT, found, "recorded") for found in known.values()}
    return named | {part_name(MOMENT, known.values(), "recorded")}


def test_another_weight_of_borrow_stress_is_another_run(stress_file):
    before = hashes()
    edit(stress_file, "weight = 0.18", "weight = 0.17")
    edit(stress_file, "weight = 0.15", "weight = 0.16")
    after = hashes()
    assert [name for name in STRATEGIES if before[name] == after[name]] == []
    assert not ids(before) & ids(after)


@pytest.mark.parametrize("table", sorted(path.name for path in NEWS_FOLDER.glob("*.toml")))
def test_another_table_of_news_is_another_run(news_folder, table):
    before = hashes()
    path = news_folder / table
    path.write_text(path.read_text(encoding="utf-8") + "\n[added]\nweight = 0.5\n", encoding="utf-8")
    vocabulary.read_vocabulary.cache_clear()
    assert not ids(before) & ids(hashes())


def test_remarks_and_layout_do_not_count(stress_file, news_folder):
    before = evidence_hash()
    for path in (stress_file, *news_folder.glob("*.toml")):
        path.write_text("# a remark\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    vocabulary.read_vocabulary.cache_clear()
    assert evidence_hash() == before


def test_the_numbers_alone_have_a_hash_of_their_own(stress_file):
    before = {name: load_calibration(name).numbers_hash for name in STRATEGIES}
    edit(stress_file, "extreme = 80.0", "extreme = 81.0")
    assert {name: load_calibration(name).numbers_hash for name in STRATEGIES} == before
    assert len(set(before.values())) == len(before)
    assert not set(before.values()) & set(hashes().values())


def test_shipped_tables_are_all_there():
    assert sorted(p.stem for p in NEWS_FOLDER.glob("*.toml")) == ["direction", "events", "names", "sources"]
