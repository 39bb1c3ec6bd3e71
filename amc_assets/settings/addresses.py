"""Where state lives: the forms of DATABASE_URL, REDIS_URL and AMC_LAKE_URL, and one spelling of each."""

from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

from pydantic import AfterValidator, SecretStr

from amc_assets.settings.about import Kind

_POSTGRES = ("postgresql+psycopg2", "postgresql", "postgres")
_REDIS = ("redis", "rediss", "unix")


def _database(value: SecretStr) -> SecretStr:
    scheme, separator, rest = value.get_secret_value().partition("://")
    if not separator or scheme not in (*_POSTGRES, "sqlite"):
        raise ValueError(
            "must start with postgresql://, postgres://, postgresql+psycopg2:// or sqlite:/// "
            "(no other driver is installed)"
        )
    if not rest.isprintable():
        raise ValueError("must hold printable characters only")
    if scheme == "sqlite":
        path = rest.partition("?")[0]
        if not path.startswith("/"):
            raise ValueError("must have three slashes and a file, as in sqlite:///folder/amc.db")
        if path.startswith("/file:"):
            raise ValueError("must name a plain file, not a file: address")
        if path.removeprefix("/") in {"", ":memory:"} or "mode=memory" in rest:
            raise ValueError("must name a file: a database in memory is lost to every other process")
    elif rest.strip("/") == "":
        raise ValueError("must name a database, as in postgresql://user@host/amc")
    return value


def _redis(value: SecretStr) -> SecretStr:
    scheme, separator, rest = value.get_secret_value().partition("://")
    if not separator or scheme not in _REDIS or not rest.strip("/"):
        raise ValueError("must start with redis://, rediss:// or unix:// and name a server")
    if not rest.isprintable() or " " in rest:
        raise ValueError("must hold printable characters without spaces")
    return value


def _lake(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not value.isprintable():
        raise ValueError("must hold printable characters only")
    if separator and scheme not in {"s3", "file"}:
        raise ValueError("must be a folder or an s3:// address")
    if separator and not rest.strip("/"):
        raise ValueError("must name a bucket or a folder")
    if separator and scheme == "file" and not rest.startswith("/"):
        raise ValueError("must have three slashes, as in file:///folder")
    if scheme == "s3" and ("@" in rest or "?" in rest):
        raise ValueError("must hold no credentials and no query: object storage reads its own credentials")
    return value.rstrip("/") or "/"


DatabaseAddress = Annotated[SecretStr, AfterValidator(_database), Kind("a postgresql:// or sqlite:/// address")]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis), Kind("a redis://, rediss:// or unix:// address")]
LakeAddress = Annotated[str, AfterValidator(_lake), Kind("a folder or an s3:// address")]


def normal_database(address: str | None, home: Path) -> str:
    """Return the one spelling of a database address that SQLAlchemy and dagster-postgres both take.

    SQLAlchemy 2.1 reads `postgresql://` as psycopg 3, which dagster-postgres does not ship (dagster#33958).
    Everything after the scheme is kept, the socket form (`postgresql:///amc?host=/run/postgresql`) included.
    A relative SQLite file becomes absolute: processes with other working directories must find the same one. The file
    in ``home`` is the one of that literal name, whatever signs it holds.
    """
    if address is None:
        return sqlite_address(home.absolute() / "amc.db")
    scheme, _, rest = address.partition("://")
    if scheme != "sqlite":
        return f"postgresql+psycopg2://{rest}"
    path, question, query = rest.removeprefix("/").partition("?")
    return f"{sqlite_address(Path(unquote(path)).absolute())}{question}{query}"


def sqlite_address(file: Path) -> str:
    """Return the address of an SQLite file; ``%`` and ``?`` of its path mean something else there and are escaped."""
    escaped = str(file).replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{escaped}"


def normal_lake(address: str | None, home: Path) -> str:
    """Return the lake's place: an absolute folder, or the s3:// address as given.

    A ``file://`` address is decoded as DATABASE_URL is, a plain path is literal.
    """
    if address is None:
        return str(home.absolute() / "lake")
    if address.startswith("s3://"):
        return address
    is_address = address.startswith("file://")
    return str(Path(unquote(address.removeprefix("file://")) if is_address else address).absolute())


def masked(address: str) -> str:
    """Return an address with everything after the scheme hidden; a user name or password may be anywhere."""
    scheme, separator, _ = address.partition("://")
    return f"{scheme}://****" if separator else "****"
