"""One workspace on the market that has everything, shared by the tests that ask it by name."""

from collections.abc import Iterator

import pytest

from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.settings import load_settings
from amc_assets_tests.replay.rich_market import DAY, RichMarket


@pytest.fixture(scope="package")
def rich() -> RichMarket:
    """Return a market with news, filings, halts, lists, chains and rates around one day."""
    return RichMarket()


@pytest.fixture(scope="package")
def workspace(rich: RichMarket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Yield a workspace on that market whose lake has the day's universe."""
    settings = load_settings({"AMC_PLAN": "simulated"}, home=tmp_path_factory.mktemp("operations"))
    with open_workspace(settings, market=rich) as opened:
        ingest_universe(opened, DAY)
        yield opened
