"""Reading recorded text: tickers that look like missing values stay tickers."""

from datetime import date

from amc_assets.replay.recorded_files import read_pipe_table, read_short_interest, text_column
from amc_assets.replay.wire import SHORT_INTEREST_HEADER

TICKERS = ["NA", "NULL", "NAN", "TRUE", "N/A", "nan", "ABRpD"]


def test_tickers_that_look_like_nulls_survive() -> None:
    body = "Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market\n"
    body += "".join(f"20210127|{ticker}|1|0|2|N\n" for ticker in TICKERS)
    assert text_column(read_pipe_table(body.encode()), "Symbol").tolist() == TICKERS


def test_names_with_quotes_and_accents_survive() -> None:
    line = '20210115|NA|"Soci\xe9t\xe9 Le Nord|R|NNM|5|4|S|0|999.99|R|25.00|1|2021-01-15\n'
    report = read_short_interest(date(2021, 1, 15), f"{SHORT_INTEREST_HEADER}\n{line}".encode("latin-1"))
    assert report.symbols.tolist() == ["NA"]
    assert report.issue_names.tolist() == ['"Soci\xe9t\xe9 Le Nord']
    assert (report.is_split_flagged[0], report.is_revision_flagged[0]) == (True, True)
    assert (report.days_to_cover[0], report.change_pct[0]) == (999.99, 25.0)
