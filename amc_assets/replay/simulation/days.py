"""Days of the simulation by date: the one place that makes blocks on first use, safe for several threads."""

from bisect import bisect_right
from datetime import date
from threading import RLock

from amc_assets.market.calendar import is_session, session_on_or_before
from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.blocks import Block, Simulation
from amc_assets.replay.simulation.events import Event
from amc_assets.replay.simulation.timeline import quarter_number


class Days:
    """Finds blocks, rows and events for the days from ``first_day`` to ``last_day``."""

    def __init__(self, simulation: Simulation, first_day: date, last_day: date) -> None:
        self.simulation = simulation
        self.first_day = first_day
        self.last_day = last_day
        self._lock = RLock()
        positions = enumerate(simulation.population.names.symbols.tolist())
        self._position_of: dict[str, int] = {symbol: position for position, symbol in positions}

    @property
    def seed(self) -> int:
        """Seed of the simulation."""
        return self.simulation.seed

    def position(self, symbol: str) -> int | None:
        """Return the position of ``symbol`` in the population; None for an unknown one."""
        return self._position_of.get(symbol)

    def holds(self, day: date) -> bool:
        """Return whether ``day`` is a session of the range."""
        return self.first_day <= day <= self.last_day and is_session(day)

    def find(self, day: date) -> tuple[Block, int] | None:
        """Return the block of a session and its row there; None outside the range or without a session."""
        return self.at(day) if self.holds(day) else None

    def at(self, day: date) -> tuple[Block, int]:
        """Return the block and row of the last session on or before ``day``."""
        session = session_on_or_before(day)
        block = self.blocks_to(quarter_number(session))[-1]
        return block, bisect_right(block.quarter.sessions, session) - 1

    def block(self, day: date) -> Block:
        """Return the block of the last session on or before ``day``."""
        return self.at(day)[0]

    def blocks_to(self, number: int) -> list[Block]:
        """Return the blocks up to quarter ``number``, made now if need be."""
        with self._lock:
            while len(self.simulation.blocks) <= number:
                self.simulation.extend()
            return self.simulation.blocks[: number + 1]

    def session(self, index: int) -> date:
        """Return the session of an index since the origin."""
        starts = [quarter.first_index for quarter in self.simulation.quarters]
        quarter = self.simulation.quarters[bisect_right(starts, index) - 1]
        return quarter.sessions[index - quarter.first_index]

    def closes_before(self, day: date) -> FloatArray | None:
        """Return the closes as traded of the session before a session, shape (symbols,); None for the very first."""
        block, row = self.at(day)
        if row == 0:
            number = block.quarter.number
            if number == 0:
                return None
            block = self.blocks_to(number - 1)[-1]
        closes: FloatArray = block.paths.close_usd[row - 1]
        return closes

    def events_on(self, day: date) -> list[tuple[Event, int]]:
        """Return the events under way on a session, each with the number of the session in it, in planned order."""
        block, row = self.at(day)
        index = block.quarter.first_index + row
        with self._lock:
            events = list(self.simulation.events)
        return [
            (event, index - event.first_index) for event in events if event.first_index <= index <= event.last_index
        ]

    def events_of(self, block: Block) -> list[Event]:
        """Return the events that touch a quarter, in planned order."""
        first = block.quarter.first_index
        with self._lock:
            events = list(self.simulation.events)
        return [
            event
            for event in events
            if event.last_index >= first and event.first_index < first + len(block.quarter.sessions)
        ]
