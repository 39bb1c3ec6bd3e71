"""The SEC as it is asked: never without a contact, its two block pages told apart, pages of filings, missing files."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from amc_assets.providers.errors import (
    MalformedBody,
    NotFound,
    NotYetPublished,
    ProviderError,
    RateLimited,
    Unauthorized,
)
from amc_assets.providers.sec.answer import PAUSE_SECONDS
from amc_assets.providers.sec.client import Sec
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.sec import (
    CIK,
    HALF,
    NO_SUCH_KEY,
    TOO_FAST,
    UNDECLARED,
    entry,
    fact,
    facts,
    fail,
    fails_file,
    feed,
    page,
    tickers,
)
from amc_assets_tests.providers.roads import QUICK, Handler, Road, in_turn, open_road

SINCE = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
CALLS = {
    "filings": lambda sec: sec.filings("8-K", SINCE),
    "company_tickers": lambda sec: sec.company_tickers(),
    "company_facts": lambda sec: sec.company_facts(CIK),
    "fails_to_deliver": lambda sec: sec.fails_to_deliver(HALF),
    "fails_index": lambda sec: sec.fails_index(),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def sec_on(folder, handler: Handler, *, has_contact: bool = True) -> tuple[Sec, Road]:
    """Return a client whose far end is ``handler``."""
    road = open_road(folder, handler, {"sec": QUICK})
    return Sec(road.transport, BASE, BASE, has_contact), road


@every_call
def test_without_a_contact_nothing_is_asked(tmp_path, call) -> None:
    sec, road = sec_on(tmp_path, in_turn(httpx.Response(200)), has_contact=False)
    with pytest.raises(Unauthorized, match="AMC_CONTACT"):
        call(sec)
    assert road.asked == []


@every_call
@pytest.mark.parametrize("status", [403, 429, 200])
def test_an_undeclared_tool_is_told_to_declare_itself_and_not_to_try_again(tmp_path, call, status) -> None:
    sec, road = sec_on(tmp_path, in_turn(httpx.Response(status, content=UNDECLARED)))
    with pytest.raises(Unauthorized, match="AMC_CONTACT"):
        call(sec)
    assert len(road.asked) == 1


@every_call
@pytest.mark.parametrize("status", [403, 429, 200])
def test_over_the_threshold_the_whole_provider_pauses_for_ten_minutes(tmp_path, call, status) -> None:
    sec, road = sec_on(tmp_path, in_turn(httpx.Response(status, content=TOO_FAST)))
    with pytest.raises(RateLimited) as caught:
        call(sec)
    assert caught.value.retry_after_seconds == PAUSE_SECONDS == 600
    assert len(road.asked) == 1  # ten minutes are longer than the budget of one call
    assert road.audit.calls[-1].rate_limited


def test_a_429_that_says_when_is_believed(tmp_path) -> None:
    slow = httpx.Response(429, content=TOO_FAST, headers={"Retry-After": "7"})
    sec, road = sec_on(tmp_path, in_turn(slow, httpx.Response(200, content=tickers([(1, "A", "A")]))))
    assert sec.company_tickers().parsed.table.num_rows == 1
    assert sum(road.slept) >= 7


@pytest.mark.parametrize(
    ("body", "error"),
    [(NO_SUCH_KEY, NotFound), (b"<Error><Code>AccessDenied</Code></Error>", NotFound), (b"Forbidden", Unauthorized)],
)
def test_another_403_is_a_missing_file_or_a_refusal(tmp_path, body, error) -> None:
    sec, _ = sec_on(tmp_path, in_turn(httpx.Response(403, content=body)))
    with pytest.raises(ProviderError) as caught:
        sec.company_facts(CIK)
    assert type(caught.value) is error


def test_the_two_addresses_and_the_user_agent(tmp_path) -> None:
    road = sec_on(tmp_path, in_turn(httpx.Response(200, content=facts([fact(0)]))))[1]
    other = Sec(road.transport, "https://www.test", "https://data.test/", has_contact=True)
    assert other.company_facts("1326380").parsed.table.num_rows == 1
    assert str(road.asked[0].url) == f"https://data.test/api/xbrl/companyfacts/CIK{CIK}.json"
    assert road.asked[0].headers["user-agent"] == "amc_assets tests"


class TestFilings:
    """Pages of the feed, back to an instant."""

    def pages(self, folder, entries: list[str], since: datetime, shift: int = 0) -> tuple[object, Road]:
        """Read a feed of ``entries`` that moves on by ``shift`` entries with every page asked for."""
        asked: list[int] = []

        def handler(request: httpx.Request) -> httpx.Response:
            start = max(0, int(request.url.params["start"]) - shift * len(asked))
            asked.append(start)
            return httpx.Response(200, content=feed(entries[start : start + 100]))

        sec, road = sec_on(folder, handler)
        return sec.filings("8-K", since), road

    def entries(self, count: int) -> list[str]:
        """Return entries one minute apart, newest first."""
        newest = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
        return [
            entry(n, updated=(newest - timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%S+00:00"), items="8.01")
            for n in range(count)
        ]

    @pytest.mark.parametrize(("minutes", "asked"), [(10, 1), (98, 1), (99, 2), (150, 2), (199, 3), (10_000, 4)])
    def test_it_is_read_back_to_the_instant_and_no_further(self, tmp_path, minutes, asked) -> None:
        since = datetime(2026, 11, 20, 23, 0, tzinfo=UTC) - timedelta(minutes=minutes)
        fetched, road = self.pages(tmp_path, self.entries(350), since)
        starts = [request.url.params["start"] for request in road.asked]
        assert starts == [str(100 * n) for n in range(asked)]
        assert fetched.parsed.table.num_rows == min(100 * asked, 350)
        assert fetched.parsed.notes["is_complete"] == "true"
        assert fetched.parsed.notes["pages"] == str(asked)

    def test_ten_pages_are_the_end_and_it_says_so(self, tmp_path) -> None:
        fetched, road = self.pages(tmp_path, self.entries(1300), datetime(2020, 1, 1, tzinfo=UTC))
        assert len(road.asked) == 10
        assert fetched.parsed.table.num_rows == 1000
        assert fetched.parsed.notes["is_complete"] == "false"
        assert fetched.parsed.notes["entries_received"] == "1000"

    def test_a_feed_that_moves_on_while_it_is_read_gives_each_filing_once(self, tmp_path) -> None:
        fetched, _ = self.pages(tmp_path, self.entries(250), datetime(2020, 1, 1, tzinfo=UTC), shift=3)
        ids = fetched.parsed.table.column("item_id").to_pylist()
        assert len(ids) == len(set(ids)) == 250
        assert fetched.parsed.notes["repeated_filings"] == "6"
        assert fetched.parsed.rejected == {}

    def test_roles_on_both_sides_of_a_page_border_are_one_filing(self, tmp_path) -> None:
        entries = self.entries(140)
        same = {"accession": "0000320193-26-009999", "updated": "2026-11-20T21:21:00+00:00"}
        entries[99] = entry(500, role="Filed by", cik="0000000001", **same)
        entries[100] = entry(500, role="Subject", cik="0000000002", **same)
        fetched, _ = self.pages(tmp_path, entries, datetime(2020, 1, 1, tzinfo=UTC))
        rows = [row for row in fetched.parsed.table.to_pylist() if row["item_id"] == same["accession"]]
        assert [row["cik"] for row in rows] == ["0000000002"]
        assert fetched.parsed.table.num_rows == 139

    def test_a_failed_page_fails_the_whole_read(self, tmp_path) -> None:
        first = httpx.Response(200, content=feed(self.entries(100)))
        sec, _ = sec_on(tmp_path, in_turn(first, httpx.Response(200, content=b"<html>oops</html>")))
        with pytest.raises(MalformedBody):
            sec.filings("8-K", datetime(2020, 1, 1, tzinfo=UTC))

    def test_an_instant_without_a_zone_is_refused(self, tmp_path) -> None:
        sec, road = sec_on(tmp_path, in_turn(httpx.Response(200, content=feed([]))))
        with pytest.raises(ValueError, match="no time zone"):
            sec.filings("8-K", datetime(2026, 11, 20))  # noqa: DTZ001 - the fault under test
        assert road.asked == []


class TestMissingFails:
    """A file that is not where files usually are."""

    ROWS = (fail(0), fail(1))

    def read(self, folder, links: list[str], half: date = HALF) -> tuple[object, list[str]]:
        """Ask for the file of ``half`` when the page has these links and the usual folder is empty."""

        def handler(request: httpx.Request) -> httpx.Response:
            if request.url.path.startswith("/data-research/"):
                return httpx.Response(200, content=page(links))
            found = request.url.path.startswith("/files/node/")
            return (
                httpx.Response(200, content=fails_file(self.ROWS)) if found else httpx.Response(404, content=b"<html>")
            )

        sec, road = sec_on(folder, handler)
        try:
            answer: object = sec.fails_to_deliver(half)
        except ProviderError as error:
            answer = error
        return answer, [request.url.path for request in road.asked]

    def test_it_is_found_in_another_folder_of_the_same_host(self, tmp_path) -> None:
        fetched, asked = self.read(tmp_path, ["https://elsewhere.test/files/node/x/cnsfails202610a_0.zip"])
        assert fetched.parsed.table.num_rows == 2
        assert asked == [
            "/files/data/fails-deliver-data/cnsfails202610a.zip",
            "/data-research/sec-markets-data/fails-deliver-data",
            "/files/node/x/cnsfails202610a_0.zip",
        ]

    @pytest.mark.parametrize(
        ("half", "error"),
        [(date(2026, 10, 1), NotYetPublished), (date(2026, 9, 1), NotFound), (date(2003, 1, 1), NotFound)],
        ids=["newer than all", "left out", "older than all"],
    )
    def test_it_is_not_out_yet_or_never(self, tmp_path, half, error) -> None:
        links = ["/files/cnsfails202609b.zip", "/files/cnsfails202608b.zip"]
        answer, _ = self.read(tmp_path, links, half)
        assert type(answer) is error

    def test_a_file_that_the_page_links_where_it_is_missing_is_not_asked_for_again(self, tmp_path) -> None:
        answer, asked = self.read(tmp_path, ["/files/data/fails-deliver-data/cnsfails202610a.zip"])
        assert type(answer) is NotFound
        assert len(asked) == 2

    def test_an_empty_page_is_told(self, tmp_path) -> None:
        answer, _ = self.read(tmp_path, [])
        assert type(answer) is NotFound
        assert "links none" in str(answer)

    def test_when_the_page_fails_too_both_are_told(self, tmp_path) -> None:
        sec, _ = sec_on(tmp_path, in_turn(httpx.Response(404), httpx.Response(200, content=b"<html>moved</html>")))
        with pytest.raises(NotFound, match=r"cnsfails202610a.*the page links no file"):
            sec.fails_to_deliver(HALF)
