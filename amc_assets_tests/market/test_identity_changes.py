"""Breaks, renames and departures between listings."""

from dataclasses import replace
from datetime import date

from amc_assets.market.identity import Listed
from amc_assets.market.identity_changes import ChangeKind, IdentityChange
from amc_assets_tests.market.listings import changes_of

MON, TUE, WED, THU = (date(2021, 1, day) for day in (4, 5, 6, 7))


def listed(symbol: str, number: int, day: date, name: str | None = None, **more: object) -> Listed:
    words = ("Arden", "Boreal", "Calder", "Dunmore", "Elmsworth")
    return Listed(
        symbol, day, name or f"{words[number]} Energy Inc.", "common_stock", f"{number:010d}", f"BBG{number:09d}",
        **more,
    )  # type: ignore[arg-type]  # fmt: skip


def listing(day: date, **numbers: int) -> dict[str, Listed]:
    return {symbol: listed(symbol, number, day) for symbol, number in numbers.items()}


def kinds(changes: list[IdentityChange]) -> list[tuple[str, str, str | None]]:
    return [(change.symbol, str(change.kind), change.previous_symbol) for change in changes]


def test_nothing_changed():
    assert changes_of([listing(MON, A=1, B=2), listing(TUE, A=1, B=2)], [MON, TUE]) == []


def test_another_company_under_the_symbol_is_a_break():
    (change,) = changes_of([listing(MON, A=1), listing(TUE, A=2)], [MON, TUE])
    assert (change.symbol, change.kind, change.from_date) == ("A", ChangeKind.BREAK, TUE)
    assert change.ended.cik == "0000000001"


def test_a_new_user_after_an_absence_is_compared_with_who_left():
    days = [MON, TUE, WED, THU]
    changes = changes_of([listing(MON, A=1, B=3), listing(TUE, B=3), listing(WED, B=3), listing(THU, A=2, B=3)], days)
    assert kinds(changes) == [("A", "left", None), ("A", "break", None)]
    back = changes_of([listing(MON, A=1, B=3), listing(TUE, B=3), listing(WED, B=3), listing(THU, A=1, B=3)], days)
    assert kinds(back) == [("A", "left", None)], "the same company back after a gap of its source"


def test_names_alone_end_a_history_after_an_absence_and_day_by_day():
    def named(day: date, name: str) -> dict[str, Listed]:
        return {"A": Listed("A", day, name, "common_stock")}

    assert kinds(changes_of([named(MON, "Arden Energy Inc."), named(TUE, "Boreal Media Corp.")], [MON, TUE])) == [
        ("A", "break", None)
    ]
    assert changes_of([named(MON, "Arden Energy Inc."), named(TUE, "ARDEN ENERGY INC COM")], [MON, TUE]) == []
    gap = [named(MON, "Arden Energy Inc."), {}, named(WED, "Boreal Media Corp.")]
    assert kinds(changes_of(gap, [MON, TUE, WED])) == [("A", "left", None), ("A", "break", None)]


def test_a_rename_carries_the_symbol_it_had():
    changes = changes_of([listing(MON, A=1, B=2), listing(TUE, A2=1, B=2)], [MON, TUE])
    assert kinds(changes) == [("A", "left", None), ("A2", "rename", "A")]
    rename = changes[1]
    assert (rename.from_date, rename.previous_until_date) == (TUE, TUE)


def test_a_rename_by_cik_needs_the_same_kind_and_class_and_no_doubt():
    def of(day: date, *rows: tuple[str, str, str]) -> dict[str, Listed]:
        return {s: Listed(s, day, f"Arden Energy Inc. {c}", kind, "0000000001") for s, kind, c in rows}

    stock = "common_stock"
    by_cik = changes_of([of(MON, ("A", stock, "")), of(TUE, ("A2", stock, ""))], [MON, TUE])
    assert ("A2", "rename", "A") in kinds(by_cik)
    other_kind = changes_of([of(MON, ("A", "warrant", "")), of(TUE, ("A2", stock, ""))], [MON, TUE])
    assert kinds(other_kind) == [("A", "left", None)]
    classes = changes_of(
        [of(MON, ("A", stock, "Class A"), ("B", stock, "Class B")), of(TUE, ("C", stock, "Class A"))], [MON, TUE]
    )
    assert ("C", "rename", "A") in kinds(classes)
    doubt = changes_of([of(MON, ("A", stock, ""), ("B", stock, "")), of(TUE, ("C", stock, ""))], [MON, TUE])
    assert "rename" not in {str(change.kind) for change in doubt}


def test_companies_that_swap_symbols_are_two_renames():
    changes = changes_of([listing(MON, A=1, B=2), listing(TUE, A=2, B=1)], [MON, TUE])
    assert kinds(changes) == [("A", "rename", "B"), ("B", "rename", "A")]


def test_a_renamed_company_whose_symbol_another_one_takes_at_once():
    changes = changes_of([listing(MON, A=1), listing(TUE, A=2, A2=1)], [MON, TUE])
    assert kinds(changes) == [("A", "break", None), ("A2", "rename", "A")]


def test_between_listings_that_are_far_apart_only_what_is_certain_is_kept():
    before, now = listing(MON, A=1), listing(date(2021, 2, 1), A=2, A2=1)
    breaks, rename = changes_of([before, now], [MON, date(2021, 2, 1)])
    assert breaks.from_date == date(2021, 2, 1)
    assert (rename.from_date, rename.previous_until_date) == (TUE, TUE), "A2 was free, A is another company's by now"
    dated = {"A": replace(now["A"], listed_on_date=date(2021, 1, 20))}
    (change,) = changes_of([before, dated], [MON, date(2021, 2, 1)])
    assert change.from_date == date(2021, 1, 20), "the listing date says when"
