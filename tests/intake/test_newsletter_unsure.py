"""What looks like a date and is none, and what is none and looks like one: read right, or told with its line."""

import datetime as dt

import pytest

from digest.intake.newsletter.document import Document
from digest.intake.newsletter.parser import parse

HEAD = "2024年9月30日 (第18期)\n\n{section}\n\n本期焦點 早稻的根\n\n"


def read(body: str, section: str = "科技研究") -> Document:
    return parse(HEAD.format(section=section) + body)


@pytest.mark.parametrize(
    "day",
    [
        *("2024年8月30日（五）", "2024年8月30日(五)", "2024年8月30日 (Fri)", "2024年8月30日（Friday）"),
        *("2024 年 8 月 30 日（星期五）", "2024 年 8 月 30 日（週五）", "2024/8/30（五）", "30 August 2024 (Fri.)"),
        *("113.08.30", "30/08/2024", "30.08.2024", "２０２４／０８／３０", "20240830", "2024  年 8\u2009月 30 日"),
    ],
)
def test_a_day_with_its_weekday_or_in_digits_is_a_date_and_the_source_is_the_next_cell(day):
    document = read(f"{day} | Nature Food | [英文摘要](#) | 三塊田試了兩年（[原文](#)）。")
    found = document.entries[0]
    assert found.span and (found.span.start, found.span.end) == (dt.date(2024, 8, 30), None)
    assert (found.source, found.summary, document.warnings) == ("Nature Food", "三塊田試了兩年。", [])


@pytest.mark.parametrize(
    "days", ["2024年10月28日(一)至30日(三)", "2024 年 10 月 28 日（週一）－30 日（週三）", "2024/10/28(一)-10/30(三)"]
)
def test_a_range_with_weekdays_is_a_range(days):
    found = read(f"{days} | 日本京都 | [活動連結](#)", "近期活動").entries[0]
    assert found.span and (found.span.start, found.span.end) == (dt.date(2024, 10, 28), dt.date(2024, 10, 30))
    assert (found.place, found.summary) == ("日本京都", "")


def test_an_imprint_may_name_the_weekday():
    assert parse("第18期 2024年9月30日（一）\n\n科技研究\n").date == dt.date(2024, 9, 30)


@pytest.mark.parametrize(
    "body",
    [
        "水文站 | [網站](#) | 每小時一筆，1990 年至 2020 年。",
        "水文站 | 1990 年至 2020 年每小時一筆，沒有斷過。",
        "歐盟計畫在 2027 年前完成（[原文](#)）。",
        "縣府於 2024 年 6 月 19 日公告（[原文](#)）。",
        "2024 年 6 月 19 日，縣府公告草案（[原文](#)）。",
    ],
)
def test_no_date_is_made_out_of_a_summary(body):
    found = read(body, "開放資料").entries[0]
    assert found.span is None
    assert any(year in found.summary for year in ("2020 年", "2027 年前", "2024 年 6 月 19 日"))


@pytest.mark.parametrize(
    "cell", ["10/28-30", "05/06/2024", "二〇二四年八月三十日", "10 月上旬", "待定", "TBD", "1234"]
)
def test_a_cell_of_digits_that_is_not_read_is_told_and_is_no_source_and_no_place(cell):
    for section, field in (("科技研究", "source"), ("近期活動", "place")):
        document = read(f"{cell} | 京都 | [網站](#)", section)
        assert getattr(document.entries[0], field) == "京都"
        assert [(warning.line, warning.text) for warning in document.remainder] == [(7, cell)]


@pytest.mark.parametrize(
    "body",
    [
        "2024 年 6 月 19 日 / Nature / 三塊田試了兩年。",
        "稻作學刊 | 三塊田試了兩年。 | 田埂還沒有修好。",
        "稻作學刊 │ 三塊田試了兩年。",
        "2024 年 6 月 19 日\tNature\t三塊田試了兩年，缺過水的苗扎根較深。",
    ],
)
def test_a_summary_that_holds_other_cells_is_told_with_its_line(body):
    assert [warning.line for warning in read(body).warnings] == [7]


@pytest.mark.parametrize(
    "other", ["上一期：第17期", "上期 第17期 2024年8月30日", "Previous issue: No. 17", "水田的信 第17期"]
)
def test_the_dated_imprint_wins_over_another_issue_s_number(other):
    document = parse(f"{other}\n\n2024年9月30日 (第18期)\n\n科技研究\n\n本期焦點 早稻的根\n\n稻報 | 摘要。\n")
    assert (document.number, document.date) == ("18", dt.date(2024, 9, 30))


def test_another_issue_s_number_is_kept_as_text_and_is_no_title():
    document = parse("上一期：第17期\n\n2024年9月30日 (第18期)\n\n科技研究\n")
    assert document.title == ""
    assert [(warning.line, warning.text) for warning in document.remainder] == [(1, "上一期：第17期")]
