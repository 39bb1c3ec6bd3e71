"""Every contract card."""

from amc_assets_tests.providers.cards import alpha_vantage, finra, nasdaq, news, nyse, polygon, sec, treasury, yahoo
from amc_assets_tests.providers.cards.card import Card

DECK: tuple[Card, ...] = (
    *alpha_vantage.CARDS,
    *finra.CARDS,
    *nasdaq.CARDS,
    *news.CARDS,
    *nyse.CARDS,
    *polygon.CARDS,
    *sec.CARDS,
    *treasury.CARDS,
    *yahoo.CARDS,
)
