"""The words that the code location reads without importing anything are those of the registries."""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.registry import DETECTORS
from amc_assets.strategies.catalog import ABOUT
from amc_assets.strategies.registry import STRATEGIES


def test_every_detector_is_in_the_catalog_in_the_order_of_the_registry() -> None:
    assert list(BUILT.items()) == [(name, item.declaration.doc) for name, item in DETECTORS.items()]


def test_every_strategy_is_in_the_catalog_in_the_order_of_the_registry() -> None:
    assert list(ABOUT) == list(STRATEGIES)
    assert [(about.doc, about.role) for about in ABOUT.values()] == [(s.doc, s.role) for s in STRATEGIES.values()]
