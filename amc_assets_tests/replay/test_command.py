"""``python -m amc_assets.replay``: what it prints, that what it prints works, and what it refuses."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import httpx
import pytest

from amc_assets.replay.__main__ import main


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_prints_variables_that_work_and_stops_on_a_signal(number: int, code: int) -> None:
    command = [sys.executable, "-m", "amc_assets.replay", "--simulated", "--seed", "7", "--until-now"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(18)]
        variables = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
        answer = httpx.get(
            variables["POLYGON_BASE_URL"] + "/v3/reference/tickers",
            params={"apiKey": variables["POLYGON_API_KEY"], "limit": 5},
            trust_env=False,
            timeout=120,
        )
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert lines[0].startswith("# simulated market (simulated: every number is made up), 2024-01-02 .. 2027-12-31")
    assert len(variables) == 17
    assert len(answer.json()["results"]) == 5
    assert process.returncode == code, errors
    assert errors == "stopped: the server keeps nothing. Next: run the same command again\n"


def test_a_wrong_folder_is_a_sentence_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "market.toml is not there" in capsys.readouterr().err


def test_a_day_outside_is_a_sentence_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--simulated", "--last-day", "2031-01-02"]) == 2
    assert "choose days inside" in capsys.readouterr().err


def test_one_market_must_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "--simulated" in capsys.readouterr().err


@pytest.mark.real_data
def test_recorded_days_can_be_served(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = Event()
    done.set()
    assert main(["--data", str(shared_data)], until=done) == 0
    assert "us-equities-2020-07..2021-03 market (recorded), 2020-07-01 .. 2021-03-31" in capsys.readouterr().out


def test_importing_the_command_loads_no_data_library() -> None:
    code = "import sys, amc_assets.replay.__main__ as m; print([n for n in ('pandas','pyarrow') if n in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
