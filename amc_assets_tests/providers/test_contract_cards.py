"""Every dataset passes the same contract: parametrised over the deck of cards, one id per dataset and check."""

import logging
from pathlib import Path

import pytest

from amc_assets.providers.registry import DATASETS
from amc_assets_tests.conftest import ROOT
from amc_assets_tests.providers.cards import checks, document
from amc_assets_tests.providers.cards.card import CHECKS, Card
from amc_assets_tests.providers.cards.deck import DECK

NAMES = {id(card): f"{card.dataset.provider}.{card.dataset.name}" for card in DECK}
every_card = pytest.mark.parametrize("card", DECK, ids=[NAMES[id(card)] for card in DECK])


def cases(*names: str) -> list[object]:
    """Return one parameter set (card, check) per card that answers a check, with its public id."""
    return [
        pytest.param(card, check, id=f"{NAMES[id(card)]}/{check}")
        for card in DECK
        for check in names
        if check in checks.answered(card) and check not in card.not_applicable
    ]


def test_there_is_a_card_for_every_dataset_and_only_one() -> None:
    assert sorted(NAMES.values()) == sorted(f"{dataset.provider}.{dataset.name}" for dataset in DATASETS)


@every_card
def test_every_check_is_answered_or_says_why_not(card: Card) -> None:
    assert set(card.not_applicable) <= set(CHECKS)
    assert all(len(reason.split()) >= 2 for reason in card.not_applicable.values())
    both = checks.answered(card) & set(card.not_applicable)
    assert both <= {"request_shape", "truncated"}, "a check is either done or not applicable"
    assert checks.answered(card) | set(card.not_applicable) == set(CHECKS)


@pytest.mark.parametrize(("card", "check"), cases(*checks.SIMPLE))
def test_contract(card: Card, check: str, tmp_path: Path) -> None:
    checks.SIMPLE[check](card, tmp_path)


@pytest.mark.parametrize(("card", "check"), cases(*checks.BODIES))
def test_contract_of_bodies(card: Card, check: str) -> None:
    bodies = checks.BODIES[check](card)
    for body in bodies.values():
        assert body.body != card.good.body
        checks.expect(card, body)


@pytest.mark.parametrize(("card", "check"), cases(*checks.STATUSES))
def test_contract_of_statuses(card: Card, check: str, tmp_path: Path) -> None:
    assert card.statuses[check].status == int(check)
    checks.refused(card, tmp_path, card.statuses[check])


@pytest.mark.parametrize(("card", "check"), cases("key_in_no_output"))
def test_contract_of_secrets(card: Card, check: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    checks.key_in_no_output(card, tmp_path, caplog)


NO_DATA = {
    "html": b"<!DOCTYPE html><html><body>Will be right back</body></html>",
    "xml": b"\n\n  <?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "text": b"Too Many Requests", "bytes": b"\x00\xff\xfe garbage", "null": b"null", "number": b"12",
    "string": b'"text"', "nested": b"[" * 100_000, "other object": b'{"hello": "world"}',
}  # fmt: skip


@every_card
@pytest.mark.parametrize("body", NO_DATA.values(), ids=NO_DATA)
def test_a_200_that_is_no_data_is_refused(card: Card, body: bytes) -> None:
    with pytest.raises(checks.ProviderError) as caught:
        checks.parse(card, body)
    assert caught.value.provider == card.dataset.provider
    assert str(caught.value).isprintable()


def test_the_document_lists_every_check_of_every_dataset() -> None:
    text = (ROOT / "docs" / "contract-cards.md").read_text(encoding="utf-8")
    assert text == document.markdown(DECK), "write it: python -m amc_assets_tests.providers.cards.document"
