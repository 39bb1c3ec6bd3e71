"""Calibration files: every number in them does something, unknown keys are refused, the hash follows the content."""

import copy
import json
import tomllib
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from amc_assets.strategies.calibration import (
    CALIBRATION_FOLDER,
    Calibration,
    CalibrationRefused,
    load_calibration,
    parse_calibration,
)
from amc_assets.strategies.explain import explain_many, head
from amc_assets.strategies.gates import SESSIONS
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.score import score_all
from amc_assets_tests.strategies.snapshots import universe

NAMES = tuple(STRATEGIES)
SNAPSHOT = universe(2500, 17, missing_frac=0.04)
# Numbers that cannot show, each with its reason; one that shows after all must leave the list.
SILENT = {
    # a curve that is flat from .6 on ends at any x alike
    "unified_detectors": {"detectors.squeeze.components.options_gamma.terms.iv_percentile_frac.points.3.0"},
    # a float has no fewer than zero shares
    "hybrid_v1": {
        "detectors.squeeze.components.float_bonus.terms.float_shares.points.0.0",
        "detectors.squeeze.components.float_bonus.terms.float_shares.points.1.0",
    },
    # below the first step its score holds too
    "legacy_v0": {
        "detectors.vigl.components.volume.terms.volume_spike_max.points.0.0",
        "detectors.vigl.components.momentum.terms.change_1d_frac.points.0.0",
        "detectors.vigl.components.atr.terms.atr14_sma_frac.points.0.0",
    },
    "fuel_ignition": set(),
}
# In a sum the share is the best score of its curve: one of the two alone can only be refused.
TIED = ("components.uptrend.terms.up_days.points.3.1", "components.uptrend.terms.change_5d_frac.points.3.1")


def raw(name: str):
    return tomllib.loads((CALIBRATION_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def parse(name: str, content) -> Calibration:
    return parse_calibration(content, STRATEGIES[name].declarations, name, strategy=name)


def leaves(node, path: tuple = ()) -> Iterator[tuple]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def replaced(content, path: tuple, value):
    changed = copy.deepcopy(content)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


def at(content, path: tuple):
    for key in path:
        content = content[key]
    return content


def mutations(value) -> list:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return ["pass" if value == "reject" else f"{value}_changed"]
    return [value * 1.15 + 0.01, value * 0.85 - 0.01, value * 1.002, value * 0.4, value * 2 + 3]


def outputs(name: str, calibration: Calibration) -> Iterator[bytes]:
    """Everything a person sees, session by session, without the hash."""
    for session in SESSIONS:
        result = score_all(SNAPSHOT, [name], session, calibrations={name: calibration})[name]
        arrays = [result.score, result.confidence, result.rank, result.passed, result.action_codes]
        arrays += [a for g in result.gates for a in (g.passed, g.evaluated, np.nan_to_num(g.values, nan=-9))]
        shown = head(result) | {"calibration_hash": ""}
        names = explain_many(result, SNAPSHOT, SNAPSHOT.symbols[:3].tolist())
        yield b"".join(a.tobytes() for a in arrays) + json.dumps([shown, names]).encode()


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_changes_an_output_or_is_refused(name):
    content = raw(name)
    before = list(outputs(name, parse(name, content)))
    silent = {".".join(map(str, p)) for p in leaves(content) if not _shows(name, content, p, before)}
    off = {s for s in silent if name == "hybrid_v1" and _path_is_off(content, s)}
    assert silent - off == SILENT[name]


def _path_is_off(content, leaf: str) -> bool:
    parts = leaf.split(".")
    return (
        parts[0] == "gates"
        and parts[2] == "paths"
        and not content["gates"][int(parts[1])]["paths"][int(parts[3])].get("enabled", True)
    )


def _shows(name: str, content, path: tuple, before: list[bytes]) -> bool:
    refused = False
    for value in mutations(at(content, path)):
        try:
            changed = parse(name, replaced(content, path, value))
            if any(a != b for a, b in zip(before, outputs(name, changed), strict=True)):
                return True
        except (CalibrationRefused, ValueError):
            refused = True
    return refused and ("points" not in path or ".".join(map(str, path)).endswith(TIED))


def test_the_mutation_test_sees_a_dead_number():
    """Planted fault: a band that an earlier one covers can never be reached."""
    content = raw("legacy_v0")
    place = ("detectors", "vigl", "components", "price", "terms", "close_usd", "points")
    at(content, place).append([4.0, 5.0, 0.3])
    before = list(outputs("legacy_v0", parse("legacy_v0", content)))
    assert not _shows("legacy_v0", content, (*place, 3, 2), before)
    assert _shows("legacy_v0", content, (*place, 0, 2), before)


def test_the_switched_off_path_works_when_switched_on():
    content = raw("hybrid_v1")
    gate = next(g for g in content["gates"] if g["name"] == "squeeze_path")
    gate["paths"][2]["enabled"] = True
    before, after = (next(outputs("hybrid_v1", parse("hybrid_v1", c))) for c in (raw("hybrid_v1"), content))
    assert before != after


def tables(node, path: tuple = ()) -> Iterator[tuple]:
    if isinstance(node, dict):
        yield path
        for key, value in node.items():
            yield from tables(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from tables(value, (*path, index))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_key_is_refused_in_every_table(name):
    content = raw(name)
    accepted = []
    for path in tables(content):
        changed = copy.deepcopy(content)
        at(changed, path)["surprise"] = 1.0
        try:
            parse(name, changed)
        except CalibrationRefused as refused:
            assert str(refused).startswith(name)  # noqa: PT017 - the loop collects what was accepted
        else:
            accepted.append(path)
    assert accepted == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("confidence", "floor"), 1.5, "confidence.floor is 1.5"),
        (("confidence", "session_adjustment"), {"regular": 1.0}, "session_adjustment names"),
        (("entry", "watchlist_score"), 0.8, "below watchlist_score"),
        (("detectors", "squeeze", "weight"), 0.3, "detectors: weights add to"),
        (("gates", 0, "name"), "price", "gate names repeat"),
        (("gates", 0, "kind"), "firm", "Invalid enum value 'firm'"),
        (("gates", 0, "limit"), "1", "Expected `float | array`"),
        (("strategy",), "hybrid_v1", "is the calibration of hybrid_v1"),
        (("sources",), {}, "sources"),
    ],
)
def test_bounds(path, value, sentence):
    with pytest.raises(CalibrationRefused, match=sentence):
        parse_calibration(
            replaced(raw("unified_detectors"), path, value),
            STRATEGIES["unified_detectors"].declarations,
            "unified_detectors.toml",
            strategy="unified_detectors",
        )


def test_hash_follows_the_content_and_not_the_layout(tmp_path):
    text = (CALIBRATION_FOLDER / "legacy_v0.toml").read_text(encoding="utf-8")
    (tmp_path / "legacy_v0.toml").write_text("# a remark\n" + text.replace("0.70", "0.7"), encoding="utf-8")
    shipped = load_calibration("legacy_v0")
    assert load_calibration("legacy_v0", tmp_path).calibration_hash == shipped.calibration_hash
    (tmp_path / "legacy_v0.toml").write_text(text.replace("watchlist_score = 0.70", "watchlist_score = 0.71"))
    assert load_calibration("legacy_v0", tmp_path).calibration_hash != shipped.calibration_hash
    assert len({load_calibration(name).calibration_hash for name in NAMES}) == len(NAMES)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(CalibrationRefused, match="no strategy is called 'nobody'"):
        load_calibration("nobody")
    with pytest.raises(CalibrationRefused, match="restore the file"):
        load_calibration("legacy_v0", tmp_path)
    (tmp_path / "legacy_v0.toml").write_text("= 1")
    with pytest.raises(CalibrationRefused, match="not valid TOML"):
        load_calibration("legacy_v0", tmp_path)


def test_a_calibration_cannot_be_changed_in_place():
    with pytest.raises(AttributeError):
        load_calibration("legacy_v0").entry.watchlist_score = 0.1


def test_legacy_without_its_flags_is_refused():
    content = raw("legacy_v0")
    del content["risk"]
    calibration = parse("legacy_v0", content)
    with pytest.raises(ValueError, match="needs the WOLF flags"):
        score_all(SNAPSHOT, ["legacy_v0"], "regular", calibrations={"legacy_v0": calibration})


def test_a_calibration_survives_a_round_trip():
    for name in NAMES:
        calibration = load_calibration(name)
        again = msgspec.convert(json.loads(msgspec.json.encode(calibration)), Calibration)
        assert again.calibration_hash == calibration.calibration_hash
