"""The own schema on PostgreSQL: who may make it, which names land in it, and what stays of it on a connection."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from amc_assets.providers.road import postgres_state
from amc_assets.store.engine import current, head, open_engine, upgrade
from amc_assets.store.errors import StoreError
from amc_assets.store.models import metadata, shared_state
from amc_assets.store.schema import SCHEMA, VERSION_TABLE
from amc_assets.store.transactions import reading
from amc_assets_tests.store.rows import counts, fill

RoleUrl = Callable[..., str]


def administer(url: str, *statements: str) -> None:
    """Run statements as the server's administrator."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def role_url(postgres_url: str) -> Iterator[RoleUrl]:
    """Yield a function that makes a role of a name and returns its address; roles go at the end."""
    made: list[str] = []

    def make(name: str, **query: str) -> str:
        administer(postgres_url, f'CREATE ROLE "{name}" LOGIN')
        made.append(name)
        url = make_url(postgres_url).set(username=name).update_query_dict(query)
        return url.render_as_string(hide_password=False)

    yield make
    for name in made:
        administer(postgres_url, f'DROP OWNED BY "{name}" CASCADE', f'DROP ROLE "{name}"')


def test_all_tables_stand_in_the_schema_and_none_outside(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    fill(engine)
    with reading(engine) as connection:
        inspector = inspect(connection)
        assert inspector.get_table_names(schema="public") == []
        assert set(inspector.get_table_names(schema=SCHEMA)) == {
            VERSION_TABLE,
            *(table.name for table in metadata.tables.values()),
        }
    engine.dispose()


def test_the_shared_state_is_read_where_the_models_put_it() -> None:
    assert shared_state.fullname == postgres_state.TABLE


def test_no_connection_keeps_a_search_path(postgres_url: str) -> None:
    """A pooler hands the connection to somebody else after the transaction: Dagster, for one."""
    engine = open_engine(postgres_url)
    with reading(engine) as connection:
        before = connection.execute(text("SHOW search_path")).scalar_one()
    upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(text("SHOW search_path")).scalar_one() == before
    assert engine.pool.checkedin() == 1  # type: ignore[attr-defined]
    engine.dispose()


def test_a_search_path_of_the_address_does_not_matter(postgres_url: str) -> None:
    address = make_url(postgres_url).update_query_dict({"options": "-csearch_path=pg_catalog"})
    engine = open_engine(address.render_as_string(hide_password=False))
    upgrade(engine)
    fill(engine)
    assert counts(engine)["provider_api_calls"] == 1
    engine.dispose()


def test_a_role_that_may_not_create_a_schema_is_told_who_can(role_url: RoleUrl, postgres_url: str) -> None:
    engine = open_engine(role_url("amc reader"))
    advice = f'CREATE SCHEMA {SCHEMA} AUTHORIZATION "amc reader"'
    with pytest.raises(StoreError, match="may not create the schema") as caught:
        upgrade(engine)
    assert f"`{advice}`" in str(caught.value)
    administer(postgres_url, advice)
    upgrade(engine)
    assert current(engine) == head()
    fill(engine)
    engine.dispose()


def test_a_schema_of_somebody_else_is_told(role_url: RoleUrl, postgres_url: str) -> None:
    engine = open_engine(role_url("amc_guest"))
    administer(postgres_url, f"CREATE SCHEMA {SCHEMA}", f"GRANT USAGE ON SCHEMA {SCHEMA} TO amc_guest")
    with pytest.raises(StoreError, match="may not create tables in the schema") as caught:
        upgrade(engine)
    grant = f"GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO amc_guest"
    assert f"`{grant}`" in str(caught.value)
    administer(postgres_url, grant)
    upgrade(engine)
    engine.dispose()


def test_a_role_that_may_not_read_is_told(role_url: RoleUrl, postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    engine.dispose()
    guest = open_engine(role_url("amc_guest"))
    with pytest.raises(StoreError, match=r"permission denied.*docs/database\.md says what it needs"):
        counts(guest) or fill(guest)
    guest.dispose()


def test_a_role_named_like_the_schema_is_refused(role_url: RoleUrl, postgres_url: str) -> None:
    """PostgreSQL would resolve plain names in a schema of the role's name: Dagster's tables would land among ours."""
    url = role_url(SCHEMA)
    administer(postgres_url, f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {SCHEMA}")
    engine = open_engine(url)
    with pytest.raises(StoreError, match=f"ALTER ROLE {SCHEMA} SET search_path = public"):
        upgrade(engine)
    engine.dispose()
    administer(postgres_url, f"ALTER ROLE {SCHEMA} SET search_path = public")
    engine = open_engine(url)
    upgrade(engine)
    assert current(engine) == head()
    engine.dispose()


def test_the_role_of_the_manual_is_none_of_these(role_url: RoleUrl, postgres_url: str) -> None:
    """A role `amc`, as in the examples, with a schema of its own from before: nothing of it is taken for ours."""
    url = role_url("amc")
    administer(postgres_url, "CREATE SCHEMA amc AUTHORIZATION amc", f"CREATE SCHEMA {SCHEMA} AUTHORIZATION amc")
    engine = open_engine(url)
    upgrade(engine)
    with reading(engine) as connection:
        assert inspect(connection).get_table_names(schema="amc") == []
        assert connection.execute(text("SELECT current_schema()")).scalar_one() == "amc"
    engine.dispose()
    administer(postgres_url, "DROP SCHEMA amc CASCADE")
