"""A real `dagster dev` on a copy of the project's root, after a real `amc demo` of two sessions; and a real browser."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CHROMIUM = Path("/usr/bin/chromium")
START_SECONDS = 150.0
STOP_SECONDS = 20.0
FROM_OUTSIDE = ("PATH", "LANG", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Server:
    """A running `dagster dev`: its address, its state folder and the sessions the demo left."""

    url: str
    home: Path
    sessions: tuple[str, ...]

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Send one GraphQL request and return its data; an error of the server is raised."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            decoded: dict[str, Any] = json.load(answer)
        assert not decoded.get("errors"), decoded["errors"]
        data: dict[str, Any] = decoded["data"]
        return data


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> object:
    """Return the first true answer of ``condition``; fail when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.5)
    pytest.fail(f"after {seconds:.0f} s still waiting for {what}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield the server; everything it started is in its process group and ends with the fixture."""
    folder = tmp_path_factory.mktemp("root")
    environment = environment_of(folder)
    sessions = run_demo(folder, environment)
    with dagster_dev(folder, environment, sessions) as found:
        yield found


def environment_of(folder: Path) -> dict[str, str]:
    """Make a folder a copy of the project's root; return the environment of a user who stands in it."""
    for name in ("dagster.yaml", "workspace.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    environment = {name: os.environ[name] for name in FROM_OUTSIDE if name in os.environ}
    return environment | {"HOME": str(folder), "PYTHONPATH": str(ROOT), "AMC_HOME": str(folder / "state")}


@contextmanager
def dagster_dev(folder: Path, environment: Mapping[str, str], sessions: tuple[str, ...]) -> Iterator[Server]:
    """Start `dagster dev` on a free port as `make ui` does, yield it when it answers, and end its process group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "dev.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(BIN / "dagster"), "dev", "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder, env=dict(environment), stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            found = Server(f"http://127.0.0.1:{port}", folder / "state", sessions)
            wait_for(lambda: answers(found, process, log), START_SECONDS, "dagster dev to answer")
            yield found
        finally:
            stop(process)


def run_demo(folder: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Run `amc demo --days 2` as a user would and return its sessions; it may say nothing but its one line."""
    printed = run_amc(folder, environment, "demo", "--days", "2", "--json")
    return tuple(screen["trade_date"] for screen in json.loads(printed)["screens"])


def run_amc(folder: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Run `amc` in a process of its own and return what it printed; a warning or another code than 0 is a failure."""
    command = [str(BIN / "amc"), *arguments]
    done = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr
    return done.stdout


def answers(server: Server, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Return whether the web server and the code location are up."""
    assert process.poll() is None, log.read_text()[-3000:]
    try:
        found = server.ask("{ workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }")
    except OSError:
        return False
    entries = found["workspaceOrError"].get("locationEntries", [])
    return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process group this fixture started: politely, then for good."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            return
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


@pytest.fixture
def page() -> Iterator["Page"]:
    """Yield a page of a headless Chromium; skip without one, fail without one in CI."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing; CI must have it, a skipped browser proves nothing")
        pytest.skip(f"{CHROMIUM} is missing")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser.new_page(viewport={"width": 1440, "height": 1150})
        browser.close()
