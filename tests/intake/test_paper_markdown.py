"""A paper's plain text as Markdown: it shows just what the author wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.common.conversion import to_hans, to_hant
from digest.common.markup import render
from digest.common.sanitising import plain_text
from digest.intake.paper import markdown_output
from digest.intake.paper.document import BlockKind, PaperBlock
from tests.intake.papers import body_of, make_paper, parse

SPECIAL = st.one_of(
    st.sampled_from("\\`*_{}[]()#+-.!<>&|:;=~^@"),
    st.sampled_from(["1. ", "- ", "[x]", "**", "__", "<b>", "&lt;", "[[", "]]", "![", "]("]),
)
TEXTS = st.lists(st.one_of(SPECIAL, st.text("ab水田 12", max_size=4)), min_size=1, max_size=15).map("".join)


def shown(block: PaperBlock) -> str:
    return (
        plain_text(render(f"甲\n\n{markdown_output.markdown(block)}\n\n乙").html)
        .removeprefix("甲")
        .removesuffix("乙")
        .strip()
    )


@given(TEXTS)
def test_a_paragraph_shows_what_was_written(text):
    text = " ".join(text.split()) or "水"
    assert shown(PaperBlock(BlockKind.PARAGRAPH, 1, text)) == text


@given(TEXTS)
def test_a_heading_shows_what_was_written(text):
    text = "1 水" + " ".join(text.split())
    assert shown(PaperBlock(BlockKind.HEADING, 1, text, level=1)) == text


@given(
    st.lists(
        st.lists(TEXTS.map(lambda t: " ".join(t.split()) or "水"), min_size=2, max_size=2), min_size=2, max_size=4
    )
)
def test_a_table_shows_its_cells(rows):
    block = PaperBlock(BlockKind.TABLE, 1, "\n".join("\t".join(row) for row in rows))
    assert shown(block).split() == " ".join(cell for row in rows for cell in row).split()


@pytest.mark.parametrize(
    ("line", "markdown"),
    [
        ("- 水", r"\- 水"),
        ("# 水。", r"\# 水。"),
        ("> 水", r"\> 水"),
        ("12. 水，", r"12\. 水，"),
        ("---", r"\---"),
        ("P<0.05", "P<0.05"),
        ("a<b>c", "a&lt;b>c"),
        ("<水@x>", "&lt;水@x>"),
        ("*水*", r"\*水\*"),
        ("[水](http://x)", r"\[水\](http://x)"),
        ("[[figure:1]]", r"\[\[figure:1\]\]"),
        ("[@1]", r"\[@1\]"),
        ("[^1]: 水", r"\[^1\]: 水"),
    ],
)
def test_marks_of_the_author_are_no_marks_of_ours(line, markdown):
    assert body_of(line) == markdown


def test_sections_are_one_level_below_the_page_and_the_figure_is_a_paragraph():
    body = markdown_output.body(parse(make_paper()))
    assert "\n\n## 1 为什么少灌\n\n" in body
    assert "\n\n### 1.1 水从哪里来\n\n" in body
    assert "\n\n[[figure:1]]\n\n" in body


@pytest.mark.parametrize("convert", [to_hans, to_hant])
def test_marks_and_figures_survive_conversion(convert):
    html = render(convert(markdown_output.body(parse(make_paper())))).html
    assert html.count('class="cite"') == 8
    assert html.count('<span class="locator">') == 2
    assert "<p>[[figure:1]]</p>" in html
