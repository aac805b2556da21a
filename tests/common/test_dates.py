"""Dates and ranges in each language and precision."""

import datetime as dt

import pytest
from babel.dates import format_date as babel_date
from babel.dates import format_interval
from hypothesis import given
from hypothesis import strategies as st

from digest.common import cldr
from digest.common.dates import Precision, format_date, format_range, iso_date, last_day

DAY = dt.date(2024, 8, 30)


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans", "en"])
def test_stored_cldr_data_equals_babels(language):
    assert cldr.locale_data(language) == cldr.read_from_babel(language)


@given(st.dates(), st.dates())
def test_dates_and_ranges_equal_babels(one, another):
    start, end = sorted([one, another])
    for language, locale in [("zh-hant", "zh_Hant_TW"), ("zh-hans", "zh_Hans_CN"), ("en", "en_GB")]:
        assert format_date(one, "day", language) == babel_date(one, "long", locale=locale)
        if language != "en" and start != end:  # we write months in full in English ranges
            assert format_range(start, end, "day", language) == format_interval(start, end, "yMMMMd", locale=locale)


@pytest.mark.parametrize(("language", "text"), [("en", "June 2024"), ("zh-hant", "2024年6月")])
def test_a_range_within_one_month_at_month_precision_is_that_month(language, text):
    assert format_range(dt.date(2024, 6, 1), dt.date(2024, 6, 9), "month", language) == text


@pytest.mark.parametrize(
    ("precision", "language", "text"),
    [
        ("day", "zh-hant", "2024年8月30日"),
        ("day", "zh-hans", "2024年8月30日"),
        ("day", "en", "30 August 2024"),
        ("month", "zh-hant", "2024年8月"),
        ("month", "zh-hans", "2024年8月"),
        ("month", "en", "August 2024"),
        ("year", "zh-hant", "2024年"),
        ("year", "zh-hans", "2024年"),
        ("year", "en", "2024"),
    ],
)
def test_dates_by_precision(precision, language, text):
    assert format_date(DAY, precision, language) == text


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans", "en"])
def test_no_date_is_empty(language):
    assert format_date(None, "day", language) == ""
    assert format_range(None, None, "day", language) == ""
    assert iso_date(None, "day") == ""


@pytest.mark.parametrize(
    ("start", "end", "english"),
    [
        ("2024-09-10", "2024-09-12", "10–12 September 2024"),
        ("2024-06-29", "2024-07-03", "29 June – 3 July 2024"),
        ("2024-12-30", "2025-01-02", "30 December 2024 – 2 January 2025"),
        ("2024-09-10", "2024-09-10", "10 September 2024"),
    ],
)
def test_english_ranges_do_not_repeat_month_and_year(start, end, english):
    days = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    assert format_range(*days, "day", "en") == english


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
@pytest.mark.parametrize(
    ("start", "end", "chinese"),
    [
        ("2024-09-10", "2024-09-12", "2024年9月10日至12日"),
        ("2024-06-29", "2024-07-03", "2024年6月29日至7月3日"),
        ("2024-12-30", "2025-01-02", "2024年12月30日至2025年1月2日"),
        ("2024-09-10", "2024-09-10", "2024年9月10日"),
    ],
)
def test_chinese_ranges_do_not_repeat_month_and_year(start, end, chinese, language):
    days = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    assert format_range(*days, "day", language) == chinese


@pytest.mark.parametrize(
    ("precision", "language", "text"),
    [
        ("month", "en", "June – September 2024"),
        ("month", "zh-hant", "2024年6月至9月"),
        ("month", "zh-hans", "2024年6月至9月"),
    ],
)
def test_ranges_of_months(precision, language, text):
    assert format_range(dt.date(2024, 6, 1), dt.date(2024, 9, 1), precision, language) == text


@pytest.mark.parametrize(
    ("language", "text"), [("en", "2023–2027"), ("zh-hant", "2023至2027年"), ("zh-hans", "2023–2027年")]
)
def test_ranges_of_years(language, text):
    assert format_range(dt.date(2023, 1, 1), dt.date(2027, 1, 1), "year", language) == text


def test_a_range_without_an_end_is_a_date():
    assert format_range(DAY, None, "day", "en") == "30 August 2024"


@pytest.mark.parametrize(("precision", "text"), [("day", "2024-08-30"), ("month", "2024-08"), ("year", "2024")])
def test_iso_8601_by_precision(precision, text):
    assert iso_date(DAY, precision) == text


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans", "en"])
@pytest.mark.parametrize("precision", Precision.values)
def test_minimum_and_maximum_dates_can_be_formatted(language, precision):
    assert format_date(dt.date.min, precision, language)
    assert format_range(dt.date.min, dt.date.max, precision, language)


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_chinese_dates_have_no_spaces(language):
    texts = [format_date(DAY, p, language) for p in Precision.values]
    texts += [format_range(DAY, dt.date(2025, 1, 1), p, language) for p in Precision.values]
    assert [text for text in texts if "".join(text.split()) != text or "\u2009" in text] == []


@pytest.mark.parametrize(
    ("date", "precision", "last"),
    [
        ("2024-02-01", "month", "2024-02-29"),
        ("2023-02-01", "month", "2023-02-28"),
        ("2024-01-01", "year", "2024-12-31"),
        ("2024-02-03", "day", "2024-02-03"),
    ],
)
def test_last_day(date, precision, last):
    assert last_day(dt.date.fromisoformat(date), precision) == dt.date.fromisoformat(last)
    assert last_day(None, precision) is None
