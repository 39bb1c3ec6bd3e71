"""Databases that shared `alembic_version` with Dagster: tables and rows move to their own place, all or nothing."""

import pytest
from sqlalchemy import Engine, insert, inspect, text

from amc_assets.store.calls import recent_calls
from amc_assets.store.engine import (
    current,
    downgrade,
    head,
    leave_shared_place,
    open_engine,
    revisions,
    unmoved,
    upgrade,
)
from amc_assets.store.errors import StoreError
from amc_assets.store.models import shared_state
from amc_assets.store.results import candidates_of_run, detector_performance_of, replace_candidates
from amc_assets.store.schema import SCHEMA
from amc_assets.store.shared_place import _TABLES, SharedPlace
from amc_assets.store.transactions import reading, writing
from amc_assets_tests.store.conftest import AS_OF, RUN_ID, Spawn, candidate_rows, detector_rows, release
from amc_assets_tests.store.old_place import old_engine, old_upgrade, ours_outside, shared_revisions
from amc_assets_tests.store.rows import FIRST_TABLES, counts, fill

DAGSTERS = "of_dagster"


def old_database(url: str, revision: str = "0003") -> dict[str, int]:
    """Leave a database of an older version with rows in it; return their number per table."""
    engine = old_engine(url)
    old_upgrade(engine, revision)
    fill(engine)
    if revision == "0003":
        replace_candidates(engine, RUN_ID, candidate_rows(3))
        with writing(engine) as connection:
            connection.execute(insert(shared_state), {"key": "slots:finra", "document": "{}"})
    found = {name: rows for name, rows in _rows(engine).items() if rows}
    engine.dispose()
    assert found
    return found


def _rows(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        names = set(inspect(connection).get_table_names()) & {name for step in _TABLES.values() for name in step}
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}  # noqa: S608


def with_dagster(url: str) -> None:
    """Put Dagster's revision beside ours, as somebody may have done by hand to get both to run."""
    engine = old_engine(url)
    with writing(engine) as connection:
        connection.execute(text(f"INSERT INTO alembic_version VALUES ('{DAGSTERS}')"))  # noqa: S608
    engine.dispose()


@pytest.mark.parametrize("neighbour", [False, True])
def test_the_first_upgrade_moves_tables_and_rows(database_url: str, neighbour: bool) -> None:
    before = old_database(database_url)
    if neighbour:
        with_dagster(database_url)
    engine = open_engine(database_url)
    place = unmoved(engine)
    assert place is not None
    assert (current(engine), place.revision) == (None, "0003")
    upgrade(engine)
    assert (current(engine), unmoved(engine)) == (head(), None)
    assert {name: rows for name, rows in counts(engine).items() if rows} == before
    assert shared_revisions(engine) == ([DAGSTERS] if neighbour else [])
    if engine.dialect.name == "postgresql":
        assert ours_outside(engine) == set()
    assert [call.endpoint for call in recent_calls(engine, "polygon", AS_OF)] == ["bars"]
    assert len(detector_performance_of(engine, RUN_ID)) == len(detector_rows(2))
    replace_candidates(engine, RUN_ID, candidate_rows(5))  # its sequence came along
    assert len(candidates_of_run(engine, RUN_ID)) == 5
    upgrade(engine)
    engine.dispose()


def test_our_indexes_and_sequences_come_along(postgres_url: str) -> None:
    old_database(postgres_url)
    engine = open_engine(postgres_url)
    upgrade(engine)
    query = text(
        "SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('i', 'S') AND c.relname ~ '^(idx|uq|candidates|shared|installation|disc|det)'"
    )
    with reading(engine) as connection:
        assert connection.execute(query).scalars().all() == [SCHEMA]
    engine.dispose()


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_an_older_revision_moves_and_goes_up(database_url: str, revision: str) -> None:
    before = old_database(database_url, revision)
    engine = open_engine(database_url)
    upgrade(engine)
    assert current(engine) == head()
    assert counts(engine) == {**dict.fromkeys(FIRST_TABLES, 0), **before, "candidates": 0, "shared_state": 0}
    assert shared_revisions(engine) == []
    engine.dispose()


@pytest.mark.parametrize("revision", ["0002", "base"])
def test_going_down_moves_first(database_url: str, revision: str) -> None:
    old_database(database_url)
    with_dagster(database_url)
    engine = open_engine(database_url)
    downgrade(engine, revision)
    assert (current(engine) or "base") == revision
    assert shared_revisions(engine) == [DAGSTERS]
    assert "shared_state" not in counts(engine)
    upgrade(engine)
    assert current(engine) == head()
    engine.dispose()


def test_eight_processes_move_one_database(database_url: str, spawn: Spawn) -> None:
    before = old_database(database_url)
    workers = [spawn("upgrade", database_url) for _ in range(8)]
    release(workers)
    assert [worker.communicate(timeout=120)[0].strip() for worker in workers] == ["done"] * 8
    engine = open_engine(database_url)
    assert {name: rows for name, rows in counts(engine).items() if rows} == before
    assert (current(engine), shared_revisions(engine)) == (head(), [])
    engine.dispose()


def test_a_move_that_fails_leaves_all_in_the_old_place(postgres_url: str) -> None:
    before = old_database(postgres_url)
    engine = open_engine(postgres_url)
    with writing(engine) as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        connection.execute(text(f"CREATE TABLE {SCHEMA}.shared_state (planted INTEGER)"))  # the last table to move
    with pytest.raises(StoreError, match="shared_state"):
        upgrade(engine)
    old = old_engine(postgres_url)
    assert {name: rows for name, rows in _rows(old).items() if rows} == before
    assert shared_revisions(old) == ["0003"]
    assert unmoved(engine) == SharedPlace("public", "0003")
    engine.dispose()
    old.dispose()


def test_another_program_s_revision_0001_is_left_alone(database_url: str) -> None:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
        connection.execute(text("CREATE TABLE recipes (id INTEGER)"))
    assert unmoved(engine) is None
    leave_shared_place(engine)
    upgrade(engine)
    assert shared_revisions(engine) == ["0001"]
    assert current(engine) == head()
    engine.dispose()


def test_another_program_s_candidates_are_left_alone(postgres_url: str) -> None:
    """At revision 0001 a table `candidates` beside ours cannot be ours: 0002 creates it."""
    old_database(postgres_url, "0001")
    engine = open_engine(postgres_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE candidates (name TEXT)"))
    upgrade(engine)
    assert ours_outside(engine) == {"candidates"}
    assert counts(engine)["candidates"] == 0
    engine.dispose()


def test_leaving_keeps_the_revision(database_url: str) -> None:
    """Dagster's opening makes room and does not migrate: it is no upgrade of ours."""
    before = old_database(database_url, "0002")
    engine = open_engine(database_url)
    leave_shared_place(engine)
    assert current(engine) == "0002"
    assert {name: rows for name, rows in counts(engine).items() if rows} == before
    leave_shared_place(engine)
    engine.dispose()


def test_tables_in_both_places_are_a_sentence(postgres_url: str) -> None:
    """An older version that starts once more after the move makes a second set."""
    engine = open_engine(postgres_url)
    upgrade(engine)
    old_database(postgres_url)
    with pytest.raises(StoreError, match=rf"public and {SCHEMA} both hold our tables.*drop in public the tables"):
        leave_shared_place(engine)
    upgrade(engine)  # what is in its place works on
    assert shared_revisions(engine) == ["0003"]
    engine.dispose()


def test_revisions_of_the_shared_place_are_the_first_three() -> None:
    assert set(_TABLES) <= revisions()
    assert head() in revisions()
