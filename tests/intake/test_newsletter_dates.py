"""Dates as three editions print them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.common.dates import format_date, format_range
from digest.intake.newsletter.dates import find_date, looks_like_date, read_date

READ = {
    "2024年8月30日": "2024-08-30",
    "2024 年 8 月 30 日": "2024-08-30",
    "２０２４年８月３０日（五）": "2024-08-30",
    "民國 113 年 8 月 30 日": "2024-08-30",
    "2024/8/30": "2024-08-30",
    "2024.08.30": "2024-08-30",
    "2024-08-30": "2024-08-30",
    "30 August 2024": "2024-08-30",
    "Aug 30, 2024": "2024-08-30",
    "Friday, August 30th, 2024": "2024-08-30",
    "30 Sept. 2024": "2024-09-30",
    "2024 年 9 月 10-12 日": "2024-09-10 2024-09-12",
    "2024 年 9 月 10 日至 12 日": "2024-09-10 2024-09-12",
    "2024/12/4-6": "2024-12-04 2024-12-06",
    "2025 年 6 月 29 日 - 7 月 3 日": "2025-06-29 2025-07-03",
    "2024 年 12 月 30 日～2025 年 1 月 2 日": "2024-12-30 2025-01-02",
    "12 月 30 日 – 2025 年 1 月 2 日": "2024-12-30 2025-01-02",
    "10–12 September 2024": "2024-09-10 2024-09-12",
    "September 10-12, 2024": "2024-09-10 2024-09-12",
    "29 June to 3 July 2025": "2025-06-29 2025-07-03",
    "30 December – 2 January 2025": "2024-12-30 2025-01-02",
    "December 30, 2024 - January 2, 2025": "2024-12-30 2025-01-02",
    "5 月 3 日": "2024-05-03",
    "3 May": "2024-05-03",
}
NOT_READ = [
    "",
    "Nature",
    "The Wire",
    "3-4",
    "May",
    "8 月",
    "12",
    "2024 年 2 月 30 日",
    "31 April 2024",
    "1 月 1 日 2 月 2 日",
]


@pytest.mark.parametrize("printed", READ)
def test_a_printed_date_is_read(printed):
    span = read_date(printed, near=dt.date(2024, 6, 1))
    assert span
    assert " ".join(str(day) for day in (span.start, span.end) if day) == READ[printed]


@pytest.mark.parametrize("printed", NOT_READ)
def test_what_is_no_date_is_not_read(printed):
    assert read_date(printed, near=dt.date(2024, 6, 1)) is None


@pytest.mark.parametrize(
    ("printed", "precision"), [("2024年6月", "month"), ("June 2024", "month"), ("2024年", "year")]
)
def test_months_and_years_are_read_as_such(printed, precision):
    span = read_date(printed)
    assert span and span.precision == precision


def test_a_missing_year_is_that_of_the_next_such_day_or_the_last():
    near = dt.date(2024, 11, 20)
    assert read_date("1 月 5 日", near, future=True).start == dt.date(2025, 1, 5)
    assert read_date("11 月 5 日", near, future=True).start == dt.date(2024, 11, 5)
    assert read_date("12 月 28 日", dt.date(2024, 1, 9)).start == dt.date(2023, 12, 28)
    assert read_date("1 月 5 日") is None


@pytest.mark.parametrize("text", ["2024 年 2 月 31 日", "Feb 31, 2024", "31.2. 2024年2月", "二〇二四年8月"])
def test_an_unreadable_date_still_looks_like_one(text):
    assert looks_like_date(text)


@pytest.mark.parametrize(
    "text", ["Nature Climate Change", "March of the ants", "Earth's Future", "CNA, Taiwan", "第八屆"]
)
def test_a_source_does_not_look_like_a_date(text):
    assert not looks_like_date(text)


def test_a_date_is_found_inside_a_sentence():
    span, rest = find_date("研討會將於 2024 年 9 月 10-12 日在臺灣舉行")
    assert (span.start, span.end, rest) == (dt.date(2024, 9, 10), dt.date(2024, 9, 12), "研討會將於 在臺灣舉行")
    assert find_date("3 May be 4") is None


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)),
    st.integers(0, 400),
    st.sampled_from(["zh-hant", "zh-hans", "en"]),
)
def test_whatever_the_portal_prints_can_be_read_again(start, days, language):
    end = min(start + dt.timedelta(days), dt.date(2150, 1, 1))
    one = read_date(format_date(start, "day", language))
    both = read_date(format_range(start, end, "day", language))
    assert one and (one.start, one.end) == (start, None)
    assert both and (both.start, both.end) == (start, end if end != start else None)


@given(st.text(max_size=80), st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)))
def test_any_text_is_a_date_or_none(text, near):
    span = read_date(text, near)
    assert span is None or span.end is None or span.end > span.start
    find_date(text, near)
    looks_like_date(text)
