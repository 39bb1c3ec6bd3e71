"""Reading a FINRA query: body or query string to a typed Query, and the sentences it is refused with.

Filters beyond the partition key and the symbol are refused with 400 rather than ignored: an ignored filter would answer
a question nobody asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

MAX_LIMIT = 5000
MAX_OFFSET = 500_000
FIELDS = (
    "accountingYearMonthNumber", "symbolCode", "issueName", "issuerServicesGroupExchangeCode", "marketClassCode",
    "currentShortPositionQuantity", "previousShortPositionQuantity", "stockSplitFlag", "averageDailyVolumeQuantity",
    "daysToCoverQuantity", "revisionFlag", "changePercent", "changePreviousNumber", "settlementDate",
)  # fmt: skip
DAILY_FIELDS = (
    "tradeReportDate", "securitiesInformationProcessorSymbolIdentifier", "shortParQuantity", "shortExemptParQuantity",
    "totalParQuantity", "marketCode", "reportingFacilityCode",
)  # fmt: skip
THRESHOLD_FIELDS = (
    "tradeDate", "issueSymbolIdentifier", "issueName", "marketClassCode", "thresholdListFlag", "regShoThresholdFlag",
)  # fmt: skip


@dataclass(frozen=True)
class QuerySpec:
    """The fields of one dataset, and which of them are its partition key and its ticker."""

    fields: tuple[str, ...]
    partition_field: str
    symbol_field: str


SHORT_INTEREST = QuerySpec(FIELDS, "settlementDate", "symbolCode")
DAILY = QuerySpec(DAILY_FIELDS, "tradeReportDate", "securitiesInformationProcessorSymbolIdentifier")
THRESHOLD = QuerySpec(THRESHOLD_FIELDS, "tradeDate", "issueSymbolIdentifier")

_COMPARE: dict[str, Callable[[date, date], bool]] = {
    "EQUAL": date.__eq__,
    "EQUALS": date.__eq__,
    "NOT_EQUAL": date.__ne__,
    "GREATER": date.__gt__,
    "LESSER": date.__lt__,
    "GTE": date.__ge__,
    "LTE": date.__le__,
}


class QueryRefused(ValueError):
    """A query that FINRA would answer with 400; the text is the message of the body."""


class CompareFilter(msgspec.Struct, rename="camel"):
    """One comparison of a field with a value."""

    field_name: str
    field_value: str
    compare_type: str = "EQUAL"


class DateRangeFilter(msgspec.Struct, rename="camel"):
    """An inclusive range of dates."""

    field_name: str
    start_date: str
    end_date: str


class DomainFilter(msgspec.Struct, rename="camel"):
    """A list of values of which one must match."""

    field_name: str
    values: list[str]


class Query(msgspec.Struct, rename="camel"):
    """The body of a query; every key is optional."""

    fields: list[str] = []
    compare_filters: list[CompareFilter] = []
    date_range_filters: list[DateRangeFilter] = []
    domain_filters: list[DomainFilter] = []
    sort_fields: list[str] = []
    limit: int = 1000
    offset: int = 0


def read_query(body: bytes, params: Mapping[str, str], spec: QuerySpec = SHORT_INTEREST) -> Query:
    """Return the query of a request: its JSON body, or ``limit``, ``offset`` and ``fields`` of a GET.

    Raises QueryRefused with FINRA's kind of sentence when it is malformed or out of bounds.
    """
    try:
        query = msgspec.json.decode(body, type=Query) if body else _from_params(params)
    except (msgspec.DecodeError, ValueError) as error:
        raise QueryRefused(f"Invalid request body. {error}") from error
    if not 1 <= query.limit <= MAX_LIMIT:
        raise QueryRefused(f"Invalid limit {query.limit}. The limit must be between 1 and {MAX_LIMIT}.")
    if not 0 <= query.offset <= MAX_OFFSET:
        raise QueryRefused(f"Invalid offset {query.offset}. The offset must be between 0 and {MAX_OFFSET}.")
    unknown = [name for name in query.fields if name not in spec.fields]
    if unknown:
        raise QueryRefused(f"Invalid field name(s): {', '.join(unknown)}.")
    if query.sort_fields:
        _check_sort(query, spec)
    return query


def select_partitions(query: Query, available: list[date], spec: QuerySpec = SHORT_INTEREST) -> list[date]:
    """Return the partition dates of ``available`` that every filter of ``query`` lets through."""
    kept = available
    for compare in query.compare_filters:
        if compare.field_name == spec.symbol_field:
            continue
        test, value = _comparison(compare.compare_type), _date_of(compare.field_name, compare.field_value, spec)
        kept = [day for day in kept if test(day, value)]
    for between in query.date_range_filters:
        first = _date_of(between.field_name, between.start_date, spec)
        last = _date_of(between.field_name, between.end_date, spec)
        kept = [day for day in kept if first <= day <= last]
    return kept


def wanted_symbols(query: Query, spec: QuerySpec = SHORT_INTEREST) -> set[str] | None:
    """Return the symbols that the filters of ``query`` allow; None when every symbol is wanted."""
    groups: list[set[str]] = []
    for domain in query.domain_filters:
        if domain.field_name != spec.symbol_field:
            raise QueryRefused(f"Filtering by {domain.field_name} is not supported; filter by {spec.symbol_field}.")
        groups.append(set(domain.values))
    for compare in query.compare_filters:
        if compare.field_name == spec.symbol_field:
            if compare.compare_type.upper() not in {"EQUAL", "EQUALS"}:
                raise QueryRefused(f"Invalid compareType {compare.compare_type} for {spec.symbol_field}.")
            groups.append({compare.field_value})
    return set.intersection(*groups) if groups else None


def _check_sort(query: Query, spec: QuerySpec) -> None:
    equals = {"EQUAL", "EQUALS"}
    if not any(
        compare.field_name == spec.partition_field and compare.compare_type.upper() in equals
        for compare in query.compare_filters
    ):
        raise QueryRefused(f"Sorting needs an EQUAL filter on the partition key {spec.partition_field}.")
    if query.sort_fields != [spec.symbol_field]:
        raise QueryRefused(f"Sorting by {', '.join(query.sort_fields)} is not supported; sort by {spec.symbol_field}.")


def _from_params(params: Mapping[str, str]) -> Query:
    fields = [name for name in params.get("fields", "").split(",") if name]
    return Query(fields=fields, limit=int(params.get("limit", "1000")), offset=int(params.get("offset", "0")))


def _comparison(name: str) -> Callable[[Any, Any], bool]:
    try:
        return _COMPARE[name.upper()]
    except KeyError:
        raise QueryRefused(f"Invalid compareType {name}. Use one of {', '.join(_COMPARE)}.") from None


def _date_of(field_name: str, text: str, spec: QuerySpec) -> date:
    if field_name != spec.partition_field:
        raise QueryRefused(f"Filtering by {field_name} is not supported; filter by {spec.partition_field}.")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise QueryRefused(
            f"Invalid date field format. {field_name} must be yyyy-MM-dd or yyyy-MM-dd HH:mm:ss.SSS, not {text!r}."
        ) from None
