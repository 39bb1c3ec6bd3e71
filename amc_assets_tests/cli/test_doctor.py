"""`amc doctor` on a plan that asks: reachability, keys, clock, limits and shared state, each with its next step."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from amc_assets.clock import MarketClock, SystemClock
from amc_assets.market.calendar import new_york
from amc_assets.pipeline.health import Probe
from amc_assets.pipeline.road_state import open_state
from amc_assets.pipeline.sources import road_limits
from amc_assets.providers.road.limiter import SharedLimiter
from amc_assets.replay.server import ReplayServer
from amc_assets.settings import KNOWN_PROVIDERS, load_settings
from amc_assets_tests.cli.conftest import amc
from amc_assets_tests.replay.rich_market import DAY, RichMarket

VALUE = "planted-value-7c1"


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    """Serve the market that has everything, as of the evening of its day."""
    with ReplayServer(RichMarket(), clock=MarketClock(new_york(DAY, 18))) as started:
        yield started


@pytest.fixture
def live(server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home on plan `free` whose providers are the replay server's, as real hosts would be."""
    for name, value in {**server.environment(), "AMC_PLAN": "free", "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "home"


def found(home: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run `amc doctor --json` and return the findings by name."""
    ended = amc("doctor", "--home", home, "--json", *arguments)
    assert ended.code == code, ended.err + ended.out
    return {item["name"]: item for item in json.loads(ended.out)}


def probes(**changed: Probe) -> tuple[Probe, ...]:
    """Return one good probe per provider, some replaced."""
    return tuple(
        changed.get(name, Probe(name, True, True, 12, 0.4, "answered")) for name in KNOWN_PROVIDERS if name != "yahoo"
    )


def planted(monkeypatch: pytest.MonkeyPatch, *answers: Probe) -> None:
    """Make the probes answer as given; the looks at them are what is tested."""
    from amc_assets.commands import doctor

    monkeypatch.setattr(doctor, "probes_of", lambda _settings: answers)


def test_providers_are_asked_through_the_road(live: Path):
    rows = {item["name"]: item for item in json.loads(amc("doctor", "--home", live, "--json").out)}
    answered = [name for name in KNOWN_PROVIDERS if rows[f"provider {name}"]["found"].startswith("answers in ")]
    assert {"finra", "polygon", "alpha_vantage", "nasdaq", "nyse", "news"} <= set(answered), rows
    assert rows["key POLYGON_API_KEY"]["found"] == "set by environment, accepted"
    assert rows["limit alpha_vantage"]["found"].endswith("1 calls today, 24 left")
    assert rows["breaker finra"]["found"] == "closed"
    assert rows["contact"]["status"] == "ok"


def test_offline_asks_nobody(live: Path, monkeypatch: pytest.MonkeyPatch):
    def never(_settings: object) -> None:
        raise AssertionError("a provider was asked")

    from amc_assets.commands import doctor

    monkeypatch.setattr(doctor, "probes_of", never)
    rows = found(live, "--offline")
    assert rows["provider finra"]["found"] == "in use, not asked (--offline)"
    assert rows["key POLYGON_API_KEY"]["found"] == "set by environment, not tried"
    assert "clock" not in rows
    assert rows["limit alpha_vantage"]["found"].endswith("0 calls today, 25 left")


def test_that_guard_sees_a_probe(live: Path, monkeypatch: pytest.MonkeyPatch):
    from amc_assets.commands import doctor

    def never(_settings: object) -> None:
        raise AssertionError("a provider was asked")

    monkeypatch.setattr(doctor, "probes_of", never)
    ended = amc("doctor", "--home", live)
    assert ended.code == 1
    assert "a provider was asked" in ended.talk


def test_refused_key_is_a_problem_and_is_not_shown(live: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POLYGON_API_KEY", VALUE)
    ended = amc("doctor", "--home", live)
    assert ended.code == 4
    assert "provider polygon" in ended.talk
    assert "key POLYGON_API_KEY" in ended.talk
    assert "REFUSED" in ended.out
    assert VALUE not in ended.out + ended.err


def test_unreachable_provider_is_a_problem_with_a_next_step(live: Path, monkeypatch: pytest.MonkeyPatch):
    said = "finra.x: GET x failed: ConnectError. Next: check the network"
    planted(monkeypatch, *probes(finra=Probe("finra", False, None, None, None, said)))
    rows = found(live, code=4)
    assert rows["provider finra"]["status"] == "problem"
    assert rows["provider finra"]["next_step"] == "check the network"


def test_provider_that_was_not_asked_is_a_warning(live: Path, monkeypatch: pytest.MonkeyPatch):
    probe = Probe("alpha_vantage", None, None, None, None, "not asked: 3 calls are left of today's quota")
    planted(monkeypatch, *probes(alpha_vantage=probe))
    rows = found(live)
    assert rows["provider alpha_vantage"]["status"] == "warning"
    assert rows["key ALPHA_VANTAGE_API_KEY"]["found"].endswith("not tried")


@pytest.mark.parametrize(("skew", "status"), [(0.4, "ok"), (-29.0, "ok"), (31.0, "warning"), (-86_400.0, "warning")])
def test_clock_is_compared_with_the_answers(live: Path, monkeypatch: pytest.MonkeyPatch, skew: float, status: str):
    planted(monkeypatch, *[Probe(item.provider, True, True, 1, skew, "answered") for item in probes()])
    assert found(live)["clock"]["status"] == status


def test_one_wrong_host_does_not_make_the_clock_wrong(live: Path, monkeypatch: pytest.MonkeyPatch):
    planted(monkeypatch, *probes(news=Probe("news", True, True, 1, 99_999.0, "answered")))
    assert found(live)["clock"]["status"] == "ok"


def test_no_answer_with_a_time_is_said(live: Path, monkeypatch: pytest.MonkeyPatch):
    planted(monkeypatch, Probe("finra", True, True, 1, None, "answered"))
    assert found(live)["clock"]["status"] == "warning"


def test_spent_quota_is_a_warning(live: Path, monkeypatch: pytest.MonkeyPatch):
    settings = load_settings({"AMC_PLAN": "free", "ALPHA_VANTAGE_API_KEY": "k"}, home=live)
    limits = road_limits(settings, "alpha_vantage")
    SharedLimiter(open_state(settings), SystemClock()).spend_day("alpha_vantage", limits)
    rows = found(live, "--offline")
    assert rows["limit alpha_vantage"]["status"] == "warning"
    assert "midnight" in rows["limit alpha_vantage"]["next_step"]


def test_missing_contact_is_a_warning(live: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AMC_CONTACT")
    planted(monkeypatch, *[item for item in probes() if item.provider != "sec"])
    rows = found(live)
    assert rows["contact"]["status"] == "warning"
    assert rows["provider sec"]["found"] == "in use, not asked without a contact"


def test_lost_redis_is_degraded_and_not_a_problem(live: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", f"redis://:{VALUE}@127.0.0.1:1/0")
    ended = amc("doctor", "--home", live, "--offline")
    assert ended.code == 0, ended.err
    assert "degraded: " in ended.out
    assert VALUE not in ended.out + ended.err


def test_state_that_cannot_be_used_is_a_problem_and_the_rest_is_told(live: Path):
    live.mkdir()
    (live / "providers.db").write_text("no database")
    rows = found(live, "--offline", code=4)
    assert rows["limits"]["status"] == "problem"
    assert rows["database"]["status"] == "warning"


def test_vault_that_cannot_be_opened_is_a_problem_and_the_rest_is_told(live: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", Fernet.generate_key().decode())
    live.mkdir()
    (live / "keys.vault").write_text("torn")
    rows = found(live, "--offline", code=4)
    assert rows["key vault"]["status"] == "problem"
    assert "delete it and add the keys again" in rows["key vault"]["next_step"]
    assert rows["python"]["status"] == "ok"


def test_key_of_the_vault_says_so(live: Path, monkeypatch: pytest.MonkeyPatch):
    from amc_assets.pipeline.vaulted import open_vault

    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", key := Fernet.generate_key().decode())
    monkeypatch.delenv("POLYGON_API_KEY")
    open_vault(load_settings({"API_KEY_ENCRYPTION_KEY": key}, home=live)).add("POLYGON_API_KEY", VALUE)
    assert found(live, "--offline")["key POLYGON_API_KEY"]["found"] == "set by vault, not tried"


def test_every_finding_that_is_not_ok_has_a_next_step(live: Path, monkeypatch: pytest.MonkeyPatch):
    planted(monkeypatch)
    for item in found(live).values():
        assert item["status"] in {"ok", "warning", "problem"}
        assert item["status"] == "ok" or item["next_step"], item


def test_old_schema_is_not_changed_by_a_look(live: Path):
    assert amc("db", "upgrade", "--home", live).code == 0
    assert amc("db", "downgrade", "base", "--home", live).code == 0
    amc("doctor", "--home", live)
    assert "base (no tables)" in amc("db", "current", "--home", live).out


def test_probes_are_in_the_audit(live: Path):
    from amc_assets.store.calls import recent_calls
    from amc_assets.store.engine import open_engine

    assert amc("db", "upgrade", "--home", live).code == 0
    amc("doctor", "--home", live)
    engine = open_engine(load_settings({}, home=live).database_url)
    since = SystemClock().now() - timedelta(minutes=5)
    assert recent_calls(engine, "polygon", since)
    engine.dispose()
