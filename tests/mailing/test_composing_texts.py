"""Texts are shortened and folded by what they take on the screen, and plain text loses nothing but the tags."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.rendering import text_layout

MIXED = st.text(st.sampled_from("土壤碳匯稻田與。，「」（） abcXYZ₂é-.;:()👩"), max_size=300)
WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=200)


@given(MIXED | WORDS, st.integers(2, 200))
def test_a_shortened_text_keeps_to_its_columns_and_is_a_beginning(text, columns):
    short = text_layout.shorten(text, columns)
    assert text_layout.width(short) <= columns
    assert text.startswith(short.removesuffix("…"))
    assert short == text or short.endswith("…") or short[-1:] in "。．！？!?；."


@given(MIXED | WORDS, st.integers(2, 200))
def test_a_summary_is_cut_at_a_sentence_or_a_comma_or_left_out(text, columns):
    short = text_layout.shorten_to_sentence(text, columns)
    assert text_layout.width(short) <= columns and text.startswith(short.removesuffix("…"))
    end = len(short.removesuffix("…"))
    assert short in ("", text) or short[-1] in "。！？!?.」』”’）)" or text[end] in "，；：,;:"


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("稻田排水能減少甲烷。但是產量會下降。", 30, "稻田排水能減少甲烷。"),
        ("稻田排水能減少甲烷，但是產量會下降。", 30, "稻田排水能減少甲烷…"),
        ("稻田排水能減少甲烷與氮的淋失", 20, ""),
        ("Draining paddies cuts methane by 1,300 tonnes or half.", 45, ""),
    ],
)
def test_no_summary_ends_in_the_middle_of_a_statement(text, columns, short):
    assert text_layout.shorten_to_sentence(text, columns) == short


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("稻田排水能減少甲烷。但是產量會下降，仍待觀察。", 30, "稻田排水能減少甲烷。"),
        ("稻田排水能減少甲烷，但是產量會下降，仍待觀察。", 22, "稻田排水能減少甲烷…"),
        ("Draining paddies cuts methane. Yields may fall.", 40, "Draining paddies cuts methane."),
        ("Draining paddies cuts methane by half.", 20, "Draining paddies…"),
        ("每公頃減少CO₂排放", 15, "每公頃減少…"),
        ("排水能減少甲烷；產量卻下降，仍待觀察。", 24, "排水能減少甲烷…"),
        ("氮的淋失減少一半（每年約7.3公斤），碳增加", 28, "氮的淋失減少一半…"),
        ("", 5, ""),
    ],
)
def test_texts_are_shortened_where_a_reader_would(text, columns, short):
    assert text_layout.shorten(text, columns) == short


@given(MIXED | WORDS)
def test_folding_loses_nothing_and_keeps_to_the_width_where_words_allow(text):
    folded = text_layout.fold(text, "* ", "  ")
    assert re.sub(r"\s", "", folded).removeprefix("*") == re.sub(r"\s", "", text)
    for line in folded.split("\n"):
        longest = max((text_layout.width(unit.strip()) for unit in text_layout._units(text)), default=0)
        assert text_layout.width(line) <= max(text_layout.COLUMNS, longest + 2)


@given(MIXED)
def test_no_line_begins_with_closing_or_ends_with_opening_punctuation(text):
    lines = [line.strip() for line in text_layout.fold(text.strip(), columns=20).split("\n")][:-1]
    opened = [line for line in lines if line and line[-1] in "「（("]
    assert not opened


def test_chinese_is_folded_between_any_characters_and_stops_stay_behind():
    assert text_layout.fold("土壤碳匯與稻田，水。", columns=14) == "土壤碳匯與稻\n田，水。"
    assert text_layout.fold("如見https://example.org/a-long-address-here文", columns=20).split("\n")[1][:5] == "https"


@given(st.text())
def test_nothing_harmful_is_left_in_a_finished_part_and_nothing_else_is_taken(text):
    clean = text_layout.without_control_characters(f"{text}\0\r\n\u202eexe\ud800")
    assert clean.endswith("\nexe") and clean.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", clean)
    assert text_layout.without_control_characters(clean) == clean
    assert text_layout.without_control_characters("a\tb\nc 稻\u200f👩\u200d🌾") == "a\tb\nc 稻\u200f👩\u200d🌾"


def test_a_dot_between_two_facts_stays_with_the_first():
    assert text_layout.fold("Issue 17 · Issue 16 · Issue 15", columns=19) == "Issue 17 · Issue\n16 · Issue 15"
    assert text_layout.fold("第17期 · 第16期", columns=8) == "第17期 ·\n第16期"


def test_an_address_stands_below_its_label_where_one_line_has_no_room_for_both():
    assert text_layout.labelled("More", "https://a.test/") == "More: https://a.test/"
    assert text_layout.labelled("更多", "https://a.test/") == "更多：https://a.test/"
    assert text_layout.labelled("更多", "https://a.test/" + "x" * 60, "  ").startswith("  更多：\n  https://a.test/")


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>One &amp; two.</p><p>Three</p>", ["One & two.", "Three"]),
        ('<p>See <a href="https://a.test/x">the paper</a>.</p>', ["See the paper ( https://a.test/x )."]),
        ('<p><a href="https://a.test/">https://a.test/</a></p>', ["https://a.test/"]),
        ('<p>As<sup><a href="#fn-1">1</a></sup></p>', ["As1 ( http://b.test/i#fn-1 )"]),
        ("<ul><li>a</li><li>b</li></ul>", ["• a", "• b"]),
        ("<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", ["a b"]),
        ("", []),
    ],
)
def test_html_becomes_paragraphs_with_its_addresses(html, said):
    assert text_layout.paragraphs(html, "http://b.test/i") == said


def test_html_in_a_mail_has_no_anchors_of_its_own():
    html = '<p id="sum-1-s-a">x<a href="#fn-1" class="cite">1</a></p>'
    assert text_layout.for_email(html, "http://b.test/i") == 'x<a href="http://b.test/i#fn-1">1</a>'
    assert text_layout.for_email("<p>one</p><p>two</p>", "") == "<p>one</p><p>two</p>"
