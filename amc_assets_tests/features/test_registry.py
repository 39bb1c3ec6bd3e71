"""The list of features is the documentation, and the room keeps its import rules."""

import subprocess
import sys
from pathlib import Path

import amc_assets.features as room
from amc_assets.features.registry import SPECS, features_table

DOC = Path(__file__).resolve().parents[2] / "docs" / "features.md"


def test_the_documented_table_is_the_generated_one():
    text = DOC.read_text()
    between = text.split("<!-- features:begin -->\n")[1].split("\n<!-- features:end -->")[0]
    assert between == features_table(), "docs/features.md is stale: paste registry.features_table() between the markers"


def test_every_feature_states_its_convention():
    for name, spec in SPECS.items():
        assert spec.name == name
        assert spec.unit
        assert spec.convention.endswith("."), name
        assert spec.sources, name


def test_units_are_in_the_names():
    for ending, unit in (("_usd", "USD"), ("_shares", "shares"), ("_frac", "fraction"), ("_minutes", "minutes")):
        for spec in SPECS.values():
            if spec.name.endswith(ending) and spec.name != "social_rank_frac":
                assert spec.unit == unit, spec.name


def test_importing_the_room_brings_no_heavy_package_along():
    names = sorted(p.stem for p in Path(room.__file__).parent.glob("*.py") if p.stem != "__init__")
    imports = "; ".join(f"import amc_assets.features.{name}" for name in names)
    heavy = "pandas scipy talib matplotlib statsmodels dagster exchange_calendars"
    code = f"import sys; {imports}; print([n for n in {heavy.split()!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=DOC.parents[1])
    assert done.stdout.strip() == "[]"
