"""Time grows with the document's length and no faster, whatever it is made of.

Counted is how many lines of Python run, which is the same on every machine. What regular expressions and other code
in C take is not seen so, and is measured by `make bench`.
"""

import sys
import time
from types import FrameType
from typing import Any

import pytest

from digest.intake.newsletter.document import Document
from digest.intake.newsletter.duplicates import drop_duplicates
from digest.intake.newsletter.parser import parse
from digest.intake.reading import MAX_LINES
from tests.intake.documents import make_newsletter

LONG = 20_000  # characters
HARD = {
    "open brackets": "[",
    "labels never closed": "[a",
    "addresses never closed": "[a](",
    "nested addresses": "[a](b(",
    "bars": "a|",
    "bold marks": "**",
    "dashes": "- ",
    "dates": "2024 年 6 月 19 日 ",
    "months": "may ",
    "quotation marks": "「a",
    "focus marks": "本期焦點 ",
    "issue marks": "第 8 期 ",
    "themes": "本期焦點在於甲、",
    "look-back words": "前期",
    "places": "在日本",
    "links": "（[原文](#)）",
    "unknown links": "[x](#) ",
    "blanks": "\u3000a",
    "wide letters": "﷽",
}


def lines_run(text: str) -> int:
    """How many lines of Python it takes to parse a text."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse(text)
    finally:
        sys.settrace(before)
    return count


def seconds(text: str) -> float:
    start = time.process_time()
    parse(text)
    return time.process_time() - start


def hard_documents(kind: str, length: int) -> list[str]:
    line = (HARD[kind] * length)[:length]
    body = f"2024 年 6 月 19 日 | 稻作學刊 | [英文摘要](#) | {line}（[原文](#)）"
    texts = (f"{line}\n\n科技研究\n\n本期焦點 {line}\n\n{body}", f"近期活動\n\n{line}\n\n{line}（[活動網站](#)）")
    return [make_newsletter() + text for text in texts]


@pytest.mark.parametrize("kind", HARD)
def test_a_hard_line_of_ten_times_the_length_runs_no_more_code_than_that(kind):
    short, long = (sum(map(lines_run, hard_documents(kind, length))) for length in (200, 2000))
    assert long < 12 * short


@pytest.mark.stopwatch
@pytest.mark.parametrize("kind", HARD)
def test_a_hard_line_of_ten_times_the_length_takes_no_more_than_that(kind):
    short, long = (sum(map(seconds, hard_documents(kind, length))) for length in (LONG // 10, LONG))
    assert long < 30 * short + 0.5


LINES = {
    "short lines": "行 {0}",
    "distinct links": "[原文{0}](#)",
    "titles without a text": "本期焦點 題{0}",
    "dates": "2024 年 6 月 19 日 | {0}",
    "prose": "第{0}塊田的水還在。",
}


def document_of(kind: str, count: int) -> str:
    head = "第21期\n\n科技研究\n\n本期焦點 題目\n\n2024 年 6 月 19 日 | 稻作學刊 |\n"
    return head + "\n".join(map(LINES[kind].format, range(count)))


@pytest.mark.parametrize("kind", LINES)
def test_ten_times_the_lines_run_no_more_code_than_that(kind):
    assert lines_run(document_of(kind, 600)) < 12 * lines_run(document_of(kind, 60))


@pytest.mark.stopwatch
@pytest.mark.parametrize("kind", LINES)
def test_ten_times_the_lines_take_no_more_than_that(kind):
    few, many = (document_of(kind, count) for count in (MAX_LINES // 10, MAX_LINES))
    assert seconds(many) < 20 * seconds(few) + 0.5


@pytest.mark.stopwatch
def test_one_title_with_many_dates_takes_no_longer_than_many_titles():
    def document(title: str) -> Document:
        dated = "{0}\n\n{1} 年 {2} 月 {3} 日 | 稻作學刊 | 摘要，田埂還沒有修好（[原文](#)）。\n\n"
        days = [(1950 + n // 300, n // 25 % 12 + 1, n % 25 + 1) for n in range(4000)]
        return parse("科技研究\n\n" + "".join(dated.format(title.format(n), *day) for n, day in enumerate(days)))

    def time_of(document: Document) -> float:
        start = time.process_time()
        assert len(drop_duplicates(document, document.report)) == 4000
        return time.process_time() - start

    assert time_of(document("題目")) < 10 * time_of(document("題目{0}")) + 0.1


ITEM = "題目{0}\n\n2024 年 6 月 19 日 | 稻作學刊 | [英文摘要](#) | 摘要{0}，田埂還沒有修好（[原文](#)）。\n\n"


def test_ten_times_the_items_run_no_more_code_than_that():
    few, many = ("科技研究\n\n" + "".join(map(ITEM.format, range(count))) for count in (20, 200))
    assert lines_run(many) < 12 * lines_run(few)


@pytest.mark.stopwatch
def test_ten_times_the_items_take_no_more_than_that():
    few, many = ("科技研究\n\n" + "".join(map(ITEM.format, range(count))) for count in (200, 2000))
    assert len(parse(many).entries) == 2000
    assert seconds(many) < 20 * seconds(few) + 0.5
