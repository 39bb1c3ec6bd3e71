"""The rules across days as the Markdown table of docs/feed-checks.md."""

from amc_assets.pipeline.feed_checks.limits import FeedLimits
from amc_assets.pipeline.feed_checks.rules import RULES


def rules_table(limits: FeedLimits) -> str:
    """Return one row per table and rule, with its limits."""
    lines = ["| table | rule | what is measured | allowed | days back |", "|---|---|---|---|---:|"]
    for table, rules in RULES.items():
        own = limits.tables[table]
        for rule in rules:
            allowed = own.rules[rule.name]
            lines.append(
                f"| `{table}` | `{rule.name}` | {rule.about} | {allowed.least:g} to {allowed.most:g} | "
                f"{own.most_days_apart} |"
            )
    return "\n".join(lines)
