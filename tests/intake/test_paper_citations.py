"""Citation marks: what cites, which page it names, and what only looks like a citation."""

import pytest

from digest.intake.paper.parser import parse
from tests.intake.papers import body_of, marks


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("水[1]。", [1]),
        ("水[1,2]。", [1, 2]),
        ("水[1，2；4]。", [1, 2, 4]),
        ("水[1-3]。", [1, 2, 3]),
        ("水[1–2, 5]。", [1, 2, 5]),
        ("水[ 1 ]。", [1]),
        ("水［1］。", [1]),
        ("水[1][2]。", [1, 2]),
        ("。[3]水", [3]),
        ("“水。”[1]的", [1]),
    ],
)
def test_numbers_in_brackets_cite_one_by_one(text, numbers):
    assert [number for found, _page in marks(text) for number in found] == numbers
    assert body_of(text).count("[@") == len(numbers)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("水[3]38，田", "38"),
        ("水[3] 38或田", "38"),
        ("水[3]38-40。", "38-40"),
        ("水[3]P38。", "P38"),
        ("水[3]pp.38–40。", "pp.38–40"),
        ("水[3]2021年，田", ""),
        ("水。[3]12个村子", ""),
        ("水。[3] 12 個村子", ""),
        ("水。[3]5.6倍", ""),
        ("水。[3]40%的水", ""),
        ("water [3] 12 samples", ""),
        ("water [3]12samples", ""),
        ("水。[3]2019，", ""),
        ("水[3,4]38，", ""),
        ("水[3]1.1亩", ""),
        ("水[3]（38）", ""),
    ],
)
def test_a_page_stands_right_after_the_mark_and_an_amount_does_not(text, page):
    (_numbers, found), *_rest = marks(text)
    assert found == page
    assert ("[@3:" in body_of(text)) == bool(page)


@pytest.mark.parametrize(
    "text",
    [
        "国发[2021]15号",
        "水[N]田",
        "区间[0,1]",
        "x∈[2,5]",
        "取值范围为[1,5]",
        "用[13]C标记",
        "[15]N 标记",
        "水[]田",
        "水[a1]田",
        "水[1.5]田",
        "水[3-1]田",
        "水[1-900]田",
        "水[1--3]田",
        "水(1)田",
        "水[1/2]田",
        "第[1000]号",
    ],
)
def test_other_brackets_stay_as_they_are(text):
    assert marks(text) == []
    assert body_of(text).replace("\\", "") == text


def test_a_number_far_beyond_all_others_is_no_citation_and_is_reported():
    paper = parse("摘要：谈水。\n1 开头\n水[1]，样品[98]丢了[2]。")
    assert paper.cited == [1, 2]
    assert [warning.line for warning in paper.warnings] == [3]
    assert "[98]" in paper.warnings[0].text


def test_a_number_that_the_list_has_is_a_citation_however_far():
    paper = parse("摘要：谈水。\n1 开头\n水[1]，田[40]。\n参考文献\n[1] 甲.\n[40] 乙.")
    assert paper.cited == [1, 40]


def test_cited_numbers_without_an_entry_get_an_empty_slot():
    paper = parse("摘要：谈水。\n1 开头\n水[1]，田[3]。\n参考文献\n[1] 甲.")
    assert paper.references == {1: "甲.", 3: ""}
    assert "reference 3" in paper.missing


def test_headings_and_abstracts_may_cite():
    paper = parse("摘要：谈水[1]。\n1 开头[2]\n水。\n2 结果\n水。")
    assert paper.cited == [1, 2]
