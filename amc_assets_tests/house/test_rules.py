"""Sizes, types, docstrings, broad excepts, clocks, globals: the habits of the house, each with a planted fault."""

import statistics
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from amc_assets_tests.house import rules
from amc_assets_tests.house.sources import Source, product, python, source

BROAD = {
    "amc_assets/pipeline/discovery.py:_kept": "a failed day becomes a row of the audit log, the other days go on",
    "amc_assets/pipeline/discovery.py:_run": "a process that is told to stop closes its rows and is stopped",
    "amc_assets/pipeline/discovery.py:discover": "as _kept, for what a run asks before it is opened",
    "amc_assets/pipeline/discovery.py:_recomputed": "a recomputation that fails leaves the row of the first run",
    "amc_assets/defs/resources.py:yield_for_execution": "a workspace that does not open leaves audit rows, then raises",
    "amc_assets/providers/road/watchdog.py:_hand_over": "end of a thread: what is raised in it, its caller raises",
    "amc_assets/commands/failures.py:guarded": "end of the process: every error is a sentence, traces go to a file",
}
"""Process boundaries: file and function -> why it may catch everything."""

CLOCK_READERS = {
    "amc_assets/clock.py": "the one place",
    "amc_assets/pipeline/sources.py": "hands random.random to the retries as their source of jitter",
}

WORKERS = {
    "amc_assets/cli.py": "registers the two command groups",
    "amc_assets/definitions.py": "what Dagster loads: reads the environment by being loaded",
    "amc_assets/store/migrations/env.py": "Alembic runs this file",
}

Rule = Callable[[Source], list[str]]


def broken(rule: Rule, sources: tuple[Source, ...], exempt: dict[str, str] | None = None) -> dict[str, list[str]]:
    """Return what breaks a rule by file."""
    found = {item.path: rule(item) for item in sources if item.path not in (exempt or {})}
    return {path: wrong for path, wrong in found.items() if wrong}


@pytest.mark.parametrize("folder", ["amc_assets", "amc_assets_tests", "benchmarks"])
def test_files_and_functions_are_short(folder: str):
    assert broken(rules.too_long, python(folder)) == {}


def test_files_are_short_as_a_habit():
    lengths = [item.text.count("\n") for item in product() if item.text.strip()]
    assert statistics.median(lengths) <= 130
    assert statistics.quantiles(lengths, n=10)[-1] <= 300


def test_functions_are_short_as_a_habit():
    lengths = [(f.end_lineno or f.lineno) - f.lineno + 1 for item in product() for f in rules.functions(item)]
    assert statistics.quantiles(lengths, n=10)[-1] <= 30


def test_everything_is_annotated():
    assert broken(rules.unannotated, product()) == {}


def test_public_things_have_docstrings():
    assert broken(rules.undocumented, product()) == {}


def test_everything_is_caught_only_at_named_boundaries():
    found = {where for item in product() for where in rules.broad_excepts(item)}
    assert found <= set(BROAD)
    assert set(BROAD) <= found, "an entry of the list is no longer needed"


def test_clock_sleep_and_chance_are_handed_in():
    assert broken(rules.reads_the_clock, product(), CLOCK_READERS) == {}


def test_speed_is_measured_by_benchmarks_not_by_tests():
    assert broken(rules.measures_speed, python("amc_assets_tests")) == {}


def test_no_example_is_limited_in_time():
    exempt = {"amc_assets_tests/conftest.py": "the profile of all tests"}
    assert broken(rules.limits_examples_in_time, python("amc_assets_tests"), exempt) == {}
    assert settings.default is not None
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check


def test_no_module_keeps_state():
    assert broken(rules.changes_globals, product()) == {}


def test_importing_does_nothing():
    assert broken(rules.works_at_import, product(), WORKERS) == {}


@pytest.mark.parametrize(
    ("rule", "text", "named"),
    [
        (rules.too_long, "x = 1\n" * 501, "501 lines"),
        (rules.too_long, "def f():\n" + "    x = 1\n" * 60, "f: 61 lines"),
        (rules.unannotated, "def f(a, b: int) -> None: ...", "f:1"),
        (rules.unannotated, "def f(a: int): ...", "f:1"),
        (rules.unannotated, "def f(*args, **kw: int) -> None: ...", "f:1"),
        (rules.unannotated, "class A:\n    def g(self, x) -> None: ...", "g:2"),
        (rules.undocumented, "x = 1", "the module"),
        (rules.undocumented, '"""M."""\nclass A:\n    """A."""\n    def g(self): ...', "A.g"),
        (rules.undocumented, '"""M."""\ndef f(): ...', "f"),
        (rules.broad_excepts, "def f():\n    try: pass\n    except: pass", "x.py:f"),
        (rules.broad_excepts, "def f():\n    try: pass\n    except (ValueError, Exception): pass", "x.py:f"),
        (rules.reads_the_clock, "from datetime import datetime\nx = datetime.now()", "datetime.now"),
        (rules.reads_the_clock, "import datetime\nx = datetime.date.today()", "date.today"),
        (rules.reads_the_clock, "from time import sleep", "time.sleep"),
        (rules.reads_the_clock, "import random\nrandom.shuffle([])", "random.shuffle"),
        (rules.reads_the_clock, "import numpy as np\nnp.random.rand(3)", "random.rand"),
        (rules.reads_the_clock, "import numpy as np\nnp.random.default_rng()", "unseeded default_rng"),
        (rules.reads_the_clock, "import uuid\nuuid.uuid4()", "uuid.uuid4"),
        (rules.measures_speed, "import time\nassert time.process_time() < 1", "process_time"),
        (rules.measures_speed, "from time import perf_counter_ns", "perf_counter_ns"),
        (rules.limits_examples_in_time, "@settings(max_examples=3, deadline=200)\ndef test(): ...", "deadline=200:1"),
        (rules.limits_examples_in_time, "settings.register_profile('mine', deadline=None)", "deadline=None:1"),
        (rules.limits_examples_in_time, "@settings(suppress_health_check=[])\ndef f(): ...", "too_slow is a fault:1"),
        (rules.changes_globals, "def f():\n    global x\n    x = 1", "global x"),
        (rules.changes_globals, "CACHE = {}\ndef f(k): CACHE[k] = 1", "CACHE[...]:2"),
        (rules.changes_globals, "SEEN = set()\ndef f(k): SEEN.add(k)", "SEEN.add:2"),
        (rules.changes_globals, "seen = []", "seen = a changeable value"),
        (rules.works_at_import, "print('hello')", "line 1: print('hello')"),
        (rules.works_at_import, "for x in y:\n    pass", "line 1: for x in y:"),
        (rules.works_at_import, "TEXT = PATH.read_text()", "line 1: calls read_text"),
    ],
)
def test_planted_fault_is_caught(rule: Rule, text: str, named: str):
    assert named in rule(source("x.py", text))
