"""Dates: what is read is ISO 8601, what cannot be read stays, and a file decides its order."""

from pathlib import Path

import pytest

from standfirst.annotate.design.strata import strata_of
from standfirst.corpus import Article, Fields, add, read_articles, summary
from standfirst.corpus.reading.dates import read_date

READ = {
    "2024-W10-3": "2024-03-06",
    "Wednesday, 13/03/2024": "2024-03-13",
    "2024. 3. 6.": "2024-03-06",
    "6. 3. 2024": "2024-03-06",
    "2024年3月6日 10:15": "2024-03-06T10:15:00",
    "06-MAR-2024": "2024-03-06",
    "6 March 2024 10:15 GMT+2": "2024-03-06T10:15:00+02:00",
    "6 Mart 2024": "2024-03-06",
    "2023-11-06T08:00:00Z": "2023-11-06T08:00:00Z",
    "Mon, 06 Nov 2023 08:00:00 +0100": "2023-11-06T08:00:00+01:00",
    "1699257600": "2023-11-06T08:00:00+00:00",
    "1699257600000": "2023-11-06T08:00:00+00:00",
    "45236": "2023-11-06",
    "November 6, 2023 Monday": "2023-11-06",
    "20231106T080000Z": "2023-11-06T08:00:00",
    "6.11.2023": "2023-11-06",
    "25/11/2023": "2023-11-25",
    "6 novembre 2023": "2023-11-06",
    "6. Dezember 2023": "2023-12-06",
    "noviembre de 2023": "2023-11",
    "2023-11-06 08:00:00 UTC": "2023-11-06T08:00:00+00:00",
    "Mon Nov 06 08:00:00 +0000 2023": "2023-11-06T08:00:00+00:00",
    "Mon Nov  6 08:00:00 2023": "2023-11-06T08:00:00",
}
UNREAD = (
    *("2024-13-40", "31 February 2023", "Monday", "12", "yesterday", "06/11/2023", "n/a"),
    *("Wednesday, 06/11/2023", "Week 10, 2024", "2024-W10", "Issue 3, 2024", "May 5-6, 2024"),
    *("1402/12/15", "2567-03-06", "5 May 2024, page 12"),
)


@pytest.mark.parametrize("value", READ)
def test_forms_of_databases_feeds_and_spreadsheets(value: str) -> None:
    """Each is read to what it says, no more and no less."""
    assert read_date(value) == READ[value]


@pytest.mark.parametrize("value", UNREAD)
def test_nothing_is_guessed(value: str) -> None:
    """A date that is impossible, incomplete or open is not read."""
    assert read_date(value) == ""


def dates(path: Path, *values: str, order: str = "") -> list[str]:
    lines = [f"Report {n} came.,{value}\n" for n, value in enumerate(values)]
    path.write_text("text,date\n" + "".join(lines))
    records = read_articles([str(path)], fields=Fields(order=order))
    return [record.published for record in records if isinstance(record, Article)]


def test_the_other_rows_decide_what_comes_first(tmp_path: Path) -> None:
    """Where rows disagree, open dates stay as written; the user has the last word."""
    path = tmp_path / "a.csv"

    assert dates(path, "03/04/2023", "13/04/2023") == ["2023-04-03", "2023-04-13"]
    assert dates(path, "03/04/2023", "04/13/2023") == ["2023-03-04", "2023-04-13"]
    assert dates(path, "03/04/2023", "13/04/2023", "04/13/2023")[0] == "03/04/2023"
    assert dates(path, "03/04/2023", "13/04/2023", order="month")[0] == "2023-03-04"


def test_months_and_ends_go_by_the_date(tmp_path: Path) -> None:
    """Strata are months, first and last are dates, and what is not read is counted."""
    path = tmp_path / "a.csv"
    dates(path, "9 October 2018", "Jan 2 2017", "2024-13-40", "2019-11-06")

    add(tmp_path / "corpus", read_articles([str(path)]))
    result = summary(tmp_path / "corpus")
    units = [
        {"unit_id": date, "article_id": "a", "text": "", "published": date}
        for date in ("2018-10-09", "January 2, 2017", "2024-13-40")
    ]

    assert (result["first"], result["last"]) == ("2017-01-02", "2019-11-06")
    assert result["dates_not_read"] == 1
    assert list(strata_of(units, ["month"]).values()) == ["2018-10", "2017-01", "unknown"]


def test_a_word_of_another_language_is_no_number(caplog: pytest.LogCaptureFixture) -> None:
    """Where the month is not known in a study's languages, the day is not taken for it."""
    assert read_date("6 Mart 2024", languages=("en",)) == "2024-03-06"
    assert read_date("6 Irgendwas 2024", languages=("en", "de")) == ""
    assert caplog.text == ""


def test_a_text_in_the_column_of_dates() -> None:
    """A value of any length is refused at once."""
    assert read_date("a" * 1_000_000) == ""
    assert read_date("1 " * 500_000) == ""
