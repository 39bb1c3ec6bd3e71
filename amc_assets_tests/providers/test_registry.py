"""The registry is what the documentation prints, and what it says of a dataset is what its parser gives."""

import re
from collections import Counter

from amc_assets.providers.registry import DATASETS, markdown_table
from amc_assets_tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "providers.md"


def test_names_are_unique_per_provider() -> None:
    assert max(Counter((item.provider, item.name) for item in DATASETS).values()) == 1


def test_the_document_holds_the_generated_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(r"<!-- generated: datasets -->\n(.*?)\n<!-- end -->", text, re.DOTALL)
    assert found, "docs/providers.md has lost the marks around its table"
    assert found[1] == markdown_table(), "write markdown_table() of providers/registry.py between the marks"


def test_every_reason_a_row_is_refused_for_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    room = ROOT / "amc_assets" / "providers"
    source = "\n".join(path.read_text(encoding="utf-8") for path in room.rglob("*.py"))
    reasons = set(re.findall(r'rejects\.where\(.*"([a-z_0-9]+)", describe\)', source))
    reasons |= set(re.findall(r'before_parsing\(\{"([a-z_]+)"', source))
    reasons |= set(re.findall(r'(?:return|else) .*"([a-z0-9]+_[a-z_0-9]+)"$', source, re.MULTILINE))
    assert reasons >= {"wrong_date", "not_utf8", "unreadable_field", "unreadable_row", "conflicting_duplicate"}
    section = text[text.index("## Refused rows") : text.index("## Reading in pages")]
    documented = set(re.findall(r"^\| `([a-z_0-9]+)` \|", section, re.MULTILINE))
    assert reasons == documented


def test_units_are_in_the_names() -> None:
    suffix = {"shares": "_shares", "USD": "_usd", "exchange date": "_date", "flag": "is_"}
    for item in DATASETS:
        for name, unit in item.columns:
            for word, mark in suffix.items():
                if unit == word or unit.startswith(word + ","):
                    assert name.endswith(mark) or name.startswith(mark), (item.name, name, unit)
