"""One PostgreSQL database for our tables and for Dagster's: either first, each without the other, connections cut."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.util.exc import CommandError
from dagster_postgres.storage import DagsterPostgresStorage
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from amc_assets.defs.instance_storage import pooled_postgres
from amc_assets.store.engine import current, downgrade, head, open_engine, unmoved, upgrade
from amc_assets.store.schema import SCHEMA
from amc_assets.store.transactions import reading
from amc_assets_tests.postgres import END_OTHER_SESSIONS, tool
from amc_assets_tests.store.conftest import ROOT
from amc_assets_tests.store.old_place import old_engine, old_upgrade, ours_outside, shared_revisions
from amc_assets_tests.store.rows import counts, fill


@contextmanager
def dagster(url: str) -> Iterator[Any]:
    """Open Dagster's storage as the product does, and close its connections."""
    storage: Any = pooled_postgres(url, None)
    yield storage
    for part in parts(storage):
        part._engine.dispose()


def parts(storage: Any) -> Sequence[Any]:
    """Return the three storages, each with a pool of its own."""
    return (storage.run_storage, storage.event_log_storage, storage.schedule_storage)


@contextmanager
def ours(url: str) -> Iterator[Engine]:
    """Open our database."""
    engine = open_engine(url)
    yield engine
    engine.dispose()


def use(storage: Any) -> None:
    """Ask each storage something."""
    assert storage.run_storage.get_runs_count() == 0
    assert storage.event_log_storage.all_asset_keys() == []
    assert storage.schedule_storage.all_instigator_state() == []


def revision_of(storage: Any) -> tuple[object, object]:
    """Return Dagster's revision in the database and the newest it knows."""
    found: tuple[object, object] = storage.run_storage.alembic_version()
    return found


def marks(url: str) -> list[str]:
    """Return the data migrations that Dagster has marked as done."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        done = "SELECT name FROM secondary_indexes WHERE migration_completed IS NOT NULL ORDER BY name"
        return list(connection.execute(text(done)).scalars())


def test_ours_first_then_dagster(postgres_url: str) -> None:
    with ours(postgres_url) as engine:
        upgrade(engine)
        fill(engine)
        with dagster(postgres_url) as storage:
            use(storage)
            assert revision_of(storage)[0] == revision_of(storage)[1]
        assert current(engine) == head()
        assert counts(engine)["provider_api_calls"] == 1


def test_dagster_first_then_ours(postgres_url: str) -> None:
    with dagster(postgres_url) as storage, ours(postgres_url) as engine:
        assert (current(engine), unmoved(engine)) == (None, None)
        upgrade(engine)
        fill(engine)
        use(storage)
        assert revision_of(storage)[0] == revision_of(storage)[1]
        assert current(engine) == head()


def test_downgrade_to_the_base_beside_a_living_dagster(postgres_url: str) -> None:
    with dagster(postgres_url) as storage, ours(postgres_url) as engine:
        upgrade(engine)
        fill(engine)
        before = _dagsters_tables(engine)
        downgrade(engine, "base")
        assert current(engine) is None
        assert _dagsters_tables(engine) == before
        use(storage)
        assert revision_of(storage)[0] == revision_of(storage)[1]
        upgrade(engine)
        fill(engine)
        use(storage)


def test_dagster_s_own_migration_beside_ours(postgres_url: str) -> None:
    """`dagster instance migrate` goes through the same version table as its first start."""
    with ours(postgres_url) as engine, dagster(postgres_url) as storage:
        upgrade(engine)
        storage.event_log_storage.upgrade()
        assert current(engine) == head()
        use(storage)


@pytest.mark.parametrize("opened", range(5))
def test_a_database_that_stopped_dagster_is_finished(postgres_url: str, opened: int) -> None:
    """Before the own schema, Dagster stopped on our revision three times, each time a little further."""
    with dagster(postgres_url):
        wanted = marks(postgres_url)
    with ours(postgres_url) as engine, reading(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        connection.commit()
    engine = old_engine(postgres_url)
    old_upgrade(engine)
    fill(engine)
    failed = 0
    for _ in range(opened):
        try:
            DagsterPostgresStorage(postgres_url)
        except CommandError:  # Can't locate revision identified by '0003'
            failed += 1
    assert failed == min(opened, 3)
    with dagster(postgres_url) as storage:  # without an upgrade of ours: `dagster dev` alone
        use(storage)
        assert revision_of(storage)[0] == revision_of(storage)[1]
    assert marks(postgres_url) == wanted
    assert ours_outside(engine) == set()
    engine.dispose()
    with ours(postgres_url) as engine:
        assert current(engine) == head()
        assert counts(engine)["provider_api_calls"] == 1
        assert len(shared_revisions(engine)) == 1


@pytest.mark.parametrize("by", ["us", "the web server"])
def test_a_cut_idle_connection_is_replaced(postgres_url: str, by: str) -> None:
    """A firewall, a pooler or a restart ends an idle connection: the next statement of each storage gets a new one."""
    with dagster(postgres_url) as storage:
        if by == "the web server":  # as dagster-webserver does, with the instance's method, when it starts
            for part in parts(storage):
                part.optimize_for_webserver(statement_timeout=1000, pool_recycle=3600, max_overflow=20)
        use(storage)
        assert [part._engine.pool.checkedin() for part in parts(storage)] == [1, 1, 1], "nothing idle to cut"
        cut(postgres_url)
        use(storage)


def cut(url: str) -> None:
    """End every other session of the database, as a restart of the server does."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        assert len(connection.execute(END_OTHER_SESSIONS).all()) >= 1


def test_a_search_path_for_people_does_not_join_the_two(postgres_url: str) -> None:
    """Whoever types SQL may put our schema on the search path: Dagster then still finds none of its names there."""
    options = {"options": f"-csearch_path=public,{SCHEMA}"}
    url = make_url(postgres_url).update_query_dict(options).render_as_string(hide_password=False)
    with ours(url) as engine:
        upgrade(engine)
        with dagster(url) as storage:
            use(storage)
            assert revision_of(storage)[0] == revision_of(storage)[1]
        assert current(engine) == head()
        assert not _dagsters_tables(engine) & set(counts(engine))


BACKUPS: dict[str, str] = {"ours": f"--schema={SCHEMA}", "dagster's": f"--exclude-schema={SCHEMA}"}


@pytest.mark.parametrize("whose", BACKUPS)
def test_a_backup_of_either_restores_alone(
    postgres_url: str, spare_url: Callable[[], str], tmp_path: Path, whose: str
) -> None:
    """The commands of docs/database.md, into an empty database and over the one they came from."""
    with ours(postgres_url) as engine, dagster(postgres_url) as storage:
        upgrade(engine)
        fill(engine)
        storage.run_storage.set_cursor_values({"kept": "1"})
        before = counts(engine)
    file = tmp_path / "backup.dump"
    run("pg_dump", "--format=custom", BACKUPS[whose], f"--file={file}", f"--dbname={libpq(postgres_url)}")
    with ours(postgres_url) as engine:
        fill(engine)  # after the backup: one goes back, the other keeps it
    for url in (spare_url(), postgres_url):
        run("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={libpq(url)}", str(file))
        with ours(url) as engine:
            if whose == "ours":
                assert (current(engine), counts(engine)) == (head(), before)
                fill(engine)
            elif url != postgres_url:
                assert (current(engine), _dagsters_tables(engine) > {"runs"}) == (None, True)
            else:
                assert counts(engine)["provider_api_calls"] == 2
        with dagster(url) as storage:
            use(storage)
            kept = storage.run_storage.get_cursor_values({"kept"})
            assert kept == ({"kept": "1"} if whose != "ours" or url == postgres_url else {})


def test_the_manual_has_these_commands() -> None:
    page = (ROOT / "docs" / "database.md").read_text()
    for which in BACKUPS.values():
        assert f"`pg_dump --format=custom {which} --file=" in page
    assert page.count("`pg_restore --clean --if-exists --single-transaction --dbname=$PG ") == len(BACKUPS)


@pytest.fixture
def spare_url(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Yield a function that makes one more empty database on the server."""
    name = f"{make_url(postgres_url).database}_spare"
    administrator = create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def make() -> str:
        with administrator.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    yield make
    with administrator.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def libpq(url: str) -> str:
    """Return the address as PostgreSQL's own programs read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    done = subprocess.run([tool(program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _dagsters_tables(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(inspect(connection).get_table_names(schema="public"))
