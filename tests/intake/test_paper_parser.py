"""A paper's lines and what they are taken for: front matter, abstracts, headings, captions, references."""

import datetime as dt
import time

import pytest

from digest.intake.paper import markdown_output
from digest.intake.paper.document import BlockKind
from digest.intake.paper.parser import parse
from digest.intake.paper.report import sections
from tests.intake.papers import ABSTRACTS, BODY, FRONT, REFERENCES, body_of, make_paper
from tests.selection import sampled


def abstracts(text: str) -> dict[str, str]:
    return markdown_output.abstracts(parse(text))


def test_a_whole_paper_fills_every_field():
    paper = parse(make_paper())
    assert paper.titles == {"zh-hans": "少灌水的稻田——三个村子的试验", "en": "Less water on paddies"}
    assert (paper.authors, paper.doi, paper.language) == (["张三", "李小四"], "10.5555/water.2023.1", "zh-hans")
    assert set(paper.abstracts) == {"zh-hans", "en"}
    assert paper.figures[1].captions == {"zh-hans": "村子的水路", "en": "Waterways of the village"}
    assert paper.references[2].startswith("LI X. Water on paddies")
    assert paper.missing == ["reference 3", "reference 4", "reference 5", "reference 6", "figure 1", "date", "source"]


def test_what_has_no_field_of_its_own_stays_in_the_text():
    body = markdown_output.body(parse(make_paper()))
    assert "基金项目：某县水利项目（2001）" in body
    assert "（1. 某某大学，南京 210000；2. 某县试验站，某县 310000）" in body
    assert "张三1，李小四2\\*" in body  # with the marks of its footnotes


def test_key_words_stay_with_their_abstract_and_are_not_counted():
    paper = parse(make_paper())
    assert [block.kind for block in paper.abstracts["en"]] == [BlockKind.PARAGRAPH, BlockKind.NOTE]
    assert abstracts(make_paper())["zh-hans"].endswith("\n\n关键词：稻田；灌溉")


def test_the_introduction_without_a_heading_comes_first():
    first, second, *_rest = sections(parse(make_paper()))
    assert (first["number"], first["heading"], first["paragraphs"], first["citations"]) == (None, None, 1, [1])
    assert (second["number"], second["heading"], second["citations"]) == ("1", "为什么少灌", [2, 2])


@pytest.mark.parametrize("mark", ["\ufeff", "\r\n", "  ", "\u3000\u3000"])
def test_line_ends_and_indents_make_no_difference(mark):
    text = make_paper()
    other = text.replace("\n", "\r\n") if mark == "\r\n" else "\n".join(mark + line for line in text.split("\n"))
    plain = other.replace("\r\n", "\n").replace("\ufeff", "")  # as reading hands it over
    assert markdown_output.body(parse(plain)) == markdown_output.body(parse(text))


def test_the_first_line_of_a_paper_without_a_title_is_no_title():
    assert parse(ABSTRACTS.replace("Less water on paddies\n", "") + BODY).titles == {}
    assert parse("摘要：谈水。\n一段很短的话\n1 开头\n水。").titles == {}


def test_the_name_of_the_journal_is_no_title():
    text = f"某某农学学报\n2023年第4期\n{FRONT}{ABSTRACTS}{BODY}"
    assert parse(text).titles["zh-hans"] == "少灌水的稻田——三个村子的试验"
    assert "某某农学学报" in markdown_output.body(parse(text))


def test_labelled_front_matter_goes_to_its_fields():
    paper = parse("题目：稻田的水\n作者：张三、李四\n期刊：《水田》\n发表日期：2023年4月\n摘要：谈水。\n1 开头\n水。")
    assert (paper.titles, paper.authors, paper.source) == ({"zh-hans": "稻田的水"}, ["张三", "李四"], "水田")
    assert paper.when is not None
    assert (paper.when.date, str(paper.when.precision)) == (dt.date(2023, 4, 1), "month")


def test_a_label_may_stand_on_a_line_of_its_own():
    paper = parse("DOI\n10.5555/a.b\n【摘要】\n谈水。\n关键词\n水；田\n引言\n水。")
    assert (paper.doi, abstracts("Abstract\nWater.\nIntroduction\nWe.")) == ("10.5555/a.b", {"en": "Water."})
    assert list(markdown_output.abstracts(paper).values()) == ["谈水。\n\n关键词 水；田"]


def test_an_english_paper_is_english():
    text = (
        "Water on fields\nAnna Example and Bo Sample\nABSTRACT\nWater is used.\n1. Introduction\nWe look at water [1]."
    )
    paper = parse(text)
    assert (paper.language, paper.titles, paper.authors) == (
        "en",
        {"en": "Water on fields"},
        ["Anna Example", "Bo Sample"],
    )
    assert set(paper.abstracts) == {"en"}


def test_a_paper_in_traditional_chinese_is_read_as_that():
    paper = parse("水田的節水\n摘要：本文談節水與產量，說明農民的經驗。\n一、前言\n水是農業的根本，應當節約。")
    assert (paper.language, paper.titles, set(paper.abstracts)) == ("zh-hant", {"zh-hant": "水田的節水"}, {"zh-hant"})


def test_an_abstract_may_have_several_paragraphs_and_cut_lines():
    first = "Abstract: Water on paddies was measured in three villages\nfor two years.\n"
    text = first + "Methods: Gauges.\nKey words: water\n1 Start\nWe."
    first, second, _words = abstracts(text)["en"].split("\n\n")
    assert first == "Water on paddies was measured in three villages for two years."
    assert second == "Methods: Gauges."


def test_an_introduction_of_cut_lines_is_one_paragraph():
    lines = "水是稻田的命少灌一点也能长好村里的农户们都这样说而且他们已经试过\n了三年。\n"
    paper = parse(f"摘要：谈水。\n{lines}1 开头\n水。")
    assert (paper.blocks[0].text, paper.warnings) == (lines.replace("\n", ""), [])


def test_an_abstract_at_the_end_is_found_with_its_title():
    text = (
        make_paper(abstracts="摘要：本文谈水，说明农户的经验。\n") + "\nPaddies and their water\nAbstract: On water.\n"
    )
    paper = parse(text)
    assert (paper.titles["en"], abstracts(text)["en"]) == ("Paddies and their water", "On water.")
    assert "Paddies and their water" not in paper.references[2]


# --- figures and tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "captions"),
    [
        ("图1 水路\nFig. 1 Waterways", {"zh-hans": "水路", "en": "Waterways"}),
        ("图 1：水路 / Fig.1 Waterways", {"zh-hans": "水路", "en": "Waterways"}),
        ("圖1　水路", {"zh-hans": "水路"}),
        ("Figure 1. Waterways", {"en": "Waterways"}),
    ],
)
def test_captions_in_one_or_two_languages_make_one_figure(lines, captions):
    paper = parse(f"摘要：这里说的是农户与水。\n1 开头\n{lines}\n水。")
    assert paper.figures[1].captions == captions
    assert markdown_output.body(paper) == "## 1 开头\n\n[[figure:1]]\n\n水。"


@pytest.mark.parametrize(
    "line", ["图1显示水路。", "图2 所示的村子", "Figure 1 shows the farms.", "图1-2 水路", "图纸是村长画的"]
)
def test_a_sentence_about_a_figure_is_no_caption(line):
    assert parse(f"摘要：谈水。\n1 开头\n{line}").figures == {}


def test_a_second_caption_of_the_same_number_stays_in_the_text():
    body = markdown_output.body(parse("摘要：这里说的是农户与水。\n1 开头\n图1 水路\n水。\n图1 另一条水路"))
    assert body.endswith("图1 另一条水路")
    assert body.count("[[figure:1]]") == 1


def test_rows_with_tabs_become_a_table_and_others_stay_lines():
    assert body_of("处理\t产量\n少灌\t3*\n") == "| 处理 | 产量 |\n|---|---|\n| 少灌 | 3\\* |"
    assert body_of("处理\t产量\n少灌\t3\t4\n") == "处理\t产量\n\n少灌\t3\t4"


# --- references --------------------------------------------------------------------------------------------------


def references(text: str) -> dict[int, str]:
    return parse(f"摘要：谈水。\n1 开头\n水。\n{text}").references


@pytest.mark.parametrize(
    "title", ["参考文献", "參考文獻：", "References", "## REFERENCES", "【参考文献】", "参考文献(References)"]
)
def test_the_list_is_known_by_its_heading(title):
    assert references(f"{title}\n[1] 甲.\n[2] 乙.") == {1: "甲.", 2: "乙."}


def test_entries_run_over_lines_and_come_twice_in_two_languages():
    found = references("参考文献\n[1] 张三. 稻田的\n水[M]. 2001.\nZHANG S. Water of\npaddies.\n[2] Ab-\nc")
    assert found == {1: "张三. 稻田的水[M]. 2001. ZHANG S. Water of paddies.", 2: "Ab-c"}


def test_numbers_with_dots_go_up_by_one_and_others_belong_to_the_entry():
    assert references("References\n1. A. Water, 2001,\n12. 3-4.\n2. B.") == {1: "A. Water, 2001, 12. 3-4.", 2: "B."}


def test_a_list_without_numbers_is_numbered_in_its_order():
    assert references("References\nA. 2001. Water.\nB. 2002. Fields.") == {1: "A. 2001. Water.", 2: "B. 2002. Fields."}


def test_a_number_given_twice_keeps_both_entries():
    paper = parse("摘要：谈水。\n1 开头\n参考文献\n[1] 甲.\n[1] 乙.")
    assert paper.references == {1: "甲.\n乙."}
    assert [warning.line for warning in paper.warnings] == [5]


def test_what_comes_after_the_list_stays_in_the_text():
    text = make_paper(references=REFERENCES + "作者简介：张三，男，农民。\n附录\n更多的水。\n")
    body = markdown_output.body(parse(text))
    assert body.endswith("作者简介：张三，男，农民。\n\n## 附录\n\n更多的水。")


# --- what is no paper, and what is hostile -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["水。", "1 只有一节\n水。", "这是一封信。\n\n你好！\n" * 30, "a,b\n1,2\n", "{}", "-"]
)
def test_other_texts_are_no_papers(text):
    assert not parse(text).is_paper


def test_headings_without_an_abstract_make_a_paper():
    assert parse("1 甲节\n水。\n2 乙节\n水。").missing[0] == "title"
    assert parse("1 甲节\n水。\n2 乙节\n水。").is_paper


ENDLESS = [
    "[",
    "[1",
    "[1,",
    "[1]",
    "1. 水",
    "1.1.",
    "图1",
    "图1 水 ",
    "10.1000/",
    "摘要",
    "摘 ",
    "一、",
    "(",
    " ",
    "\t",
    "|",
]
ENDLESS += [
    "1,",
    "水",
    "&",
    "<a ",
    "张三，",
    "\n",
    "1 水\n",
    "一、水\n",
    "摘要：水\n",
    "[1] 水\n",
    "参考文献\n",
    "图1 水\n",
]
ENDLESS += ["水\t水\n", "作者：\n", "水水\n\n", "Ab Cd\n", "水" * 40 + "\n", "——水\n", "Abstract\n", "DOI\n"]


@pytest.mark.parametrize("piece", sampled(ENDLESS))
def test_hostile_texts_take_time_in_proportion_to_their_length(piece):
    start = time.process_time()
    paper = parse("摘要：谈水。\n1 开头\n" + piece * (60_000 // len(piece)))
    markdown_output.body(paper)
    markdown_output.abstracts(paper)
    assert time.process_time() - start < 5
