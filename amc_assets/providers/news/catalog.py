"""The datasets of the headline feeds, as data."""

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.news import headlines
from amc_assets.providers.news.table import NEWS_COLUMNS

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        headlines.GLOBENEWSWIRE,
        headlines.PROVIDER,
        "{GLOBENEWSWIRE_BASE_URL}/RssFeed/orgclass/1/feedTitle/...",
        needs_key=False,
        cadence="each refresh",
        columns=NEWS_COLUMNS,
        parse=headlines.parse_globenewswire,
    ),
    Dataset(
        headlines.PRNEWSWIRE,
        headlines.PROVIDER,
        "{PRNEWSWIRE_BASE_URL}/rss/news-releases-list.rss",
        needs_key=False,
        cadence="each refresh",
        columns=NEWS_COLUMNS,
        parse=headlines.parse_prnewswire,
    ),
    Dataset(
        headlines.YAHOO_HEADLINES,
        headlines.PROVIDER,
        "{YAHOO_FEEDS_BASE_URL}/rss/2.0/headline?s=SYMBOL",
        needs_key=False,
        cadence="each refresh, candidates only",
        columns=NEWS_COLUMNS,
        parse=headlines.parse_yahoo_headlines,
        pages="one per symbol",
    ),
)
