"""The words of the simulated news: own templates by topic and tone, and the hostile text that real feeds also carry."""

import numpy as np

from amc_assets.replay.simulation.stories import Topic

TITLES: dict[tuple[Topic, int], tuple[str, ...]] = {
    (Topic.ROUTINE, 1): (
        "{company} wins {amount} million order from a national customer",
        "{company} receives approval for its newest product line",
        "{company} raises its full-year guidance",
        "{company} and a larger partner agree on a strategic collaboration",
        "{company} board authorizes a {amount} million share repurchase",
        "Analyst upgrades {company}, citing strong demand",
    ),
    (Topic.ROUTINE, 0): (
        "{company} to present at an investor conference in {month}",
        "{company} appoints new member to its board of directors",
        "{company} schedules annual meeting of shareholders",
        "{company} opens new office",
        "{company} publishes its sustainability report",
        "What to know about {company} this week",
    ),
    (Topic.ROUTINE, -1): (
        "{company} receives notice of a shareholder lawsuit",
        "{company} cuts its outlook and warns of weak orders",
        "{company} recalls a product after complaints",
        "{company} discloses an investigation by a regulator",
        "Analyst downgrades {company} on concerns about its debt",
        "{company} chief financial officer resigns",
    ),
    (Topic.RESULTS, 1): (
        "{company} reports record quarterly revenue and beats estimates",
        "{company} posts profit growth of {percent} % for the quarter",
        "{company} results top expectations; margins improve",
    ),
    (Topic.RESULTS, 0): (
        "{company} announces date of its quarterly results",
        "{company} reports quarterly results in line with expectations",
        "{company} to host conference call on quarterly results",
    ),
    (Topic.RESULTS, -1): (
        "{company} misses estimates as costs rise",
        "{company} reports a wider quarterly loss",
        "{company} revenue falls {percent} % in the quarter",
    ),
    (Topic.MOVE, 1): (
        "{company} shares surge on heavy volume",
        "Why {company} stock is soaring today",
        "{company} jumps {percent} % as traders pile in",
        "{company} rallies to its highest price in a year",
        "{company} announces breakthrough and shares soar",
    ),
    (Topic.MOVE, 0): (
        "{company} among the most active stocks of the session",
        "{company} comments on unusual trading of its shares",
        "Trading in {company} draws attention from retail investors",
        "{company} says it knows of no reason for the trading of its shares",
    ),
    (Topic.MOVE, -1): (
        "{company} shares plunge as the rally fades",
        "{company} tumbles {percent} % after a steep run",
        "{company} prices offering of common stock at a discount",
        "Short sellers return to {company} after its collapse",
    ),
    (Topic.MARKET, 1): ("Stocks close higher as yields ease", "Small caps lead a broad advance"),
    (Topic.MARKET, 0): ("Stocks little changed in quiet trading", "Five things to watch in markets this week"),
    (Topic.MARKET, -1): ("Stocks slide on growth worries", "Small caps fall as rates rise"),
}
OUTLETS = ("Harbor Markets Report", "Tape and Ticker Daily", "Lanternlight Investor", "The Midtown Ledger")
_MONTHS = ("January", "March", "May", "June", "September", "November")
_HOSTILE = (
    '<script>document.title="x"</script>',
    '<img src=x onerror="alert(1)">',
    "\u202egnidart fo pot eht ta\u202c",
    '"; DROP TABLE news; --',
    '=HYPERLINK("https://news.example.com/click","open")',
    "caf\u00e9 \u2019quoted\u201d \u200bzero\u200bwidth & ampersand; ]]>",
    "\x1b[31mred\x1b[0m",
)


def title_of(rng: np.random.Generator, topic: Topic, tone: int, company: str) -> str:
    """Return a headline."""
    choices = TITLES[topic, tone]
    return choices[rng.integers(len(choices))].format(
        company=company,
        amount=int(rng.integers(2, 400)),
        percent=int(rng.integers(4, 60)),
        month=_MONTHS[rng.integers(len(_MONTHS))],
    )


def summary_of(rng: np.random.Generator, title: str, company: str) -> str:
    """Return two sentences under a headline."""
    endings = (
        "Further details were not given.",
        f"{company} did not reply to a request for comment.",
        "The statement contains forward-looking information.",
        "The shares were active after the announcement.",
    )
    return f"{title}. {endings[rng.integers(len(endings))]}"


def hostile(rng: np.random.Generator, text: str) -> str:
    """Return ``text`` with something in it that a careless reader would run, render or mirror."""
    return f"{text} {_HOSTILE[rng.integers(len(_HOSTILE))]}"
