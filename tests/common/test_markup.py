"""Markdown to safe HTML: what is rendered, what is taken out, and that no text takes long."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.common.markup import MAX_LENGTH, plain, render, sanitise

TAGS = set(
    re.findall(
        r"\w+",
        "p br hr em strong del code pre blockquote ul ol li sub sup dl dt dd h2 h3 h4 h5 h6 "
        "table thead tbody tr th td a span div",
    )
)
ATTRIBUTES = {"href", "id", "class", "title", "aria-label", "scope", "start"}


class Tree(HTMLParser):
    """The tags, attributes and addresses of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    handle_startendtag = handle_starttag

    def get(self, name: str) -> list[str]:
        return [value or "" for attribute, value in self.attributes if attribute == name]

    @property
    def is_safe(self) -> bool:
        names = {name for name, _value in self.attributes}
        hrefs = [href for href in self.get("href") if not re.match(r"(https?://|mailto:|#)", href, re.IGNORECASE)]
        return set(self.tags) <= TAGS and names <= ATTRIBUTES and hrefs == []


def html(source: str, prefix: str = "") -> str:
    return render(source, prefix).html


# --- what is rendered --------------------------------------------------------------------------------------------


def test_paragraphs_emphasis_lists_and_quotations():
    text = "One *two* **three**.\n\n- a\n- b\n\n> c\n\n3. d\n"
    tree = Tree(html(text))
    assert {"p", "em", "strong", "ul", "li", "blockquote", "ol"} <= set(tree.tags)
    assert tree.get("start") == ["3"]


def test_headings_begin_below_the_pages_title_and_have_anchors():
    rendered = render("# 水\n\n## 田\n\n# Two words")
    assert [(h.level, h.anchor, h.text) for h in rendered.outline] == [
        (2, "s-水", "水"),
        (3, "s-田", "田"),
        (2, "s-two-words", "Two words"),
    ]
    assert '<h2 id="s-水">水</h2>' in rendered.html


def test_every_heading_of_an_outline_has_its_own_anchor_in_the_text():
    rendered = render("# 水\n\n# 水\n\n# !\n\n# !\n\n# a b\n\n# a-b")
    anchors = [heading.anchor for heading in rendered.outline]
    assert len(set(anchors)) == 6
    assert Tree(rendered.html).get("id") == anchors


def test_deep_headings_stay_headings():
    assert Tree(html("###### 水")).tags == ["h6"]


def test_a_prefix_keeps_two_texts_of_one_page_apart():
    text = "# 水\n\nA[@1] note[^1].\n\n[^1]: Here."
    first, second = Tree(html(text)), Tree(html(text, "abs-"))
    assert set(first.get("id")).isdisjoint(second.get("id"))
    inner = {href.removeprefix("#") for href in second.get("href") if not href.startswith("#ref-")}
    assert inner <= set(second.get("id"))


def test_footnotes_lead_there_and_back():
    tree = Tree(html("Water[^a] and more[^a].\n\n[^a]: A note."))
    assert "footnote" in tree.get("class")
    assert {href.removeprefix("#") for href in tree.get("href")} <= set(tree.get("id"))


def test_tables_have_column_heads_and_alignment_without_styles():
    text = html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<th scope="col">a</th>' in text
    assert '<td class="right">2</td>' in text
    assert "style" not in text


def test_a_citation_is_a_mark_that_leads_to_its_reference():
    assert html("水[@3]。") == ('<p>水<sup class="cite" id="cite-3-1"><a href="#ref-3">[3]</a></sup>。</p>')


def test_a_citation_may_name_a_page_and_come_twice():
    text = html("水[@3:38]，田[@3][@4:P5-7]。")
    assert '<a href="#ref-3">[3]</a><span class="locator">38</span></sup>' in text
    assert Tree(text).get("id") == ["cite-3-1", "cite-3-2", "cite-4-1"]


@pytest.mark.parametrize("text", ["[@]", "[@a]", "[@12345]", "[@3", r"\[@3]", "`[@3]`"])
def test_what_is_no_citation_stays_as_written(text):
    assert "cite" not in html(text)
    assert plain(html(text)) == text.strip("`").replace("\\", "")


def test_the_mark_of_a_figure_is_a_paragraph_of_its_own():
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
def test_gases_get_their_subscripts(text, shown):
    assert plain(html(text)) == shown


def test_an_address_with_a_gas_in_it_still_leads_there():
    assert Tree(html("[CO2](https://example.org/CO2)")).get("href") == ["https://example.org/CO2"]


def test_pictures_become_links_to_them():
    text = html("![a field](https://example.org/f.png) and ![](https://example.org/g.png)")
    assert "<img" not in text
    assert '<a href="https://example.org/f.png">a field</a>' in text
    assert ">https://example.org/g.png</a>" in text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/admin/", "ftp://x.y", "x"]
)
def test_links_lead_only_where_links_may(address):
    assert Tree(html(f"[水]({address})")).get("href") == []
    assert "水" in html(f"[水]({address})")


# --- what is taken out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        '<p style="x" onclick="alert(1)" id="content" class="masthead">x</p>',
        "<iframe src=https://evil.example></iframe>",
        "<form action=/admin/><input name=a></form>",
        "<h2><select><h2>x",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<div id=ref-1 class='cite evil'>x</div>",
        "<style>*{display:none}</style>",
        "<base href=//evil.example><meta http-equiv=refresh content=0>",
    ],
)
def test_hostile_html_loses_what_is_not_allowed(payload):
    assert Tree(html(f"水\n\n{payload}\n\n田")).is_safe
    assert Tree(sanitise(payload)).is_safe
    assert "alert" not in sanitise(payload)


def test_ids_and_classes_are_only_our_own():
    tree = Tree(sanitise('<div class="masthead left"><h2 id="main">a</h2><h2 id="s-a">b</h2><p id="s-b">c</p></div>'))
    assert (tree.get("id"), tree.get("class")) == (["s-a"], ["left"])


PIECES = st.sampled_from(
    [
        *(
            "<h2 id=s-1>",
            "<select>",
            "<p>",
            "</p>",
            "<table><tr><td>",
            "<a href='http://a'>",
            "</a>",
            "<svg>",
            "<math>",
        ),
        *(
            "<style>",
            "<!--",
            "-->",
            "<template>",
            "<textarea>",
            "<title>",
            "<li value=3>",
            "<pre>\n",
            "&lt;",
            "&#60;",
            "<",
        ),
        *(
            '"',
            "'",
            ">",
            "<noscript>",
            "<xmp>",
            "<plaintext>",
            "<annotation-xml encoding='text/html'>",
            "<mglyph>",
            "</",
        ),
        *(
            "<img src=x onerror=a>",
            "javascript:",
            "<sup class=cite>",
            "\x00",
            "<ol start=3>",
            "<dl><dt>",
            "<div class=left>",
        ),
    ]
)
HTML = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=12).map("".join)
MARKDOWN = st.lists(
    st.one_of(
        PIECES,
        st.sampled_from(
            ["# ", "- ", "> ", "1. ", "**", "_", "`", "[@1]", "[^1]", "[^1]: ", "![", "](", ")", "\n", "\n\n"]
        ),
        st.sampled_from(
            ["| a | b |\n|---|---|\n", "    ", "CO2", "[[figure:1]]", "---\n", "<http://a>", "[a]: ", "\\"]
        ),
        st.text("a水 ", max_size=4),
    ),
    max_size=20,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(HTML)
def test_cleaning_twice_is_cleaning_once_and_leaves_only_what_is_allowed(text):
    cleaned = sanitise(text)
    assert sanitise(cleaned) == cleaned
    assert Tree(cleaned).is_safe


@settings(max_examples=500, deadline=None)
@given(MARKDOWN)
def test_any_markdown_gives_html_within_the_allow_list(text):
    rendered = render(text, "abs-")
    assert Tree(rendered.html).is_safe
    assert sanitise(rendered.html) == rendered.html


@settings(max_examples=300, deadline=None)
@given(MARKDOWN)
def test_the_outline_leads_to_anchors_that_are_there(text):
    rendered = render(text)
    assert {heading.anchor for heading in rendered.outline} <= set(Tree(rendered.html).get("id"))


@settings(max_examples=300, deadline=None)
@given(st.text("a<>&;水 \n", max_size=60))
def test_plain_text_of_a_text_has_no_tags(text):
    shown = plain(html(text))
    assert plain(sanitise(shown.replace("&", "&amp;").replace("<", "&lt;"))) == shown


# --- how long it takes -------------------------------------------------------------------------------------------

COSTLY = [
    "[",
    "![",
    "[a](",
    "[^1] ",
    "[@1]",
    "<a ",
    "</a",
    "<a href='",
    "<!--",
    "<http://a",
    "<a@",
    "&#1",
    "a\n=\n",
    "a\n-\n",
]
COSTLY += [
    "*",
    "**a ",
    "_a*b",
    "`",
    " `` ",
    "\\",
    ">",
    "> ",
    "- a\n",
    "1. ",
    "|",
    "|a",
    "a\n\n",
    "# a\n\n",
    "[^1]: a\n\n",
]
COSTLY += ["[a]: <http://x\n\n", "CO2 ", "<div>\n", "    a\n\n", "<h2><select>", "&", "(", "a", "水", " ", "\n"]


@pytest.mark.parametrize("size", [20_000, MAX_LENGTH - 10])
@pytest.mark.parametrize("piece", COSTLY)
def test_no_text_takes_long(piece, size):
    start = time.perf_counter()
    rendered = render(piece * (size // len(piece)))
    assert time.perf_counter() - start < 5
    assert Tree(rendered.html[:100_000]).tags is not None


def test_a_text_that_would_take_long_is_shown_as_it_is_written():
    text = "# 水\n\n" + "[" * 5_000
    assert html(text) == f"<p># 水</p><p>{'[' * 5_000}</p>"
    assert plain(html("> " * 5_000 + "水")).endswith("水")


def test_a_long_paper_is_rendered_in_full():
    paragraph = "水田的水[@12]很少，*少*灌一點也行，這件事有人測過（CO2，見[@3:38]）。" * 30
    text = "\n\n".join(f"## {n} 節\n\n{paragraph}" for n in range(30))
    rendered = render(text)
    assert len(rendered.outline) == 30
    assert rendered.html.count('class="cite"') == 1_800
    assert len(render(text + "水" * 60_000).outline) == 0
