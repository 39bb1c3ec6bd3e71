"""`amc fetch`: one dataset through the one road, into the lake where it feeds a table."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from amc_assets.commands.output import CommandError, Exit, print_json, print_table, result, say
from amc_assets.commands.session import date_of
from amc_assets.settings import Settings

if TYPE_CHECKING:
    from amc_assets.pipeline.fetching import Answered
    from amc_assets.pipeline.outcome import Ingested
    from amc_assets.providers.dataset import Dataset
    from amc_assets.providers.exchange import Fetched

Json = dict[str, Any]
PREVIEW_ROWS = 10
STORED_COLUMNS = ("table", "partition", "rows", "rows_new", "source", "age_seconds", "absent_reason", "absent_detail")


def fetch(settings: Settings, name: str, day_text: str, symbol: str, *, as_json: bool) -> None:
    """Fetch a dataset and print what came; exit 3 when it is not published, 1 when it failed. Raises CommandError."""
    from amc_assets.market.errors import MarketError
    from amc_assets.pipeline.fetching import Ask, NotFetchableError, dataset_named, fetch_dataset, why_not
    from amc_assets.pipeline.workspace import open_workspace
    from amc_assets.providers.errors import NotFound, NotYetPublished, ProviderError

    asked = date_of(day_text) if day_text else None
    try:
        dataset = dataset_named(name)
        if (reason := why_not(dataset, symbol)) is not None:
            raise CommandError(reason, Exit.USAGE)
        day = asked or _present_day(dataset)
        with open_workspace(settings) as workspace:
            answered = fetch_dataset(dataset, Ask(workspace, day, symbol))
            now = workspace.clock_for(day).now()
    except (NotFetchableError, MarketError) as error:
        raise CommandError(str(error), Exit.USAGE) from error
    except (NotFound, NotYetPublished) as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    except ProviderError as error:
        raise CommandError(str(error), Exit.FAILED) from error
    found = as_object(answered, now) | {"date": day.isoformat(), "symbol": symbol or None}
    if as_json:
        print_json(found)
    else:
        _print(found)
    _end(answered)


def _present_day(dataset: "Dataset") -> date:
    """Return the day that stands for the present. Raises CommandError (usage) for a dataset that is of a day."""
    from amc_assets.clock import SystemClock
    from amc_assets.market.calendar import last_complete_session
    from amc_assets.pipeline.fetching import needs_date

    if needs_date(dataset):
        raise CommandError(f"{dataset.name} is of one day. Next: add --date YYYY-MM-DD", Exit.USAGE)
    return last_complete_session(SystemClock().now())


def as_object(answered: "Answered", now: datetime) -> Json:
    """Return what `--json` prints: the same keys whether the rows were stored or shown."""
    head: Json = {"dataset": answered.dataset.name, "provider": answered.dataset.provider}
    if answered.shown is not None:
        return head | _shown(answered.shown, now)
    stored = [_stored(item, now) for item in answered.stored]
    rejected: dict[str, int] = {}
    for item in answered.stored:
        for reason, count in item.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + count
    return head | {
        "rows": sum(item.rows for item in answered.stored),
        "rejected": rejected,
        "samples": [text for item in answered.stored for text in item.samples],
        "notes": {name: text for item in answered.stored for name, text in item.notes.items()},
        "source": "+".join(dict.fromkeys(item.source for item in answered.stored if item.source)) or None,
        "age_seconds": min((row["age_seconds"] for row in stored if row["age_seconds"] is not None), default=None),
        "is_cached": False,
        "stored": stored,
        "preview": [],
    }


def _shown(fetched: "Fetched", now: datetime) -> Json:
    parsed = fetched.parsed
    return {
        "rows": parsed.table.num_rows,
        "rejected": dict(parsed.rejected),
        "samples": list(parsed.samples),
        "notes": dict(parsed.notes),
        "source": fetched.source,
        "age_seconds": round(max((now - fetched.fetched_at).total_seconds(), 0.0), 1),
        "is_cached": fetched.is_cached,
        "stored": [],
        "preview": parsed.table.slice(0, PREVIEW_ROWS).to_pylist(),
    }


def _stored(item: "Ingested", now: datetime) -> Json:
    age = None if item.known_at is None else round(max((now - item.known_at).total_seconds(), 0.0), 1)
    return {
        "table": item.table,
        "partition": item.partition,
        "rows": item.rows,
        "rows_new": item.rows_new,
        "source": item.source or None,
        "age_seconds": age,
        "absent_reason": str(item.absence.reason) if item.absence else None,
        "absent_detail": item.absence.detail if item.absence else None,
    }


def _print(found: Json) -> None:
    what = f"{found['provider']}.{found['dataset']} {found['date']}"
    cached = " (a kept copy)" if found["is_cached"] else ""
    age = "-" if found["age_seconds"] is None else f"{found['age_seconds']:g} s"
    result(f"{what} · {found['rows']} rows · source {found['source'] or '-'}{cached} · age {age}")
    if found["stored"]:
        print_table("stored in the lake", found["stored"], STORED_COLUMNS)
    elif not found["preview"]:
        say("no rows: the answer was empty, or everything it would bring is in the lake already")
    if found["preview"]:
        print_table(f"first {len(found['preview'])} rows, not stored", found["preview"], list(found["preview"][0]))
    if found["rejected"]:
        rows = [{"reason": reason, "rows": count} for reason, count in found["rejected"].items() if count]
        print_table("rejected", rows, ("reason", "rows"))
        for sample in found["samples"][:PREVIEW_ROWS]:
            say(f"rejected: {sample}")
    for name, text in found["notes"].items():
        say(f"note {name}: {text}")


def _end(answered: "Answered") -> None:
    """End with an exit code when nothing of what was asked for came."""
    from amc_assets.reasons import Reason

    absent = [item.absence for item in answered.stored if item.absence is not None]
    if not absent or len(absent) < len(answered.stored):
        return
    code = Exit.NOT_FOUND if all(item.reason is Reason.NOT_PUBLISHED for item in absent) else Exit.FAILED
    what = "nothing was stored" if absent[0].reason is Reason.IMPLAUSIBLE_FEED else "nothing came"
    raise CommandError(f"{what}: {absent[0].reason}: {absent[0].detail}", code)
