"""What the Dagster UI shows about a materialisation: rows, ages, rejects, previews, plots. Numbers stay numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from amc_assets.lake.schema import TableSchema

if TYPE_CHECKING:
    from amc_assets.pipeline.outcome import Ingested

Metadata = dict[str, Any]


def column_schema(schema: TableSchema) -> dg.TableSchema:
    """Return the declared columns for the UI, with unit and meaning."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                str(column.type),
                description=f"{column.description} [{column.unit}]",
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=False),
            )
            for column in schema.columns
        ]
    )


def definition_metadata(schema: TableSchema) -> Metadata:
    """Return what is true of every materialisation of a table."""
    return {
        "lake_table": schema.name,
        "key_columns": ", ".join(schema.key),
        "dagster/column_schema": dg.MetadataValue.table_schema(column_schema(schema)),
    }


def of_ingested(ingested: "Ingested", now: datetime) -> Metadata:
    """Return the metadata of one fetched partition, under 2 kB."""
    shown: Metadata = {
        "dagster/partition_row_count": dg.MetadataValue.int(ingested.rows),
        "rows_new": dg.MetadataValue.int(ingested.rows_new),
        "rows_rejected": dg.MetadataValue.int(ingested.rows_rejected),
    }
    shown |= of_refused([ingested])
    if ingested.absence is not None:
        shown["absent_reason"] = str(ingested.absence.reason)
        shown["absent_detail"] = ingested.absence.detail[:500]
        return shown
    if ingested.known_at is not None:
        shown["known_at"] = dg.MetadataValue.timestamp(ingested.known_at)
        shown["age_hours"] = dg.MetadataValue.float(round((now - ingested.known_at).total_seconds() / 3600, 2))
    shown["source"] = ingested.source
    shown.update({f"note_{name}": text[:200] for name, text in ingested.notes.items()})
    return shown


def of_refused(done: "Sequence[Ingested]") -> Metadata:
    """Return which rows were refused, by reason over all partitions, and a few of them; empty when none were."""
    counts: Counter[str] = Counter()
    for ingested in done:
        counts.update(ingested.rejected)
    samples = [sample for ingested in done for sample in ingested.samples]
    shown: Metadata = {"rejected_by_reason": dg.MetadataValue.md(reason_table(counts))} if counts else {}
    return shown | ({"rejected_samples": " · ".join(samples)[:400]} if samples else {})


def reason_table(counts: Mapping[str, int]) -> str:
    """Return a Markdown table of counts by reason, largest first."""
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
    return "| reason | rows |\n|---|---:|\n" + "\n".join(f"| {reason} | {count} |" for reason, count in rows)


def markdown_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as a Markdown table; cells are escaped so that feed text cannot break out."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in columns) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "–"  # noqa: RUF001 - a dash for a missing value
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value).replace("|", "\\|").replace("\n", " ")
    return text.replace("<", "&lt;").replace("`", "'")[:80]
