"""Contract cards of this provider."""

from amc_assets_tests.providers.cards.card import Card

CARDS: tuple[Card, ...] = ()
