"""Variables of the installation: plan, environment, where state lives, secrets at rest, development."""

from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from amc_assets.settings.about import About, Kind
from amc_assets.settings.addresses import DatabaseAddress, LakeAddress, RedisAddress
from amc_assets.settings.base import VariableGroup
from amc_assets.settings.names import Environment, Executor, Plan
from amc_assets.settings.rules import Contact, FernetKeys, Flag, Folder, Minutes


class InstallationVariables(VariableGroup):
    """The installation: its plan, its environment, its state."""

    GROUP: ClassVar[str] = "Installation"

    plan: Annotated[
        Plan,
        About(
            "Which sources are in use and with which limits. Unset: `simulated` while neither "
            "POLYGON_API_KEY nor ALPHA_VANTAGE_API_KEY is set, `free` once one is.",
            "every command",
            name="AMC_PLAN",
        ),
    ] = Plan.SIMULATED
    environment: Annotated[
        Environment,
        About(
            "`dev` selects the DEV_* values; `dev` and `staging` have their own channel and key prefixes.",
            "every command",
            name="AMC_ENV",
        ),
    ] = Environment.PRODUCTION
    home: Annotated[Folder, About("State folder: database, lake, reports.", "every command", name="AMC_HOME")] = Path(
        ".amc"
    )
    first_session: Annotated[
        date | None,
        Field(ge=date(2017, 1, 3)),
        Kind("a date from 2017-01-03 on, YYYY-MM-DD"),
        About(
            "First trading day that the Dagster UI lists and a backfill may reach; `amc replay` reaches every day.",
            "partitions of the assets",
            lost="nothing: the first session of `amc demo` in that state folder, else 2017-01-03, serves",
            name="AMC_FIRST_SESSION",
        ),
    ] = None
    lake_address: Annotated[
        LakeAddress | None,
        About(
            "Where the columnar tables live.",
            "every table of the lake",
            lost="nothing: the folder `lake` in AMC_HOME serves",
            name="AMC_LAKE_URL",
        ),
    ] = None
    database_address: Annotated[
        DatabaseAddress | None,
        About(
            "Operational database, and Dagster's own storage when it is PostgreSQL.",
            "runs, candidates, audit",
            lost="nothing on one machine: SQLite file `amc.db` in AMC_HOME serves",
            get="connection string of your PostgreSQL server",
            name="DATABASE_URL",
        ),
    ] = None
    redis_address: Annotated[
        RedisAddress | None,
        About(
            "Server that processes of several machines share limits, breakers and caches through.",
            "shared limits, breaker state, cache, celery",
            lost="nothing on one machine: SQLite in AMC_HOME serves",
            get="connection string of your Redis server",
            name="REDIS_URL",
        ),
    ] = None
    executor: Annotated[
        Executor,
        About(
            "Dagster executor of every job; `celery` and `k8s` need PostgreSQL and a shared lake.",
            "every Dagster run",
            name="AMC_EXECUTOR",
            is_planned=True,
        ),
    ] = Executor.IN_PROCESS
    contact: Annotated[
        Contact | None,
        About(
            "Contact in the User-Agent of requests; the SEC refuses requests without one.",
            "requests to the SEC",
            lost="SEC filings, fails to deliver and shares outstanding",
            get="your own e-mail address",
            name="AMC_CONTACT",
        ),
    ] = None
    api_key_encryption_key: Annotated[
        FernetKeys | None,
        About(
            "Encrypts provider keys kept in the key vault; more than one, newest first, while rotating.",
            "the key vault",
            lost="the key vault; keys come from the environment only",
            get='python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
        ),
    ] = None
    allow_biased_float: Annotated[
        Flag,
        About(
            "Use a float from a later date than the day scored; marked biased in every output.",
            "float of past days",
            name="AMC_ALLOW_BIASED_FLOAT",
        ),
    ] = False
    simulation_seed: Annotated[
        int,
        Field(ge=0, le=2**32 - 1),
        About(
            "Seed of the simulated market; the same seed is the same market.",
            "the simulated market",
            name="AMC_SIMULATION_SEED",
        ),
    ] = 20_210_128


class DevelopmentVariables(VariableGroup):
    """Development: values that replace their namesakes when AMC_ENV=dev."""

    GROUP: ClassVar[str] = "Development (only when AMC_ENV=dev)"

    dev_discovery_frequency_minutes: Annotated[
        Minutes,
        About("Replaces DISCOVERY_FREQUENCY_MINUTES.", "discovery while developing", unit="minutes"),
    ] = 5
    dev_max_candidates: Annotated[
        int,
        Field(ge=1, le=1000),
        About("Replaces MAX_CANDIDATES_PER_DISCOVERY.", "discovery while developing", unit="names"),
    ] = 10
    dev_circuit_breaker_disabled: Annotated[
        Flag, About("true: as CIRCUIT_BREAKER_GLOBAL_ENABLED=false.", "breakers while developing")
    ] = True
