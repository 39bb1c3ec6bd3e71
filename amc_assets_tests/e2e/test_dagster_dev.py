"""What a user does after `amc demo`: open Dagster, see the history, materialise a day, by API and by mouse."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from amc_assets_tests.e2e.conftest import Server, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

RUN_SECONDS = 240.0
LOCATION = {"repositoryName": "__repository__", "repositoryLocationName": "amc_assets.definitions"}

HISTORY = """query ($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
  assetMaterializations(limit: 20) { partition runId metadataEntries { label } } } } }"""
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status assets { key { path } } } } }"
RUNS = "{ runsOrError(limit: 20) { ... on Runs { results { runId status } } } }"
DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
SCHEDULES = """{ repositoryOrError(repositorySelector: {repositoryName: "__repository__",
  repositoryLocationName: "amc_assets.definitions"}) { ... on Repository {
  schedules { name scheduleState { status } } } } }"""


def materialisations(server: Server, asset: str) -> list[dict[str, Any]]:
    """Return the newest materialisations of an asset."""
    found = server.ask(HISTORY, key={"path": asset.split("/")})["assetOrError"]
    events: list[dict[str, Any]] = found.get("assetMaterializations", [])
    return events


def launch(server: Server, job: str, session: str) -> str:
    """Launch one partition of a job through the daemon's queue and return the id of the run."""
    parameters = {
        "selector": {**LOCATION, "pipelineName": job},
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": session}]},
    }
    answer = server.ask(LAUNCH, params=parameters)["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    return str(answer["run"]["runId"])


def finished(server: Server, run_id: str) -> str:
    """Wait for the end of a run and return its status."""

    def ended() -> str:
        status = str(server.ask(STATUS, id=run_id)["runOrError"]["status"])
        return status if status in {"SUCCESS", "FAILURE", "CANCELED"} else ""

    return str(wait_for(ended, RUN_SECONDS, f"run {run_id}"))


@pytest.mark.parametrize("asset", ["universe", "daily_bars", "price_panel", "candidates", "discovery_report"])
def test_history_of_the_demo_is_there(server: Server, asset: str) -> None:
    """`amc demo` wrote into the storage that `dagster dev` opened: both sessions are materialised."""
    assert set(server.sessions) <= {event["partition"] for event in materialisations(server, asset)}


def test_schedules_run_and_daemons_live(server: Server) -> None:
    """Nobody has to switch anything on."""
    found = server.ask(SCHEDULES)["repositoryOrError"]["schedules"]
    assert {schedule["scheduleState"]["status"] for schedule in found} == {"RUNNING"}
    assert {"discovery_refresh", "finra_daily_short_volume", "finra_weekly_short_interest"} <= {
        schedule["name"] for schedule in found
    }

    def healthy() -> bool:
        daemons = server.ask(DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(daemon["healthy"] for daemon in daemons if daemon["required"])

    wait_for(healthy, 60, "healthy daemons")


def test_a_launched_session_succeeds(server: Server) -> None:
    """The job of the schedule, for the demo's last session, in a process of its own: queue, launch, run, record."""
    before = len(materialisations(server, "candidates"))
    run_id = launch(server, "discovery_refresh_job", server.sessions[-1])
    assert finished(server, run_id) == "SUCCESS"
    events = materialisations(server, "candidates")
    assert len(events) == before + 1
    assert events[0]["runId"] == run_id
    assert {"top_candidates", "funnel", "plot", "market"} <= {entry["label"] for entry in events[0]["metadataEntries"]}
    assert list((server.home / "dagster" / "logs").rglob("*.err"))


@pytest.mark.browser
def test_a_day_is_materialised_by_mouse(server: Server, page: "Page") -> None:
    """Open `candidates`, read its list, press Materialize, launch the selected session, and see the run succeed."""
    before = {run["runId"] for run in server.ask(RUNS)["runsOrError"]["results"]}
    page.goto(f"{server.url}/assets/candidates?view=partitions&partition={server.sessions[0]}")
    page.get_by_text("watchlist_score").wait_for(timeout=60_000)  # last row of the funnel; tables are drawn late
    shown = page.inner_text("body")
    assert "SIMULATED" in shown
    assert re.search(r"\b1\s+[A-Z.]+\s+0\.\d{3}\s+0\.\d{3}", shown), "the ranked list is not readable on the page"
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Launch 1 run").click()

    def launched() -> str:
        runs = {run["runId"] for run in server.ask(RUNS)["runsOrError"]["results"]}
        return next(iter(runs - before), "")

    run_id = str(wait_for(launched, 60, "the run that the button launched"))
    assert finished(server, run_id) == "SUCCESS"
    page.goto(f"{server.url}/runs/{run_id}")
    page.get_by_text("Success").first.wait_for(timeout=60_000)


@pytest.mark.browser
def test_the_picture_of_a_run_is_drawn(server: Server, page: "Page") -> None:
    """The picture travels as text in the event: the page must show it, not its base64."""
    page.goto(f"{server.url}/assets/candidates?view=partitions&partition={server.sessions[-1]}")
    page.get_by_text("top_candidates").wait_for(timeout=60_000)
    page.get_by_text("Show Markdown").last.click()
    picture = page.locator("img[src^='data:image/png;base64']").last
    picture.wait_for(timeout=30_000)
    wait_for(lambda: picture.evaluate("image => image.naturalWidth") > 400, 10, "the picture")


@pytest.mark.browser
def test_pages_load_nothing_from_outside(server: Server, page: "Page") -> None:
    """No request leaves the machine, no first-visit form asks for an address."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/assets/candidates")
    page.get_by_text("Latest materialization").first.wait_for(timeout=60_000)
    assert page.get_by_text("Join the Dagster community").count() == 0
    outside = [url for url in asked if not url.startswith((server.url, "data:", "blob:"))]
    assert outside == []
