"""Read dates in the forms that databases, feeds and spreadsheets give, as ISO 8601.

Forms of numbers are read here: ISO 8601, Unix time, the day numbers of spreadsheets, and dates such
as 03/04/2024, whose order only the other dates of a file can tell. Dates in words are left to
dateparser, which knows the months of some two hundred languages and, asked for a year and a month,
completes nothing from today's date as python-dateutil does ("Monday", "12"). What cannot be read is
never guessed.
"""

import datetime as dt
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any

__all__ = ["ORDERS", "decided", "is_open", "month_of", "order_shown", "read_date"]

ORDERS = ("day", "month")
"""What comes first in dates such as 03/04/2024."""

_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:[T ]\d{2}:?\d{2}.*)?)?)?")
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])(?!\d)")
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})([-/.]) ?(?P<month>\d{1,2})\2 ?(?P<day>\d{1,2})\.?(?:[T ]+(?P<time>.+))?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d{2})(?:,? +(.+))?")
_EAST = re.compile(
    r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일号號]?"
    r"(?: *(?P<time>\d.+))?"
)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})-?(\d)")
_WEEKDAY = re.compile(r"[^\W\d]+\.?,? +(?=\d+[-/.] ?\d+[-/.] ?\d)")
_PACKED = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})Z?)?")
_NUMBER = re.compile(r"(\d{5}|\d{9,10}|\d{12,13})(?:\.\d+)?")
_MAIL = re.compile(r"(?:[A-Za-z]{3}, *)?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}.*")
_C_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}:\d{2}:\d{2})(?: ([+-]\d{4}|UTC|GMT))? (\d{4})"
)
_UTC = re.compile(r"\s*(?:UTC|GMT)$")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_YEARS = range(1600, 2101)
"""Years of newspapers; others are of other calendars, or no years."""
_CLOCK = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?: ?[+-]\d{1,2}:?\d{0,2})?"
    r"|\d{1,2}(?= ?[ap]\.?m\b)|(?:UTC|GMT) ?[+-]\d{1,2}:?\d{0,2}",
    re.IGNORECASE,
)

_DAY_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day has no time zone
_SERIALS = range(20_000, 70_000)
_SECONDS = range(10**8, 41 * 10**8)
_COMMON = ("en", "fr", "de", "es", "it", "pt", "nl", "ar", "ru", "tr", "pl", "uk", "zh", "ja")


@lru_cache(maxsize=2**16)
def read_date(value: str, order: str = "", languages: tuple[str, ...] = ()) -> str:
    """Read a date.

    Parameters
    ----------
    value
        As it stands in a file.
    order
        One of `ORDERS`, for dates that can be read both ways; such a date is not read if empty.
    languages
        ISO 639-1 codes of the languages whose months are tried before the common ones.

    Returns
    -------
    A year, month, date, or date and time in ISO 8601, as exact as it was given; empty when the
    value cannot be read.

    Examples
    --------
    >>> read_date("6 November 2023"), read_date("13/04/2024"), read_date("1704412800")
    ('2023-11-06', '2024-04-13', '2024-01-05T00:00:00+00:00')
    >>> read_date("03/04/2024"), read_date("03/04/2024", "day"), read_date("2024-13-40")
    ('', '2024-04-03', '')
    """
    value = _without_weekday(value)
    if _ISO.fullmatch(value) and _is_iso(value):
        return value
    if match := _WEEK.fullmatch(value):
        return _of_week(match)
    if match := _YEAR_FIRST.fullmatch(value) or _EAST.fullmatch(value):
        return _written(*match.group("year", "month", "day", "time"))
    if match := _YEAR_LAST.fullmatch(value):
        first, _, second, year, time = match.groups()
        if len(year) == 2:
            year = f"{19 if int(year) > 68 else 20}{year}"
        day_first = (order_shown(value) or order) != "month"
        if _is_open(match) and not order:
            return ""
        day, month = (first, second) if day_first else (second, first)
        return _written(year, month, day, time)
    if match := _PACKED.fullmatch(value):
        year, month, day, *clock = match.groups()
        return _written(year, month, day, ":".join(clock) if clock[0] else None)
    if match := _NUMBER.fullmatch(value):
        return _counted(float(value))
    if match := _C_TIME.fullmatch(value):
        month, day, time, zone, year = match.groups()
        value = f"{day} {month} {year} {time} {zone or ''}".strip()
    if _MAIL.fullmatch(value):
        try:
            return parsedate_to_datetime(value).isoformat()
        except ValueError:
            return ""
    return _in_words(value, languages)


def order_shown(value: str) -> str:
    """Return the order, one of `ORDERS`, that a date shows by itself; empty when it shows none.

    Examples
    --------
    >>> order_shown("13/04/2024"), order_shown("04/13/2024"), order_shown("03/04/2024")
    ('day', 'month', '')
    """
    match = _YEAR_LAST.fullmatch(_without_weekday(value))
    if match is None:
        return ""
    first, second = int(match[1]), int(match[3])
    if match[2] == "." or first > 12 >= second:
        return "day"
    return "month" if second > 12 >= first else ""


def is_open(value: str) -> bool:
    """Whether a date can be read day first and month first, to two different days."""
    match = _YEAR_LAST.fullmatch(_without_weekday(value))
    return match is not None and _is_open(match)


def decided(shown: Iterable[str]) -> tuple[str, str]:
    """Decide what comes first in dates that can be read both ways, by what other dates show.

    Returns
    -------
    One of `ORDERS`, or empty when the others contradict each other; and this in words.

    Examples
    --------
    >>> decided(["month"])
    ('month', 'dates such as 03/04/2024 are read month first, as others show')
    """
    orders = sorted(set(shown))
    if len(orders) > 1:
        return "", "has day-first and month-first dates: open ones stay as written"
    if orders:
        return orders[0], f"dates such as 03/04/2024 are read {orders[0]} first, as others show"
    return "day", (
        "dates such as 03/04/2024 are read day first, which no other date shows: if they are month "
        "first, name it with --date-order month"
    )


def month_of(published: str) -> str:
    """Return the month of an article's date as ``YYYY-MM``; empty when it has none.

    Examples
    --------
    >>> month_of("2024-01-02T23:30:00-05:00"), month_of("January 3, 2024"), month_of("2024-13-40")
    ('2024-01', '2024-01', '')
    """
    match = _MONTH.match(published) or _MONTH.match(read_date(published))
    return match.group() if match and read_date(published) else ""


def _without_weekday(value: str) -> str:
    """Leave out the word before a date of numbers, whose order it does not tell."""
    value = value.strip()
    word = _WEEKDAY.match(value)
    return value[word.end() :] if word else value


def _is_open(match: re.Match[str]) -> bool:
    first, second = int(match[1]), int(match[3])
    return match[2] != "." and first != second and max(first, second) <= 12


def _is_iso(value: str) -> bool:
    try:
        day = dt.datetime.fromisoformat(value if len(value) > 7 else f"{value}-01-01"[:10])
    except ValueError:
        return False
    return day.year in _YEARS


def _of_week(match: re.Match[str]) -> str:
    try:
        return dt.date.fromisocalendar(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""


def _written(year: str, month: str, day: str, time: str | None) -> str:
    if int(year) not in _YEARS:
        return ""
    try:
        date = dt.date(int(year), int(month), int(day)).isoformat()
        if time is None:
            return date
        if match := _TIME.fullmatch(time.strip()):
            hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
            if match[4]:
                hour = hour % 12 + (12 if match[4] in "Pp" else 0)
            return f"{date}T{dt.time(hour, minute, second).isoformat()}"
        whole = dt.datetime.fromisoformat(f"{date}T{_UTC.sub('+00:00', time.strip())}")
    except ValueError:
        return ""
    return whole.isoformat()


def _counted(number: float) -> str:
    """Read the number of a day in a spreadsheet, of seconds or of milliseconds since 1970."""
    if int(number) in _SERIALS:
        moment = _DAY_ZERO + dt.timedelta(days=number)
        return (moment.date() if number.is_integer() else moment.replace(microsecond=0)).isoformat()
    if number > _SECONDS.stop:
        number /= 1000
    if int(number) not in _SECONDS:
        return ""
    return dt.datetime.fromtimestamp(int(number), dt.UTC).isoformat()


def _in_words(value: str, languages: Iterable[str]) -> str:
    # A year of four digits is asked for: "6 Nov 23" may be of this month or of that year.
    if len(value) > 60 or not _YEAR.search(value) or not any(map(str.isalpha, value)):
        return ""
    numbers = [int(number) for number in re.findall(r"\d+", _CLOCK.sub(" ", value))]
    if len(numbers) > len(("day", "year")):
        return ""
    # One language at a time: one that takes a word of another for a number hides the others.
    for language in dict.fromkeys((*languages, *_COMMON)):
        if (parser := _parser(language)) is None:
            continue
        found = parser.get_date_data(value)
        if found.date_obj is not None and _explains(found, numbers):
            moment: dt.datetime = found.date_obj
            if found.period in ("month", "year"):
                return moment.isoformat()[: 7 if found.period == "month" else 4]
            return moment.isoformat() if ":" in value else moment.date().isoformat()
    return ""


def _explains(found: Any, numbers: list[int]) -> bool:
    """Tell whether each number of a date in words, but for its clock's, is its year or its day.

    A number that is left over, or that was taken for a month, shows that a word was not understood.
    """
    moment = found.date_obj
    known = [moment.year, *([moment.day] if found.period not in ("month", "year") else [])]
    return moment.year in _YEARS and sorted(numbers) == sorted(known)


@cache
def _parser(language: str) -> Any:
    # Imported where it is needed: it takes a second.
    from dateparser.data.languages_info import language_order
    from dateparser.date import DateDataParser

    if language not in language_order:
        return None
    settings = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["month", "year"]}
    return DateDataParser(
        languages=[language], settings=settings | {"PREFER_DAY_OF_MONTH": "first"}
    )
