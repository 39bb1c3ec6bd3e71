"""README.md: its blocks run, its targets exist, its worked name adds up, its picture is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from amc_assets_tests.house.sources import ROOT, documents

README = documents()["README.md"]
BLOCK = re.compile(r"^```([a-z ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, body) for kind, body in BLOCK.findall(README)]
OURS = ("AMC_", "DAGSTER_", "MOCK_", "DEV_", "POLYGON_", "FINRA_", "ALPHA_VANTAGE_", "SLACK_", "DATABASE_", "REDIS_")
ORDER = (
    "Demo", "What it is not", "Data", "What it is worth", "How a score is made", "Dagster", "Past days",
    "Configuration", "When something fails", "Contributing",
)  # fmt: skip


def bodies(kind: str) -> list[str]:
    """Return the blocks of one kind, in order."""
    return [body for found, body in BLOCKS if found == kind]


def run(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a block as a reader would, with an environment and a state folder of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment["AMC_HOME"] = str(home)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True, text=True, timeout=600, check=False, env=environment, cwd=home.parent,
    )  # fmt: skip


def worked_rows() -> list[tuple[str, float, float, float]]:
    """Return detector, score, weight and confidence of the detectors that are there."""
    part = README.partition("## How a score is made")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", part, re.MULTILINE)
    return [(name, float(score), float(weight), float(sure)) for name, score, weight, sure in rows]


def test_every_block_is_of_a_kind_that_is_tested():
    assert {kind for kind, _ in BLOCKS} == {"make", "bash", "bash recorded"}
    assert README.count("```") == 2 * len(BLOCKS)


def test_sections_stand_in_their_order():
    assert tuple(re.findall(r"^## (.+)$", README, re.MULTILINE)) == ORDER


def test_bash_blocks_run(tmp_path: Path):
    script = "\n".join(bodies("bash"))
    ended = run(script, tmp_path / "home")
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "Traceback" not in ended.stderr
    assert "report: " in ended.stdout
    assert re.search(r"^XKT .+\nscore .+ · rank \d+ of \d+ scored names$", ended.stdout, re.MULTILINE)
    assert "no look-ahead" in ended.stdout


def test_a_broken_block_is_caught(tmp_path: Path):
    assert run("amc screen --date 2026-11-20\namc doctor", tmp_path / "home").returncode == 3
    assert run("amc forecast | cat", tmp_path / "home").returncode == 2


@pytest.mark.slow
@pytest.mark.real_data
def test_recorded_block_runs(tmp_path: Path, shared_data: Path):
    (script,) = bodies("bash recorded")
    assert " DIR " in script
    ended = run(script.replace(" DIR ", f" '{shared_data}' "), tmp_path / "home")
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "GME" in ended.stdout
    assert "without float" in ended.stdout


def test_make_blocks_name_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = [line for body in bodies("make") for line in body.splitlines()]
    assert named
    assert [line for line in named if not re.fullmatch(r"make \w+", line) or line.split()[1] not in targets] == []


def test_worked_name_adds_up():
    rows = worked_rows()
    assert len(rows) == 4
    score = sum(w * s for _, s, w, _ in rows) / sum(w for _, _, w, _ in rows)
    coverage = sum(w * c for _, _, w, c in rows)
    confidence = coverage * 0.85
    ranking = confidence * score + (1 - confidence) * 0.55
    for value in (score, confidence, ranking):
        assert f"**{value:.4f}**" in README
    assert f"= {coverage:.4f}, times .85" in README


def test_worked_name_is_the_one_that_the_strategies_page_reproduces():
    page = documents()["docs/strategies.md"].partition("## A worked name")[2].partition("\n## ")[0]
    for _, score, _, _ in worked_rows():
        assert f"{score:.4f}" in page
    for number in ("0.7769", "0.6247", "0.5310", "0.6705"):
        assert number in page
        assert number in README


def test_picture_is_small_and_there():
    picture = ROOT / "docs" / "images" / "report.png"
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert int.from_bytes(head[16:20], "big") == 1280
    assert picture.stat().st_size < 300_000
