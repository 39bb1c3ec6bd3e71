"""The console script as a process: what it imports, how it ends, and that talk and results stay apart."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from amc_assets.commands import failures, output
from amc_assets.defs.running import QUIET, tells_of_stop
from amc_assets.lake.files import LakeError
from amc_assets.pipeline.stopping import Stopped
from amc_assets_tests.cli.conftest import PEAK, PLANTED, Replayed, amc

SCRIPT = Path(sys.executable).parent / "amc"
HEAVY = ("dagster", "pandas", "numpy", "pyarrow", "scipy", "talib", "sqlalchemy", "matplotlib", "httpx")


def start(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed script."""
    return subprocess.run(
        [SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def imported_by(statement: str) -> set[str]:
    """Return the heavy packages that a fresh interpreter holds after ``statement``."""
    code = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nsys.stderr.write(' '.join(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(ended.stderr.split()) & set(HEAVY)


def test_help_imports_nothing_heavy():
    assert imported_by("import amc_assets.cli as c; sys.argv = ['amc', '--help']; c.main()") == set()


def test_that_guard_sees_a_heavy_import():
    assert imported_by("import amc_assets.cli as c; import numpy; c.app") == {"numpy"}


def test_help_names_every_command():
    found = start("--help")
    assert found.returncode == 0
    for command in ("demo", "replay", "screen", "explain", "list", "doctor", "lookahead", "report", "db", "config"):
        assert f" {command} " in found.stdout


def test_json_through_a_pipe(replayed: Replayed):
    found = start("explain", PLANTED, "--date", PEAK.isoformat(), "--home", replayed.home, "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["symbol"] == PLANTED


def test_pipe_and_no_color_are_plain(replayed: Replayed):
    plain = start("screen", "--date", PEAK.isoformat(), "--home", replayed.home, NO_COLOR="1")
    assert plain.returncode == 0
    assert "\x1b[" not in plain.stdout + plain.stderr


def test_usage_error_has_its_code_and_nothing_on_stdout(replayed: Replayed):
    found = start("screen", "--date", "2026-08-22", "--home", replayed.home)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.splitlines()[-1].startswith("amc: ")


def test_unknown_command_is_a_usage_error():
    found = start("forecast")
    assert (found.returncode, found.stdout) == (2, "")


def test_fault_of_the_program_is_a_sentence_and_keeps_its_trace_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(**_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setenv("AMC_HOME", str(tmp_path / "home"))
    assert failures.guarded(broken) == 1  # type: ignore[arg-type]
    (kept,) = (tmp_path / "home" / "logs").iterdir()
    told = capsys.readouterr().err
    assert told.startswith("amc: unexpected ZeroDivisionError: planted. Next: ")
    assert (told.count("\n"), str(kept) in told) == (1, True)
    assert 'raise ZeroDivisionError("planted")' in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_error_of_ours_is_told_although_a_library_caused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(**_: object) -> None:
        ours = LakeError("cannot write /lake/x: full. Next: free space")
        ours.__cause__ = OSError(28, "No space left on device")
        raise RuntimeError("a library around it") from ours

    monkeypatch.setenv("AMC_HOME", str(tmp_path))
    assert failures.guarded(broken) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err == "amc: cannot write /lake/x: full. Next: free space\n"
    assert not (tmp_path / "logs").exists(), "our own sentence needs no trace"


@pytest.mark.parametrize(("number", "code", "name"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")])
def test_a_signal_ends_any_command_with_one_sentence(
    number: int, code: int, name: str, capsys: pytest.CaptureFixture[str]
):
    before = signal.getsignal(number)

    def told_to_stop(**_: object) -> None:
        os.kill(os.getpid(), number)
        signal.pause()

    assert failures.guarded(told_to_stop) == code
    sentence = "what is written is whole. Next: run the same command again"
    assert capsys.readouterr().err == f"amc: stopped by {name}: {sentence}\n"
    assert signal.getsignal(number) == before, "the handlers of the caller are back"


def test_a_stop_while_dagster_runs_a_job_is_heard(capsys: pytest.CaptureFixture[str]):
    """Dagster puts its own handlers in place and ends the run by itself: the command must end, and know by what."""

    @dg.op
    def told_to_stop() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    @dg.job
    def stopped() -> None:
        told_to_stop()

    def command(**_: object) -> None:
        result = stopped.execute_in_process(raise_on_error=False, run_config=QUIET)
        raise Stopped("0 of 2 are stored") if any(map(tells_of_stop, result.all_events)) else AssertionError

    assert failures.guarded(command) == 143
    assert capsys.readouterr().err == "amc: stopped by SIGTERM: 0 of 2 are stored\n"


@pytest.mark.parametrize("code", list(output.Exit))
def test_command_error_ends_with_its_code(code: output.Exit, capsys: pytest.CaptureFixture[str]):
    def refused(**_: object) -> None:
        raise output.CommandError("what, why, next", code)

    assert failures.guarded(refused) == code  # type: ignore[arg-type]
    assert capsys.readouterr().err == "amc: what, why, next\n"


def test_nan_is_never_printed_as_json():
    with pytest.raises(ValueError, match="JSON"):
        output.print_json({"value": float("nan")})


def test_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device", "/data/page.html")

    monkeypatch.setenv("AMC_HOME", "/dev/null/none")
    assert failures.guarded(full) == 1  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert "cannot use /data/page.html: No space left on device. Next: free space on that disk" in told
    assert "Traceback" not in told


def test_runner_of_these_tests_is_the_entry_point():
    assert amc("config", "show", "--json").json == json.loads(start("config", "show", "--json").stdout)
