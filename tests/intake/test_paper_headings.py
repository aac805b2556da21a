"""Headings of a paper: known by number, word or mark, told from lists and amounts."""

import pytest

from digest.intake.paper import markdown_output
from digest.intake.paper.parser import parse
from tests.intake.papers import body_of, headings


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        ("1  为什么少灌", 1, "1 为什么少灌"),
        ("1 国内外的做法", 1, "1 国内外的做法"),
        ("1. 分析", 1, "1 分析"),
        ("1．材料与方法", 1, "1 材料与方法"),
        ("1、开头", 1, "1 开头"),
        ("0 引言", 1, "0 引言"),
        ("1开头", 1, "1 开头"),
        ("2.1  水从哪里来", 2, "2.1 水从哪里来"),
        ("2．1 种植制度", 2, "2.1 种植制度"),
        ("2.1.3　个体差异", 3, "2.1.3 个体差异"),
        ("一、前言", 1, "一、前言"),
        ("（一）国际", 2, "（一）国际"),
        ("(二) 国内", 2, "（二）国内"),
        ("第一章 总论", 1, "第一章 总论"),
        ("I. Introduction", 1, "I. Introduction"),
        ("Materials and Methods", 1, "Materials and Methods"),
        ("结论", 1, "结论"),
        ("## 2 方法", 1, "2 方法"),
        ("**3 结果**", 1, "3 结果"),
        ("### **3.1** 产量", 2, "3.1 产量"),
        ("### 不编号的一节", 3, "不编号的一节"),
    ],
)
def test_headings_are_known_by_number_word_or_mark(line, level, text):
    assert headings(f"摘要：谈水。\n\n{line}\n\n水。") == [(level, text)]


@pytest.mark.parametrize(
    "line",
    [
        "2023年，水少了。",
        "3 种方法",
        "5年以来",
        "4.5 万亩",
        "12.5 kg",
        "0.4～0.9 Pg",
        "1. 把田整平；",
        "15.46亿亩农田都要建好",
        "33 个村子",
        "1",
        "2.0 版",
        "21 从来没有这么多节",
        "（一）国际层面。各国都在谈水，谈得很多，而且越谈越多。",
        "1.2 3.4 5.6",
        "甲\t乙\t丙",
    ],
)
def test_other_lines_with_numbers_are_text(line):
    assert headings(f"摘要：谈水。\n\n开头的话。\n\n{line}\n\n水。") == []
    assert "".join(line.split()) in "".join(body_of(line).replace("\\", "").replace("|", "").replace("-", "").split())


def test_a_numbered_list_is_no_row_of_sections():
    text = "摘要：谈水。\n1. 开头\n步骤如下：\n1. 取样\n2. 风干\n3. 过筛\n2. 方法\n水。\n3. 结果\n水。"
    assert [title for _level, title in headings(text)] == ["1 开头", "2 方法", "3 结果"]


def test_digits_below_chinese_numerals_are_a_deeper_level_and_start_anew_in_each_part():
    text = "摘要：谈水。\n一、甲节\n1. 子题\n水。\n2. 丑题\n水。\n二、乙节\n（一）寅节\n1. 卯题\n水。"
    assert [level for level, _title in headings(text)] == [1, 2, 2, 1, 2, 3]


def test_sections_in_another_order_keep_their_headings_and_are_reported():
    paper = parse("摘要：谈水。\n1 甲节\n水。\n3 丙节\n水。\n2 乙节\n水。")
    assert [block.number for block in paper.headings] == ["1", "3", "2"]
    assert [warning.line for warning in paper.warnings] == [4, 6]


def test_a_line_cut_in_mid_sentence_runs_on_although_it_begins_with_a_number():
    text = "Abstract: W.\n1 Start\nWater was measured on each of the paddies and its\n3 Gauges were read every day.\n"
    assert markdown_output.body(parse(text)).endswith("paddies and its 3 Gauges were read every day.")
