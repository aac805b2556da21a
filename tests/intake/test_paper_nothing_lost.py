"""Nothing is lost: each non-blank line of any paper is in a field or in the warnings."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.intake.paper import markdown_output
from digest.intake.paper.labels import label
from digest.intake.paper.parser import parse
from tests.intake.papers import everything, make_paper

LINES = [
    *make_paper().splitlines(),
    *"""\
参考文献
摘要
Abstract
关键词：
DOI
作者：
DOI：十
Key words
发表日期：某年
2 结果
2. 结果
一、前言
（一）国际
1.1 甲
结论
图1 水
Fig. 1 Water
图1 又一次
图2 水路 / Fig. 2 Ways
Fig. 2
图3显示水。
[3] 丙. 10.5555/a.b
4. 丁.
（5）戊。
续行的字
continued words
| 甲 | 乙 |
|---|---|
甲\t乙
丙\t丁
12
水[1-3]38。
水[7，9]
[98]
---
***
——副题
张三，李四
Anna Example, Bo Sample
- 项
1. 取样
2. 风干
# 题
**题**
在一个很长的没有句号的行里面写了很多很多的字直到它被从中间切断成为两行
A line of words that is long enough to be cut in the middle of its
http://example.org/a?b=c
10.5555/only.a.doi
""".splitlines(),
    "水。" * 40,
]
JUNK = st.text("水田[]()1２.,，。 \t|#*_<&:：—图Fig.摘要", max_size=20)
DOCUMENTS = st.lists(st.one_of(st.sampled_from(LINES), JUNK, st.just("")), max_size=30).map("\n".join)


def letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def lost(text: str) -> list[str]:
    """Lines whose letters and digits are in no field; a label itself is what its field is called."""
    kept = letters(everything(parse(text)))
    missing = []
    for line in text.split("\n"):
        if letters(line) in kept:
            continue
        found = label(line.strip())
        # Two captions on a line, and the names of authors, are kept piece by piece.
        pieces = re.split(r"[/,，、;；]|\sand\s|(?=Fig)", found.rest if found else line)
        missing += [piece for piece in pieces if letters(piece) not in kept]
    return missing


@settings(max_examples=400, deadline=None)
@given(DOCUMENTS)
def test_every_line_of_a_damaged_paper_is_kept(text):
    assert lost(text) == []


@settings(max_examples=200, deadline=None)
@given(st.permutations(list(filter(None, make_paper().split("\n")))))
def test_every_line_of_a_shuffled_paper_is_kept(lines):
    assert lost("\n".join(lines)) == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_taken(text):
    paper = parse(text)
    markdown_output.body(paper)
    assert paper.missing
    assert lost(text) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 600), st.integers(0, 600))
def test_a_paper_cut_anywhere_is_taken(start, end):
    text = make_paper()
    assert lost(text[start : max(start, len(text) - end)]) == []


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
def test_the_pieces_of_a_body_stay_in_the_documents_order(text):
    lines = [block.line for block in parse(text).blocks]
    assert lines == sorted(lines)
