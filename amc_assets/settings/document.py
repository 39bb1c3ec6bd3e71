"""The variables as people see them: the registry, the table of docs/configuration.md, `amc config show`."""

import json
import types
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from amc_assets.settings.about import NOT_SET, About, Kind, VariableDoc
from amc_assets.settings.addresses import masked
from amc_assets.settings.base import VariableGroup
from amc_assets.settings.names import Plan
from amc_assets.settings.plans import ENVIRONMENT_DEFAULTS, PLAN_LIMITS, RATE_VARIABLES, plan_values

if TYPE_CHECKING:
    from amc_assets.settings.model import Settings

_NUMBERS: Mapping[Any, str] = {int: "a whole number", float: "a number", str: "text"}


def variables() -> tuple[VariableDoc, ...]:
    """Return every variable there is, in the order of the docs; the name is the environment's."""
    from amc_assets.settings.model import Settings  # noqa: PLC0415 - model imports limits, which need no docs

    groups = [base for base in Settings.__bases__ if issubclass(base, VariableGroup)]
    return tuple(_doc(group.GROUP, field, info) for group in groups for field, info in group.model_fields.items())


def _doc(group: str, field: str, info: FieldInfo) -> VariableDoc:
    metadata = list(_metadata(info))
    about = next(item for item in metadata if isinstance(item, About))
    kind = next((item.text for item in metadata if isinstance(item, Kind)), None)
    return VariableDoc(
        name=about.name or field.upper(),
        field=field,
        group=group,
        kind=kind or _kind(info.annotation),
        bounds=_bounds(metadata),
        default=_text(info.get_default(call_default_factory=True)),
        unit=about.unit,
        is_secret=_holds_secret(info.annotation),
        does=about.does,
        affects=about.affects,
        lost=about.lost,
        get=about.get,
        is_planned=about.is_planned,
    )


def _metadata(info: FieldInfo) -> Iterator[Any]:
    # In `Annotated[X | None, About(...)]` the marks of X sit inside the union.
    yield from info.metadata
    for part in _union_parts(info.annotation):
        yield from getattr(part, "__metadata__", ())


def _union_parts(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) in {Union, types.UnionType}
    return get_args(annotation) if is_union else (annotation,)


def _holds_secret(annotation: Any) -> bool:
    parts = _union_parts(annotation)
    return any(part is SecretStr or getattr(part, "__origin__", None) is SecretStr for part in parts)


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return "one of " + ", ".join(annotation)
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(get_args(annotation))
    return _NUMBERS[annotation]


def _bounds(metadata: list[Any]) -> str:
    low = {type(item).__name__: item for item in metadata}
    if "Gt" in low and "Le" in low:
        return f"above {low['Gt'].gt}, at most {low['Le'].le}"
    if "Ge" in low and "Le" in low:
        return f"from {low['Ge'].ge} to {low['Le'].le}"
    return f"of at most {low['MaxLen'].max_length} characters" if "MaxLen" in low else ""


def _text(value: object) -> str:
    if value is None:
        return NOT_SET
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return json.dumps({key: int(weight) if weight == int(weight) else weight for key, weight in value.items()})
    return str(value)


def describe_settings(settings: "Settings") -> list[dict[str, str]]:
    """Return one row per variable: `name`, `value`, `origin`, `effect`; no secret is in it."""
    unlimited = {name for provider, name in RATE_VARIABLES.items() if settings.limits(provider).is_unlimited}
    rows = []
    for doc in variables():
        value = "unlimited (replay server)" if doc.name in unlimited else _shown(settings, doc)
        origin = "plan" if doc.name in unlimited else settings.origins.get(doc.name, "default")
        rows.append({"name": doc.name, "value": value, "origin": origin, "effect": _effect(doc)})
    return rows


def _effect(doc: VariableDoc) -> str:
    return "none in this version" if doc.is_planned else "yes"


def _shown(settings: "Settings", doc: VariableDoc) -> str:
    value = getattr(settings, doc.field)
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value()) if doc.name in {"DATABASE_URL", "REDIS_URL"} else "****"
    if value is None and doc.name == "DATABASE_URL":
        return settings.database_url
    if doc.name == "AMC_LAKE_URL":
        return settings.lake_url
    return _text(value)


def configuration_table() -> str:
    """Return the variables as Markdown, one table per group; docs/configuration.md holds exactly this."""
    lines: list[str] = []
    group = ""
    for doc in variables():
        if doc.group != group:
            group = doc.group
            lines += ["", f"### {group}", "", "| variable | value | default | what it does | without it |"]
            lines.append("|---|---|---|---|---|")
        cells = (f"`{doc.name}`", _value_cell(doc), _default_cell(doc), doc.meaning, _without_cell(doc))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).strip() + "\n"


def _value_cell(doc: VariableDoc) -> str:
    unit = f"; {doc.unit}" if doc.unit else ""
    return f"{doc.rule}{unit}{'; secret' if doc.is_secret else ''}"


def _default_cell(doc: VariableDoc) -> str:
    own = NOT_SET if doc.default == NOT_SET else f"`{doc.default}`"
    others = [
        f"plan {plan}: `{plan_values(plan)[doc.name]}`"
        for plan in Plan
        if str(plan_values(plan).get(doc.name, doc.default)) != doc.default
    ]
    if any(RATE_VARIABLES.get(provider) == doc.name for provider in PLAN_LIMITS[Plan.BRIEF]):
        others.append(f"plan {Plan.SIMULATED}: unlimited")
    others += [
        f"{environment}: `{values[doc.name]}`"
        for environment, values in ENVIRONMENT_DEFAULTS.items()
        if doc.name in values
    ]
    return "; ".join([own, *others])


def _without_cell(doc: VariableDoc) -> str:
    lost = doc.lost or ("nothing" if doc.is_planned else "the default holds")
    return f"{lost}. Where to get it: {doc.get}" if doc.get else lost
