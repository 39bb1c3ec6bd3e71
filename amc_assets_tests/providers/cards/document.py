"""The page docs/contract-cards.md, made from the deck: ``python -m amc_assets_tests.providers.cards.document``."""

from collections.abc import Sequence

from amc_assets_tests.conftest import ROOT
from amc_assets_tests.providers.cards.card import CHECKS, Card
from amc_assets_tests.providers.cards.deck import DECK

HEAD = """# Contract cards

What every dataset must do with good, empty, refused, truncated and odd answers. The id of a check is
`provider.dataset/check`; the suite is `amc_assets_tests/providers/test_contract_cards.py`, the bodies are in
`amc_assets_tests/providers/cards/`. A check that makes no sense for a dataset is a dash, with the reason below.

"""


def markdown(deck: Sequence[Card]) -> str:
    """Return the page."""
    short = [check.replace("_", " ") for check in CHECKS]
    lines = ["| dataset | " + " | ".join(short) + " |", "|---" * (len(CHECKS) + 1) + "|"]
    reasons: list[str] = []
    for card in sorted(deck, key=_name):
        cells = ["-" if check in card.not_applicable else "yes" for check in CHECKS]
        lines.append(f"| `{_name(card)}` | " + " | ".join(cells) + " |")
        reasons += [f"- `{_name(card)}/{check}`: {reason}" for check, reason in sorted(card.not_applicable.items())]
        if card.truncation_hides:
            reasons.append(f"- `{_name(card)}/truncated`: a cut can look whole, {card.truncation_hides}")
    return HEAD + "\n".join([*lines, "", "## Reasons", "", *reasons, ""])


def _name(card: Card) -> str:
    return f"{card.dataset.provider}.{card.dataset.name}"


if __name__ == "__main__":
    (ROOT / "docs" / "contract-cards.md").write_text(markdown(DECK), encoding="utf-8")
