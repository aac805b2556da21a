"""Time grows with the document's length and no faster, whatever it is made of."""

import time

import pytest

from digest.intake.newsletter.parser import parse
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


def seconds(text: str) -> float:
    start = time.process_time()
    parse(text)
    return time.process_time() - start


@pytest.mark.parametrize("kind", HARD)
def test_a_hard_line_of_ten_times_the_length_takes_no_more_than_that(kind):
    def documents(length: int) -> list[str]:
        line = (HARD[kind] * length)[:length]
        body = f"2024 年 6 月 19 日 | 稻作學刊 | [英文摘要](#) | {line}（[原文](#)）"
        texts = (f"{line}\n\n科技研究\n\n本期焦點 {line}\n\n{body}", f"近期活動\n\n{line}\n\n{line}（[活動網站](#)）")
        return [make_newsletter() + text for text in texts]

    short, long = (sum(map(seconds, documents(length))) for length in (LONG // 10, LONG))
    assert long < 30 * short + 0.5


def test_ten_times_the_items_take_no_more_than_that():
    item = "題目{0}\n\n2024 年 6 月 19 日 | 稻作學刊 | [英文摘要](#) | 摘要{0}，田埂還沒有修好（[原文](#)）。\n\n"
    few, many = ("科技研究\n\n" + "".join(map(item.format, range(count))) for count in (200, 2000))
    assert len(parse(many).entries) == 2000
    assert seconds(many) < 20 * seconds(few) + 0.5
