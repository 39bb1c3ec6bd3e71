"""What the page says is true for its run: days of observations, limits that decide, one numbering, nothing promised."""

import copy
from datetime import date

from amc_assets.report.data import NO_OUTCOMES_YET
from amc_assets.report.explanation import detector_table, gate_table
from amc_assets.report.page import render
from amc_assets.report.screen import read_screen
from amc_assets.report.sections import funnel_table, inputs_table

SETTLED = "2021-01-15"


def changed(screen_with, **of_input: object):
    screen = screen_with()
    interest = next(item for item in screen["inputs"] if item["name"] == "short_interest")
    interest.update(of_input)
    return screen


def test_the_settlement_date_and_the_publication_are_both_shown(screen_with):
    screen = changed(screen_with, known_at="2021-01-26T23:00:00Z", age_hours=0.75, observed_on=SETTLED)
    row = next(row for row in inputs_table(read_screen(screen)).rows if row.cells[0].text == "short_interest")
    assert (row.cells[2].text, row.cells[2].note) == (SETTLED, "11 days before")
    assert (row.cells[3].text, row.cells[4].text) == ("2021-01-26 18:00 EST", "45 min")


def test_a_term_shows_the_day_of_its_rows_beside_the_publication_and_what_it_adds(screen_with):
    screen = changed(screen_with, observed_on=SETTLED)
    part = screen["candidates"][0]["detectors"][1]["components"][1]
    for term, adds in zip(part["terms"], (0.333, 0.126, 0.198, None), strict=True):
        term["contribution"] = adds
    typed = read_screen(screen)
    rows = {row.cells[0].text: row.cells for row in detector_table(typed.candidates[0], typed).rows}
    assert (rows["- days_to_cover"][6].text, rows["- days_to_cover"][6].note) == (
        SETTLED,
        "public 2021-01-12 18:00 EST",
    )
    assert [rows[f"- {name}"][4].text for name in ("short_interest_float_frac", "days_to_cover", "borrow_stress")] == [
        "0.333", "0.126", "—",
    ]  # fmt: skip
    assert rows["short_metrics"][1].text == ""  # no one of its four terms stands for all
    assert rows["short_metrics"][4].text == "0.455"  # .4 x .91 of the weights .3, .4 and .1 that are there


def test_a_gate_that_fails_by_a_hair_shows_the_hair(screen_with):
    screen = screen_with()
    atr = next(gate for gate in screen["candidates"][0]["gates"] if gate["name"] == "atr")
    atr.update(value=0.03965, passed=False)
    row = next(row for row in gate_table(read_screen(screen).candidates[0]).rows if row.cells[0].text == "atr")
    assert [cell.text for cell in row.cells[2:]] == ["fail", "3.96 %", "at least 4.00 %"]


def test_the_funnel_says_entered_and_passed(screen_with):
    table = funnel_table(read_screen(screen_with()))
    assert [column.label for column in table.columns] == [
        "Hard gate, in order",
        "Entered",
        "Passed",
        "Dropped",
        "Passed",
    ]


def test_the_section_of_a_name_has_the_number_of_the_list_and_its_opening(report_with, screen_with):
    screen = screen_with()
    said = (
        "BB is on the watchlist because it passed every hard gate; "
        + "x" * 300
        + "; it would drop out below 0.700 & more"
    )
    page = render(report_with(screens=(screen,), openings={"BB": said}))
    section = page[page.index('id="c4"') :]  # fourth of the list, sixth of all scored names
    assert ">6</abbr></span> <bdi>BB</bdi>" in section
    assert "it would drop out below 0.700 &amp; more" in section


def test_nothing_is_promised_that_this_version_does_not_compute(report_with):
    page = render(report_with(reliability=()))
    assert NO_OUTCOMES_YET in page
    assert "must be over first" not in page


def test_the_score_step_is_no_gate_that_names_failed(report_with, screen_with):
    screen = copy.deepcopy(screen_with())
    screen["funnel"].append({"gate": "watchlist_score", "in": 71, "out": 4})
    page = render(report_with(screens=(screen,)))
    assert "failed gate watchlist_score" not in page
    assert "passed every hard gate, scored below 0.70" in page


def test_the_day_of_the_run_itself_is_called_so(screen_with):
    screen = changed(screen_with, observed_on=date(2021, 1, 26).isoformat())
    row = next(row for row in inputs_table(read_screen(screen)).rows if row.cells[0].text == "short_interest")
    assert row.cells[2].note == "the run's day"
