"""What is planted: the day-by-day shape of a squeeze's whole life and of the decoys that look like one.

An event adds to log return and log volume, calms or leaves the symbol's own noise, and moves the short position towards
a target. Arrays have shape (sessions of the event,).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from amc_assets.replay.market import FloatArray


class EventKind(StrEnum):
    """Squeezes are the truth to be found; everything else is a decoy."""

    SQUEEZE = "squeeze"
    FIZZLE = "fizzle"  # the same build-up and first day, then nothing
    PUMP = "pump"  # the same run without shorts
    NEWS = "news"  # one day of volume and price that fades


@dataclass(frozen=True)
class Event:
    """One planted event; session indices count from the simulation's origin and may be negative before it."""

    kind: EventKind
    position: int
    first_index: int
    ignition_index: int
    peak_index: int
    end_index: int
    peak_frac: float
    log_return: FloatArray
    log_volume: FloatArray
    noise_scale: FloatArray
    short_ratio: FloatArray
    short_weight: FloatArray
    short_target_frac: float

    @property
    def last_index(self) -> int:
        """Last session on which it has any effect."""
        return self.first_index + len(self.log_return) - 1


TAIL_SESSIONS = 45  # short interest and volume come back to normal over two months after the collapse
LONGEST_BUILD_UP_SESSIONS = 40


def squeeze(rng: np.random.Generator, position: int, ignition_index: int) -> Event:
    """Return a squeeze: weeks of build-up, ignition of 1-2 sessions, run of 1-4 to the peak, collapse in days."""
    build, ignite = int(rng.integers(20, LONGEST_BUILD_UP_SESSIONS + 1)), int(rng.integers(1, 3))
    run, fall = int(rng.integers(1, 5)), int(rng.integers(3, 9))
    ignition_frac = rng.uniform(0.15, 0.60)
    peak_frac = float(np.exp(rng.normal(np.log(1.5), 0.45)).clip(0.8, 4.0))
    fall_frac = rng.uniform(0.30, 0.70)
    log_return = np.concatenate([
        np.zeros(build),
        _spread(rng, np.log1p(ignition_frac), ignite),
        _spread(rng, np.log1p(peak_frac) - np.log1p(ignition_frac), run),
        _spread(rng, np.log1p(-fall_frac), fall),
        np.zeros(TAIL_SESSIONS),
    ])  # fmt: skip
    log_volume = np.concatenate([
        np.linspace(0.0, 0.35, build),
        np.log(rng.uniform(5, 20, ignite)),
        np.log(rng.uniform(6, 25, run)),
        np.linspace(np.log(rng.uniform(6, 15)), np.log(3), fall),
        np.linspace(np.log(2.5), 0.0, TAIL_SESSIONS),
    ])  # fmt: skip
    cover = np.linspace(1.0, 0.35, fall + 4)  # shorts buy back into the collapse; the next settlement shows it
    weight = np.concatenate([
        np.linspace(0.0, 1.0, build), np.ones(ignite), np.linspace(1.0, 0.9, run), cover,
        np.linspace(0.35, 0.0, TAIL_SESSIONS - 4),
    ])  # fmt: skip
    return _event(
        EventKind.SQUEEZE, position, ignition_index, build=build, rise=ignite + run, fall=fall,
        peak_frac=peak_frac, log_return=log_return, log_volume=log_volume, weight=weight,
        short_target_frac=0.25 + 0.55 * rng.beta(1.3, 2.5),
    )  # fmt: skip


def fizzle(rng: np.random.Generator, position: int, ignition_index: int) -> Event:
    """Return a build-up whose first strong day finds no followers; the shorts stay."""
    build, fall = int(rng.integers(20, LONGEST_BUILD_UP_SESSIONS + 1)), int(rng.integers(3, 8))
    frac = float(rng.uniform(0.12, 0.35))
    log_return = np.concatenate(
        [
            np.zeros(build),
            [np.log1p(frac)],
            _spread(rng, -rng.uniform(0.5, 1.1) * np.log1p(frac), fall),
            np.zeros(TAIL_SESSIONS),
        ]
    )
    log_volume = np.concatenate(
        [
            np.linspace(0.0, 0.35, build),
            [np.log(rng.uniform(4, 10))],
            np.linspace(1.0, 0.2, fall),
            np.zeros(TAIL_SESSIONS),
        ]
    )
    weight = np.concatenate([np.linspace(0.0, 1.0, build), np.ones(1 + fall), np.linspace(1.0, 0.0, TAIL_SESSIONS)])
    target = 0.22 + 0.4 * rng.beta(1.3, 2.5)
    return _event(
        EventKind.FIZZLE, position, ignition_index, build=build, rise=1, fall=fall, peak_frac=frac,
        log_return=log_return, log_volume=log_volume, weight=weight, short_target_frac=target,
    )  # fmt: skip


def pump(rng: np.random.Generator, position: int, ignition_index: int) -> Event:
    """Return a run without shorts: up in 1-3 sessions, down in a few more."""
    rise, fall = int(rng.integers(1, 4)), int(rng.integers(2, 7))
    peak_frac, fall_frac = float(rng.uniform(0.4, 2.0)), rng.uniform(0.35, 0.65)
    log_return = np.concatenate(
        [_spread(rng, np.log1p(peak_frac), rise), _spread(rng, np.log1p(-fall_frac), fall), np.zeros(10)]
    )
    log_volume = np.concatenate(
        [np.log(rng.uniform(8, 40, rise)), np.linspace(np.log(10), np.log(2), fall), np.linspace(0.6, 0.0, 10)]
    )
    return _event(
        EventKind.PUMP, position, ignition_index, build=0, rise=rise, fall=fall, peak_frac=peak_frac,
        log_return=log_return, log_volume=log_volume, weight=np.zeros(len(log_return)),
    )  # fmt: skip


def news(rng: np.random.Generator, position: int, ignition_index: int) -> Event:
    """Return one day of news: a jump either way on several times the volume, part of which fades."""
    jump = float(np.clip(rng.normal(0.02, 0.12), -0.3, 0.4))
    fade, fall = rng.uniform(0.0, 0.8), int(rng.integers(3, 9))
    log_return = np.concatenate([[np.log1p(jump)], _spread(rng, -fade * np.log1p(jump), fall)])
    log_volume = np.concatenate([[np.log(rng.uniform(2.5, 9))], np.linspace(0.9, 0.0, fall)])
    return _event(
        EventKind.NEWS, position, ignition_index, build=0, rise=1, fall=fall, peak_frac=jump,
        log_return=log_return, log_volume=log_volume, weight=np.zeros(len(log_return)),
    )  # fmt: skip


def _event(
    kind: EventKind,
    position: int,
    ignition_index: int,
    *,
    build: int,
    rise: int,
    fall: int,
    peak_frac: float,
    log_return: FloatArray,
    log_volume: FloatArray,
    weight: FloatArray,
    short_target_frac: float = 0.0,
) -> Event:
    noise_scale, short_ratio = np.ones(len(log_return)), np.zeros(len(log_return))
    noise_scale[:build] = 0.7  # a build-up is quiet
    short_ratio[:build] = np.linspace(0.0, 0.10, build)
    short_ratio[build : build + rise] = 0.06
    peak_index = ignition_index + rise - 1
    return Event(
        kind, position, ignition_index - build, ignition_index, peak_index, peak_index + fall, peak_frac, log_return,
        log_volume, noise_scale, short_ratio, weight, float(short_target_frac),
    )  # fmt: skip


def _spread(rng: np.random.Generator, total: float, sessions: int) -> FloatArray:
    """Return ``sessions`` parts of ``total`` of uneven size, all of its sign."""
    return total * rng.dirichlet(np.full(sessions, 3.0))
