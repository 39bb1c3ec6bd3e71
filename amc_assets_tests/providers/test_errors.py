"""The tree of errors: complete over httpx, said once in the code and once in the documentation, safe to pickle."""

import inspect
import pickle
import re

import httpx
import pybreaker
import pytest
import tenacity

from amc_assets.providers import errors
from amc_assets.providers.errors import PermanentError, ProviderError, RateLimited, TransientError
from amc_assets.providers.road.answers import HTTPX_ERRORS, counts_against_provider, from_httpx, worth_retrying
from amc_assets.reasons import Reason
from amc_assets_tests.conftest import ROOT
from amc_assets_tests.providers.roads import KEY, ask

CLASSES = {
    name: item for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, ProviderError)
}
LEAVES = {name: item for name, item in CLASSES.items() if item not in (ProviderError, PermanentError, TransientError)}


def _all_httpx_exceptions() -> list[type[Exception]]:
    return sorted(
        (item for item in vars(httpx).values() if inspect.isclass(item) and issubclass(item, Exception)),
        key=lambda item: item.__name__,
    )


def _an(error: type[Exception]) -> Exception:
    request = httpx.Request("GET", f"https://example.test/?apiKey={KEY}")
    if error is httpx.HTTPStatusError:
        return error("status", request=request, response=httpx.Response(500))  # type: ignore[call-arg]
    return error() if not inspect.signature(error).parameters else error(f"broke at {request.url} apiKey={KEY}")


def test_httpx_still_has_the_exceptions_we_looked_at() -> None:
    assert len(_all_httpx_exceptions()) >= 25


@pytest.mark.parametrize("theirs", _all_httpx_exceptions(), ids=lambda item: item.__name__)
def test_every_httpx_exception_becomes_one_of_ours_without_its_url(theirs) -> None:
    ours = from_httpx(_an(theirs), ask())
    assert type(ours) in LEAVES.values()
    assert KEY not in str(ours)
    assert ours.__cause__ is None
    assert ours.__context__ is None


def test_the_map_of_httpx_has_no_entry_that_an_earlier_one_hides() -> None:
    for position, (theirs, _, _) in enumerate(HTTPX_ERRORS):
        assert not any(issubclass(theirs, earlier) for earlier, _, _ in HTTPX_ERRORS[:position]), theirs


def test_every_exception_the_transport_catches_is_in_the_map() -> None:
    caught = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
    assert all(issubclass(item, caught) for item in _all_httpx_exceptions())


def test_every_leaf_is_permanent_or_transient_and_only_one_of_them() -> None:
    assert len(LEAVES) == 13
    for name, leaf in LEAVES.items():
        assert issubclass(leaf, PermanentError) != issubclass(leaf, TransientError), name
        assert isinstance(leaf.reason, Reason)


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_an_error_says_what_and_what_next_and_survives_pickling(leaf) -> None:
    error = leaf("finra", "short_interest", "GET x was answered 500", "wait")
    error.add("attempt 3 of 3")
    text = "finra.short_interest: GET x was answered 500 (attempt 3 of 3). Next: wait"
    assert str(error) == text
    assert str(pickle.loads(pickle.dumps(error))) == text  # noqa: S301 - our own bytes


def test_a_retry_after_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(RateLimited("a", "b", "c", "d", retry_after_seconds=7.5)))  # noqa: S301
    assert error.retry_after_seconds == 7.5


def test_only_what_seconds_can_heal_is_retried_and_only_illness_counts_for_the_breaker() -> None:
    def an(leaf: type[ProviderError]) -> ProviderError:
        return leaf("p", "d", "a", "n")

    assert {name for name, leaf in LEAVES.items() if worth_retrying(an(leaf))} == {
        "Unreachable", "ServerFault", "RateLimited",
    }  # fmt: skip
    assert {name for name, leaf in LEAVES.items() if counts_against_provider(an(leaf))} == {
        "Unreachable", "ServerFault", "RateLimited", "TooLarge", "MalformedBody",
    }  # fmt: skip


def test_errors_of_tenacity_and_pybreaker_never_reach_a_caller() -> None:
    # the transport asks tenacity to re-raise ours, and the breaker turns pybreaker's into BreakerOpen
    assert not issubclass(tenacity.RetryError, ProviderError)
    assert not issubclass(pybreaker.CircuitBreakerError, ProviderError)


def _tree(text: str) -> list[str]:
    return re.findall(r"^\s*[│├└─ ]*\b([A-Z][A-Za-z]+)\b", text, re.MULTILINE)


def _printed(text: str) -> list[str]:
    return _tree(re.split(r"\n\n|```", text[text.index("ProviderError\n") :], maxsplit=1)[0])


def test_the_docstring_and_the_documentation_draw_the_tree_of_the_code() -> None:
    drawn = _printed(inspect.getdoc(errors) or "")
    assert sorted(drawn) == sorted(CLASSES)
    documented = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert _printed(documented) == drawn
    for name, leaf in LEAVES.items():
        row = re.search(rf"^\| `{name}` \|.*\|$", documented, re.MULTILINE)
        assert row, f"docs/errors.md has no row for {name}"
        assert f"`{leaf.reason.value}`" in row[0]
        assert ("retried" in row[0]) == worth_retrying(leaf("p", "d", "a", "n")), name
        assert ("counts" in row[0]) == counts_against_provider(leaf("p", "d", "a", "n")), name
