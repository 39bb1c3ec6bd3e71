"""Options of a candidate: two charts, the standing of its volatility, the day's trading, or why there is none."""

from dataclasses import dataclass

from markupsafe import Markup

from amc_assets.reasons import MEANING, Reason
from amc_assets.report import figures
from amc_assets.report.candidates import fact_cell
from amc_assets.report.evidence import ChainVolume, Evidence
from amc_assets.report.tables import Cell, Table, columns, rows
from amc_assets.report.volatility import LEAST_HISTORY, history_chart, term_chart


@dataclass(frozen=True)
class OptionsBlock:
    """What the page shows of a candidate's options; sentences say in words what is not there."""

    term: Markup
    history: Markup
    standing: tuple[tuple[str, Cell], ...]
    activity: Table | None
    sentences: tuple[str, ...]


def options_block(symbol: str, evidence: Evidence) -> OptionsBlock:
    """Return the block; a name without a row in the newest chains has one sentence and nothing else."""
    if evidence.volatility is None and evidence.volume is None:
        reason = evidence.fact("iv_30d_frac").reason
        return OptionsBlock(Markup(), Markup(), (), None, (f"No option chain of this name was read: {_why(reason)}",))
    volatility, iv_30d = evidence.volatility, evidence.fact("iv_30d_frac")
    term = Markup() if volatility is None else term_chart(symbol, volatility, iv_30d.value)
    history = Markup() if volatility is None else history_chart(symbol, volatility.history)
    is_known = bool(term or history or iv_30d.value is not None)
    return OptionsBlock(
        term=term,
        history=history,
        standing=_standing(evidence) if is_known else (),
        activity=None if evidence.volume is None else _activity(symbol, evidence.volume, evidence),
        sentences=tuple(_sentences(evidence, has_history=bool(history))),
    )


def _sentences(evidence: Evidence, *, has_history: bool) -> list[str]:
    found: list[str] = []
    volatility, iv_30d = evidence.volatility, evidence.fact("iv_30d_frac")
    if iv_30d.value is None:
        found.append(f"No 30-day implied volatility: {_why(iv_30d.reason)}")
    elif volatility is not None and not has_history:
        observed = sum(iv_frac is not None for _, iv_frac in volatility.history)
        found.append(f"No history to draw yet: {observed} of the {LEAST_HISTORY} sessions that a line needs.")
    if volatility is not None and volatility.is_calendar_arbitrage:
        found.append(
            "Total variance falls between the two expiries around 30 days: quotes of the two do not fit together, "
            "or an event ends in between. The 30-day value has less confidence."
        )
    return found


def _standing(evidence: Evidence) -> tuple[tuple[str, Cell], ...]:
    return (
        ("30-day volatility", fact_cell(evidence.fact("iv_30d_frac"), figures.pct)),
        ("Percentile", fact_cell(evidence.fact("iv_percentile_frac"), figures.pct)),
        ("Rank in its range", fact_cell(evidence.fact("iv_rank_frac"), figures.pct)),
        ("Sessions compared", fact_cell(evidence.fact("iv_observations_count"), lambda value: f"{value:.0f}")),
    )


def _activity(symbol: str, volume: ChainVolume, evidence: Evidence) -> Table:
    heads = columns(
        "Chain of", ("Calls", "contracts"), ("Puts", "contracts"), ("Calls / puts", "x"),
        ("Volume / open interest", "x"), ("Near calls", "% of open calls"), ("Against own past", "sigmas"),
        ("Hedging per +1 %", "% of daily volume"),
    )  # fmt: skip
    made = (
        Cell(str(volume.chain_date)),
        fact_cell(volume.calls, _contracts),
        fact_cell(volume.puts, _contracts),
        fact_cell(evidence.fact("call_put_volume_ratio"), figures.times),
        fact_cell(evidence.fact("volume_open_interest_ratio"), figures.times),
        fact_cell(evidence.fact("near_call_open_interest_frac"), figures.pct),
        fact_cell(evidence.fact("option_volume_z"), lambda value: f"{value:+.2f}"),
        fact_cell(evidence.fact("call_gamma_adv_frac"), figures.pct),
    )
    return Table(f"Options of {symbol} traded on the day of its newest chain", heads, rows([made]))


def _contracts(value: float) -> str:
    return f"{value:,.0f}"


def _why(reason: Reason) -> str:
    return f"{reason.value}, {MEANING[reason]}."
