"""Markdown from untrusted authors: sanitising, and limits of time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.common.markup import MAX_LENGTH, render
from digest.common.sanitising import plain_text, sanitise
from tests.common.html_tree import Tree, html


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
def test_unsafe_html_is_removed(payload):
    assert Tree(html(f"水\n\n{payload}\n\n田")).is_safe
    assert Tree(sanitise(payload)).is_safe
    assert "alert" not in sanitise(payload)


def test_only_our_ids_and_classes_are_kept():
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
def test_sanitising_is_idempotent_and_complete(text):
    cleaned = sanitise(text)
    assert sanitise(cleaned) == cleaned
    assert Tree(cleaned).is_safe


@settings(max_examples=500, deadline=None)
@given(MARKDOWN)
def test_any_markdown_gives_allowed_html(text):
    rendered = render(text, "abs-")
    assert Tree(rendered.html).is_safe
    assert sanitise(rendered.html) == rendered.html


@settings(max_examples=300, deadline=None)
@given(MARKDOWN)
def test_anchors_of_the_outline_exist(text):
    rendered = render(text)
    assert {heading.anchor for heading in rendered.outline} <= set(Tree(rendered.html).get("id"))


@settings(max_examples=300, deadline=None)
@given(st.text("a<>&;水 \n", max_size=60))
def test_plain_text_has_no_tags(text):
    shown = plain_text(html(text))
    assert plain_text(sanitise(shown.replace("&", "&amp;").replace("<", "&lt;"))) == shown


# --- rendering time ----------------------------------------------------------------------------------------------

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
def test_no_text_takes_long_to_render(piece, size):
    start = time.process_time()
    rendered = render(piece * (size // len(piece)))
    assert time.process_time() - start < 5
    assert Tree(rendered.html[:100_000]).tags is not None


def test_an_expensive_text_is_shown_as_plain_text():
    text = "# 水\n\n" + "[" * 5_000
    assert html(text) == f"<p># 水</p><p>{'[' * 5_000}</p>"
    assert plain_text(html("> " * 5_000 + "水")).endswith("水")


def test_thousands_of_headings_need_blank_lines_between():
    assert render("# a\n" * 9_900).outline == ()
    apart = render("# a\n\n" * 4_900)
    assert [heading.anchor for heading in apart.outline[:2]] == ["s-a", "s-a_1"] and len(apart.outline) == 4_900
    assert len(render("# a\n" * 300).outline) == 300


def test_a_long_paper_is_rendered():
    paragraph = "水田的水[@12]很少，*少*灌一點也行，這件事有人測過（CO2，見[@3:38]）。" * 30
    text = "\n\n".join(f"## {n} 節\n\n{paragraph}" for n in range(30))
    rendered = render(text)
    assert len(rendered.outline) == 30
    assert rendered.html.count('class="cite"') == 1_800
    assert len(render(text + "水" * 60_000).outline) == 0
