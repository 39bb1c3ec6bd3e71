"""Run in processes of their own by the tests of the store: they race, block at a point to be killed, or fork."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, event, insert

from amc_assets.store import engine as engine_module
from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.models import candidates
from amc_assets.store.results import replace_candidates, replace_detector_performance
from amc_assets.store.transactions import reading, writing
from amc_assets_tests.store.conftest import candidate_rows, detector_rows, make_run


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def wait_for_start() -> None:
    """Tell the test that imports are done, and wait until it lets all workers go."""
    say("ready")
    sys.stdin.readline()


def upgrade_fresh(url: str) -> None:
    """Open and upgrade a database that other workers open and upgrade at the same time."""
    wait_for_start()
    engine = open_engine(url)
    upgrade(engine)
    say("done")


def write_again_and_again(url: str, run_id: str) -> None:
    """Replace all rows of a run five times, against other workers that do the same."""
    engine = open_engine(url)
    wait_for_start()
    for _ in range(5):
        replace_candidates(engine, UUID(run_id), candidate_rows(50, action=f"w{os.getpid()}"))
        replace_detector_performance(engine, UUID(run_id), detector_rows(50))
    say("done")


def stop_at(url: str, run_id: str, point: str, how: str) -> None:
    """Replace the candidates of a run and stand still at `point`, to be killed there."""
    engine = open_engine(url)

    def after_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        word = {"SELECT": "locked", "DELETE": "deleted", "INSERT": "inserted"}.get(statement.split(maxsplit=1)[0])
        if word == point:
            stand_still(point)

    event.listen(engine, "after_cursor_execute", after_statement)
    write: Callable[[Engine, UUID], None] = {"whole": replace_whole, "planted": replace_in_two}[how]
    write(engine, UUID(run_id))
    if point == "committed":
        stand_still(point)


def stand_still(point: str) -> None:
    """Say where we are and wait for the kill."""
    say(point)
    time.sleep(120)


def replace_whole(engine: Engine, run_id: UUID) -> None:
    """Write as the product does."""
    replace_candidates(engine, run_id, candidate_rows(30, action="new"))


def replace_in_two(engine: Engine, run_id: UUID) -> None:
    """Write wrongly on purpose: delete and insert in two transactions."""
    with writing(engine) as connection:
        connection.execute(delete(candidates).where(candidates.c.discovery_run_id == run_id))
    run = make_run()
    with writing(engine) as connection:
        for row in candidate_rows(30, action="new"):
            values = {
                "discovery_run_id": run_id, "trade_date": run.trade_date, "session": run.session_type,
                "as_of": run.as_of, "strategy": run.strategy_used, "is_simulated": False, "symbol": row.symbol,
                "rank": row.rank, "score": row.score, "confidence": row.confidence,
                "ranking_score": row.ranking_score, "action": row.action, "explanation": row.explanation,
            }  # fmt: skip
            connection.execute(insert(candidates), values)


def fork(url: str, guard: str) -> None:
    """Use a connection in a parent, then in its forked child, and say whether the child got the parent's."""
    if guard == "planted":
        engine_module._guard_forks = lambda _engine: None
    engine = open_engine(url)
    with reading(engine) as connection:
        parents = connection.connection.dbapi_connection
    inbox, outbox = os.pipe()
    if os.fork() == 0:
        with reading(engine) as connection:
            shared = connection.connection.dbapi_connection is parents
        os.write(outbox, b"1" if shared else b"0")
        os._exit(0)
    shared_by_child = os.read(inbox, 1) == b"1"
    os.wait()
    with reading(engine) as connection:
        works = connection.exec_driver_sql("SELECT 41 + 1").scalar_one() == 42
        kept = connection.connection.dbapi_connection is parents
    say(json.dumps({"shared_by_child": shared_by_child, "parent_works": works, "parent_keeps_its_own": kept}))


TASKS: dict[str, Callable[..., None]] = {
    "upgrade": upgrade_fresh,
    "write": write_again_and_again,
    "stop_at": stop_at,
    "fork": fork,
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](*sys.argv[2:])
