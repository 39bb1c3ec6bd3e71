"""Two listings of one symbol: the same security, another one, or not known."""

from dataclasses import replace
from datetime import date

import pytest

from amc_assets.market.company_name import names_agree
from amc_assets.market.identity import Listed, Verdict, compare

BEFORE = Listed("ABC", date(2021, 1, 4), "Arden Energy Inc. Common Stock", "common_stock", "0000000001", "BBG000000001")
OTHER = Listed("ABC", date(2021, 1, 5), "Boreal Media Corp. Common Stock", "common_stock", "0000000002", "BBG000000002")


def only(listed: Listed, *names: str) -> Listed:
    return replace(listed, **{name: None for name in ("cik", "composite_figi") if name not in names})


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (BEFORE, OTHER, Verdict.OTHER),
        (only(BEFORE, "cik"), only(OTHER, "cik"), Verdict.OTHER),
        (only(BEFORE, "composite_figi"), only(OTHER, "composite_figi"), Verdict.OTHER),
        (only(BEFORE), only(OTHER), Verdict.OTHER),
        (BEFORE, replace(OTHER, composite_figi="BBG000000001"), Verdict.SAME),  # new CIK after a reorganisation
        (BEFORE, replace(OTHER, cik="0000000001"), Verdict.SAME),  # new FIGI in a corporate action, new name
        (BEFORE, replace(BEFORE, name="Zenith Data plc"), Verdict.SAME),  # a rebrand
        (BEFORE, only(BEFORE), Verdict.SAME),  # the reference was down: names agree
        (BEFORE, replace(OTHER, cik="0000000001", security_type="warrant"), Verdict.OTHER),
        (only(BEFORE, "cik"), replace(only(BEFORE, "cik"), security_type="fund"), Verdict.UNKNOWN),
        (only(BEFORE, "cik"), replace(only(BEFORE, "cik"), security_type="adr"), Verdict.SAME),
        (only(BEFORE), replace(only(BEFORE), listed_on_date=date(2021, 1, 5)), Verdict.OTHER),
        (only(BEFORE), replace(only(BEFORE), listed_on_date=date(2020, 1, 5)), Verdict.SAME),
        (only(BEFORE), replace(only(BEFORE), name=None), Verdict.UNKNOWN),
        (only(BEFORE, "cik"), only(BEFORE, "composite_figi"), Verdict.SAME),  # nothing in common but the name
    ],
)
def test_identifiers_decide_then_the_listing_date_then_names(before: Listed, now: Listed, verdict: Verdict):
    found = compare(before, now)
    assert found.verdict is verdict
    assert found.evidence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GameStop Corporation Common Stock", "GAMESTOP CORP-CLASS A"),
        ("AMC Entertainment Holdings, Inc. Class A Common Stock", "AMC Entertainment Hldgs"),
        ("International Business Machines Corporation", "IBM Common Stock"),
        ("MasterCard Incorporated", "Master Card Inc Class A"),
        ("Koninklijke Philips N.V. NY Registry Shares", "Koninklijke Philips NV"),
        ("Wexcombe Therapeutics Ltd.", "Wexcomb Therapeutics Limited - Ordinary Shares"),
        (
            "Alibaba Group Holding Limited American Depositary Shares each representing eight Ordinary share",
            "ALIBABA GRP",
        ),
        ("Express, Inc.", "Express Inc Common Stock"),
        ("Berkshire Hathaway Inc. New Class B", "Berkshire Hathaway Inc."),
        ("First Horizon Corporation", "First Horizon National Corporation"),
        ("Société Générale Effekten", "Société Générale"),
        ("Sirius XM Holdings Inc.", "Sirius XM Radio Inc."),
    ],
)
def test_spellings_of_one_company_agree(one: str, other: str):
    assert names_agree(one, other) is names_agree(other, one) is True


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Arden Energy Inc.", "Boreal Energy Inc."),
        ("American Airlines Group", "American Software Inc."),
        ("First Solar, Inc.", "First Horizon Corporation"),
        ("Square, Inc. Class A", "Block, Inc. Class A"),
        ("Facebook, Inc.", "Meta Platforms, Inc."),
        ("Global Therapeutics Inc", "United Therapeutics Corp"),
    ],
)
def test_names_without_a_telling_word_in_common_do_not(one: str, other: str):
    assert names_agree(one, other) is names_agree(other, one) is False


def test_a_name_that_is_absent_says_nothing():
    assert names_agree(None, "Arden Energy") is names_agree("Arden Energy", "") is names_agree("", None) is None
