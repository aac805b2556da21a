"""Real documents vary: the same newsletter in other shapes says the same."""

import datetime as dt
import re
from collections.abc import Callable

import pytest

from digest.intake.newsletter.document import Document, ParsedItem
from digest.intake.newsletter.parser import parse
from tests.intake.documents import MASTHEAD, SECTIONS, make_newsletter

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_TITLES = re.compile(r"^(本期焦點 .*|第 \S+ 期 .*|田埂上的.*|輪灌公約.*|第三屆.*|看鳥人.*)$", re.MULTILINE)
_NAMES = re.compile(r"^(科技研究|新聞時事|農糧政策|開放資料|近期活動|前期\S+回顧)$", re.MULTILINE)


def facts(document: Document) -> list[object]:
    """All that a document says, without line numbers."""
    items = sorted(sorted(_say(entry)) for entry in document.entries)
    return [document.number, document.date, document.intro, document.themes, document.look_back_theme, items]


def _say(entry: ParsedItem) -> list[tuple[str, str]]:
    verbatim = (
        {"line", "summary", "poster"} if entry.poster else {"line"}
    )  # a promoted event's sentence is kept as it is
    return [(key, str(value)) for key, value in entry.as_json().items() if key not in verbatim]


def marked(before: str, after: str = "") -> Callable[[str], str]:
    return lambda text: _TITLES.sub(rf"{before}\1{after}", _NAMES.sub(rf"{before}\1{after}", text))


SHAPES: dict[str, Callable[[str], str]] = {
    "full-width brackets": lambda t: t.replace("([", "（[").replace("])。", "]）。").replace("(#))", "(#)）"),
    "half-width brackets": lambda t: t.replace("（[", "([").replace("(#)）", "(#))"),
    "full-width link marks": lambda t: re.sub(r"\[([^\]]+)\]\(#\)", r"［\1］（＃）", t),
    "spaces inside link marks": lambda t: t.replace("](#)", "] ( # )"),
    "labels without addresses": lambda t: re.sub(r"\[(英文摘要|原文|網站|數據)\]\(#\)", r"[\1]", t),
    "no spaces inside dates": lambda t: re.sub(r"(?<=[\d年月]) (?=[年月日\d])", "", t),
    "spaces inside the masthead's date": lambda t: t.replace("2024年5月3日", "2024 年 5 月 3 日"),
    "full-width digits in dates": lambda t: re.sub(r"\d+(?= [年月日])", lambda m: m[0].translate(_WIDE), t),
    "numeric dates": lambda t: re.sub(r"(\d{4}) 年 (\d+) 月 (\d+) 日(?= \|)", r"\1/\2/\3", t),
    "tildes in ranges": lambda t: t.replace(" - 2025", "～2025").replace("7-8", "7~8"),
    "dashes in ranges": lambda t: t.replace(" - 2025", " – 2025").replace("7-8", "7–8"),
    "至 in ranges": lambda t: t.replace(" - 2025", "至2025"),
    "full-width bars": lambda t: t.replace(" | ", "｜"),
    "bars without spaces": lambda t: t.replace(" | ", "|"),
    "bars at both ends": lambda t: re.sub(r"^(\d{4} 年 .*\|.*?)\|?$", r"| \1 |", t, flags=re.MULTILINE),
    "characters without width": lambda t: (
        t.replace("本期", "\u200b本\u2060期").replace("](", "]\u200b(").replace("稻", "稻\u00ad")
    ),
    "CRLF": lambda t: t.replace("\n", "\r\n"),
    "CR": lambda t: t.replace("\n", "\r"),
    "no blank lines": lambda t: re.sub(r"\n{2,}", "\n", t),
    "more blank lines": lambda t: t.replace("\n", "\n \n"),
    "indented": lambda t: re.sub(r"^(?=.)", "\u3000 ", t, flags=re.MULTILINE),
    "bold titles": marked("**", "**"),
    "underlined titles": marked("__", "__"),
    "headings": marked("## "),
    "closed headings": marked("### ", " ###"),
    "bold headings": marked("## **", "**"),
    "list marks": marked("- "),
    "bullets": marked("• "),
    "section names in brackets": lambda t: _NAMES.sub(r"【\1】", t),
    "section names with numerals": lambda t: t.replace("\n科技研究\n", "\n一、科技研究\n"),
    "section names with counts": lambda t: t.replace("\n科技研究\n", "\n科技研究 (2)\n"),
    "bilingual section names": lambda t: t.replace("\n科技研究\n", "\n科技研究 Research\n"),
    "rules between sections": lambda t: _NAMES.sub(r"-----\n\n\1", t),
    "focus in brackets": lambda t: re.sub(r"^本期焦點 ", "【本期焦點】", t, flags=re.MULTILINE),
    "focus with a colon": lambda t: re.sub(r"^本期焦點 ", "本期焦點：", t, flags=re.MULTILINE),
    "focus in bold": lambda t: re.sub(r"^本期焦點 ", "**本期焦點** ", t, flags=re.MULTILINE),
    "focus on its own line": lambda t: re.sub(r"^本期焦點 ", "本期焦點\n", t, flags=re.MULTILINE),
    "focus after the title": lambda t: re.sub(r"^本期焦點 (\S+)$", r"\1 [本期焦點]", t, flags=re.MULTILINE),
    "issue numbers set tight": lambda t: re.sub(r"^第 (\S+) 期 ", r"第\1期 ", t, flags=re.MULTILINE),
    "issue numbers in brackets": lambda t: re.sub(r"^第 (\S+) 期 ", r"【第\1期】", t, flags=re.MULTILINE),
    "issue numbers spaced and wide": lambda t: t.replace("第 13-2 期", "第 １３ － ２ 期"),
    "a bold summary label": lambda t: t.replace("[原文](#)", "**[原文](#)**"),
    "body in two lines": lambda t: t.replace("[英文摘要](#) | 三塊", "[英文摘要](#) |\n三塊"),
    "a summary cut by line ends": lambda t: t.replace("缺過水的苗", "\n缺過水的苗").replace("三塊田", "三塊田"),
    "a link cut by a line end": lambda t: t.replace("稻作學刊 | [英文摘要]", "稻作學刊 | [英文\n摘要]"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_newsletter_in_another_shape_says_the_same(shape):
    plain, shaped = make_newsletter(), SHAPES[shape](make_newsletter())
    assert shaped != plain
    assert facts(parse(shaped)) == facts(parse(plain))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_leaves_nothing_not_understood(shape):
    assert parse(SHAPES[shape](make_newsletter())).remainder == []


@pytest.mark.parametrize("missing", range(5))
def test_a_section_may_be_missing(missing):
    kept = [section for at, section in enumerate(SECTIONS) if at != missing]
    as_plain_text, part = parse(make_newsletter()), parse(make_newsletter(*kept))
    assert part.remainder == []
    assert len(part.sections) == 4
    assert {e.title for e in part.entries} < {e.title for e in as_plain_text.entries}


def test_sections_come_in_any_order():
    turned = parse(make_newsletter(*reversed(SECTIONS)))
    assert facts(turned) == facts(parse(make_newsletter()))
    assert turned.entries[0].section == "event"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("2024年5月3日 (第13-2期)", "13-2"),
        ("第 13 - 2 期　2024 年 5 月 3 日", "13-2"),
        ("第１３－２期 | ２０２４年５月３日", "13-2"),
        ("**第 13–2 期** · 民國113年5月3日", "13-2"),
        ("## 第二十一期（2024.05.03）", "21"),
        ("發行日期：2024-05-03　期數：第 021 期", "21"),
        ("水田週報電子報 第21期 2024/5/3", "21"),
        ("Issue No. 13-2 — 3 May 2024", "13-2"),
        ("水田的信 第21期\n2024年5月3日", "21"),
        ("Newsletter #21? No. 21, May 3rd, 2024", "21"),
    ],
)
def test_the_masthead_says_its_number_in_many_ways(line, number):
    document = parse(make_newsletter(masthead=MASTHEAD.replace("2024年5月3日 (第21期)", line)))
    assert (document.number, document.date) == (number, dt.date(2024, 5, 3))


def test_addresses_may_be_real_and_hold_brackets():
    text = make_newsletter().replace("[原文](#)", "[原文](https://example.org/稻_(作)?a=1&b=2#c)")
    link = parse(text).entries[0].links[1]
    assert (str(link.role), link.url) == ("original", "https://example.org/稻_(作)?a=1&b=2#c")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.org/a", "not/an/address", "http://"])
def test_an_impossible_address_is_told_and_not_kept(address):
    document = parse(make_newsletter().replace("[數據](#)", f"[數據]({address})"))
    assert [link.url for e in document.entries for link in e.links if link.role == "data"] == [None]
    assert any(address in warning.text for warning in document.warnings)
    assert any(address in warning.text for warning in document.remainder)


@pytest.mark.parametrize(
    ("body", "date", "source"),
    [
        ("稻作學刊 | [英文摘要](#) | 三塊田試了兩年（[原文](#)）。", None, "稻作學刊"),
        ("2024 年 4 月 2 日 | [英文摘要](#) | 三塊田試了兩年（[原文](#)）。", "2024-04-02", None),
        ("[英文摘要](#) | 三塊田試了兩年（[原文](#)）。", None, None),
        ("三塊田試了兩年（[原文](#)）。", None, None),
        ("2024 年 4 月 2 日 稻作學刊 | [英文摘要](#) | 三塊田試了兩年（[原文](#)）。", "2024-04-02", "稻作學刊"),
        ("2024 年 4 月 | 稻作學刊 | [英文摘要](#) | 三塊田試了兩年。", "2024-04", "稻作學刊"),
        ("日期：2024 年 4 月 2 日 | 來源：稻作學刊 | 三塊田試了兩年。", "2024-04-02", "稻作學刊"),
        ("2024 年 4 月 2 日 | 稻作學刊 [英文摘要](#) | 三塊田試了兩年（[原文](#)）。", "2024-04-02", "稻作學刊"),
        ("三塊田試了兩年。", None, None),
    ],
)
def test_an_item_may_lack_date_or_source(body, date, source):
    above, below = "2024年5月3日 (第21期)\n\n科技研究\n\n本期焦點 早稻的根", "田埂\n\n2024 年 3 月 1 日 | 田報 | 草。"
    text = f"{above}\n\n{body}\n\n{below}\n"
    first, second = (entry.as_json() for entry in parse(text).entries)
    assert (first["date"], first["source"], first["summary"]) == (date, source, "三塊田試了兩年。")
    assert second["title"] == "田埂"


@pytest.mark.parametrize(
    "date", ["2024 年 2 月 31 日", "2024 年 13 月 1 日", "2024 年 9 月 12-10 日", "31 April 2024"]
)
def test_an_impossible_date_is_kept_as_text(date):
    document = parse(make_newsletter().replace("2024 年 4 月 2 日", date))
    assert document.entries[0].span is None
    assert document.entries[0].source == "稻作學刊"
    assert [(warning.line, warning.text) for warning in document.remainder] == [(15, date)]


def test_an_event_without_a_year_takes_the_next_such_day():
    text = make_newsletter().replace("2024 年 7 月 5 日", "1 月 5 日")
    document = parse(text)
    assert document.entries[-1].as_json()["date"] == "2025-01-05"
    assert any("1 月 5 日" in warning.text for warning in document.warnings)


def test_a_title_with_a_number_of_its_own_keeps_it():
    text = make_newsletter().replace("田埂上的草與蜘蛛", "2. 田埂上的草").replace("輪灌公約草案", "1. 輪灌公約草案")
    titles = [entry.title for entry in parse(text).entries]
    assert "2. 田埂上的草" in titles
    assert "輪灌公約草案" in titles


def test_what_is_not_understood_is_kept_with_its_line():
    text = make_newsletter().replace("新聞時事\n", "新聞時事\n\n編按：本週停電\n")
    document = parse(text)
    assert [(warning.line, warning.text) for warning in document.remainder] == [(31, "編按：本週停電")]
    assert facts(document)[-1] == facts(parse(make_newsletter()))[-1]


def test_a_look_back_cannot_name_its_own_or_a_later_issue():
    document = parse(make_newsletter().replace("第 9 期", "第 21 期"))
    assert [e.look_back_issue for e in document.entries if e.role == "look_back"] == [None, "13-2"]
    assert any("夜裡灌水" in e.title for e in document.entries)


def test_a_linked_title_gives_its_address_to_the_item():
    text = make_newsletter().replace("輪灌公約草案\n", "[輪灌公約草案](https://example.org/pact)\n")
    found = next(e for e in parse(text).entries if e.title == "輪灌公約草案")
    assert ("original", "https://example.org/pact") in [(str(link.role), link.url) for link in found.links]
