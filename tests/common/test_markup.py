"""Rendering of Markdown and of our additions to it."""

import pytest

from digest.common.markup import render
from digest.common.sanitising import plain_text
from tests.common.html_tree import Tree, html


def test_paragraphs_emphasis_lists_and_quotations():
    text = "One *two* **three**.\n\n- a\n- b\n\n> c\n\n3. d\n"
    tree = Tree(html(text))
    assert {"p", "em", "strong", "ul", "li", "blockquote", "ol"} <= set(tree.tags)
    assert tree.get("start") == ["3"]


def test_headings_start_at_h2_and_have_anchors():
    rendered = render("# 水\n\n## 田\n\n# Two words")
    assert [(h.level, h.anchor, h.text) for h in rendered.outline] == [
        (2, "s-水", "水"),
        (3, "s-田", "田"),
        (2, "s-two-words", "Two words"),
    ]
    assert '<h2 id="s-水">水</h2>' in rendered.html


def test_anchors_of_the_outline_are_unique():
    rendered = render("# 水\n\n# 水\n\n# !\n\n# !\n\n# a b\n\n# a-b")
    anchors = [heading.anchor for heading in rendered.outline]
    assert len(set(anchors)) == 6
    assert Tree(rendered.html).get("id") == anchors


def test_deep_headings_stay_headings():
    assert Tree(html("###### 水")).tags == ["h6"]


def test_a_prefix_makes_anchors_unique():
    text = "# 水\n\nA[@1] note[^1].\n\n[^1]: Here."
    first, second = Tree(html(text)), Tree(html(text, "abs-"))
    assert set(first.get("id")).isdisjoint(second.get("id"))
    inner = {href.removeprefix("#") for href in second.get("href") if not href.startswith("#ref-")}
    assert inner <= set(second.get("id"))


def test_footnotes_link_there_and_back():
    tree = Tree(html("Water[^a] and more[^a].\n\n[^a]: A note."))
    assert "footnote" in tree.get("class")
    assert {href.removeprefix("#") for href in tree.get("href")} <= set(tree.get("id"))


def test_tables_have_headers_and_alignment_without_styles():
    text = html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<th scope="col">a</th>' in text
    assert '<td class="right">2</td>' in text
    assert "style" not in text


def test_a_citation_links_to_its_reference():
    assert html("水[@3]。") == ('<p>水<sup class="cite" id="cite-3-1"><a href="#ref-3">[3]</a></sup>。</p>')


def test_a_citation_may_have_a_page_and_be_repeated():
    text = html("水[@3:38]，田[@3][@4:P5-7]。")
    assert '<a href="#ref-3">[3]</a><span class="locator">38</span></sup>' in text
    assert Tree(text).get("id") == ["cite-3-1", "cite-3-2", "cite-4-1"]


@pytest.mark.parametrize("text", ["[@]", "[@a]", "[@12345]", "[@3", r"\[@3]", "`[@3]`"])
def test_other_brackets_are_unchanged(text):
    assert "cite" not in html(text)
    assert plain_text(html(text)) == text.strip("`").replace("\\", "")


def test_a_figure_marker_is_a_separate_paragraph():
    assert "<p>[[figure:1]]</p>" in html("水\n\n[[figure:1]]\n\n田")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("稻田CO2排放與CH4排放", "稻田CO₂排放與CH₄排放"),
        ("CO2 and N2O", "CO₂ and N₂O"),
        ("CH4, CO2e.", "CH₄, CO₂e."),
        ("N20", "N20"),
        ("xCO2", "xCO2"),
        ("CO22", "CO22"),
        ("`CO2`", "CO2"),
        ("https://example.org/CO2", "https://example.org/CO2"),
    ],
)
def test_gases_have_subscripts(text, shown):
    assert plain_text(html(text)) == shown


def test_urls_with_a_gas_are_unchanged():
    assert Tree(html("[CO2](https://example.org/CO2)")).get("href") == ["https://example.org/CO2"]


def test_images_become_links():
    text = html("![a field](https://example.org/f.png) and ![](https://example.org/g.png)")
    assert "<img" not in text
    assert '<a href="https://example.org/f.png">a field</a>' in text
    assert ">https://example.org/g.png</a>" in text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/admin/", "ftp://x.y", "x"]
)
def test_unsafe_urls_are_removed(address):
    assert Tree(html(f"[水]({address})")).get("href") == []
    assert "水" in html(f"[水]({address})")
