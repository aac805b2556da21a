"""Whatever a document looks like: every non-blank line is in a field or in the warnings, and there is no traceback."""

import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.intake.newsletter.document import Document
from digest.intake.newsletter.lines import read_lines
from digest.intake.newsletter.masthead import is_bar
from digest.intake.newsletter.parser import parse
from digest.intake.newsletter.vocabulary import section_named
from tests.intake.documents import ENGLISH, SEED, SIMPLIFIED, make_newsletter, needs_seed

LINES = [line for text in (make_newsletter(), ENGLISH, SIMPLIFIED) for line in text.split("\n")]
# Words that say what a line is, and are in the fields' names rather than in their texts.
FURNITURE = re.compile(
    r"科技研究|新聞時事|新闻时事|農糧政策|農政|開放資料|近期活動|近期活动|本期焦[點点]|前期|往期|相關|相关|研究|新聞|政策|數據|資料|回顧|回顾"
    r"|第|期|延伸閱讀|訂閱電子報|取消訂閱|英文電子報|年|月|日|至|到|research|upcoming|events|news|focus|look|back|on"
    r"|issue|further|reading|發行|日期|期數|subscribe|unsubscribe|chinese|edition|may|march|april|september|december|january|[0-9]+",
    re.IGNORECASE,
)
SHORT = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def everything(document: Document) -> str:
    """All texts of the document, its warnings included."""
    parts = [document.title, document.programme_note, document.intro, document.look_back_theme, *document.themes]
    parts += [warning.text for warning in document.warnings]
    for entry in document.entries:
        parts += [json.dumps(entry.as_json(), ensure_ascii=False), entry.poster, entry.summary]
        parts += [topic.url or "" for topic in entry.see_also]
    return "\n".join(parts)


def lost_words(text: str, document: Document) -> list[tuple[int, str]]:
    kept = everything(document).replace("**", "")
    lines = [line for line in read_lines(text) if not (section_named(line.plain) or is_bar(line))]
    texts = [(line.number, line.text.replace("**", "")) for line in lines]  # bold does not divide words
    words = [(number, word) for number, text in texts for word in re.findall(r"[^\W_]+", text)]
    missing = [(number, word) for number, word in words if word not in kept]
    return [(n, piece) for n, word in missing for piece in FURNITURE.split(word) if piece and piece not in kept]


def assert_nothing_lost(text: str) -> None:
    document = parse(text)
    assert lost_words(text, document) == []
    numbers = {line.number for line in read_lines(text)}
    assert {warning.line for warning in document.warnings} <= numbers
    assert {entry.line for entry in document.entries} <= numbers
    assert all(entry.title and len(entry.title) <= 500 for entry in document.entries)


def test_the_newsletters_of_the_tests_lose_nothing():
    for text in (make_newsletter(), ENGLISH, SIMPLIFIED):
        assert_nothing_lost(text)


@SHORT
@given(st.permutations(make_newsletter().split("\n")))
def test_a_shuffled_document_loses_nothing(lines):
    assert_nothing_lost("\n".join(lines))


@SHORT
@given(st.lists(st.sampled_from(LINES), max_size=40))
def test_a_document_of_mixed_lines_loses_nothing(lines):
    assert_nothing_lost("\n".join(lines))


@SHORT
@given(st.data())
def test_a_damaged_document_loses_nothing(data):
    text = data.draw(st.sampled_from([make_newsletter(), ENGLISH, SIMPLIFIED]))
    for _hole in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = (
            text[:start]
            + data.draw(st.sampled_from(["", "\n", "|", "[", "](", ")", "**", "#", "第", "「"]))
            + text[end:]
        )
    assert_nothing_lost(text)


@SHORT
@given(st.integers(0, len(make_newsletter())), st.integers(0, len(make_newsletter())))
def test_a_truncated_document_loses_nothing(start, end):
    assert_nothing_lost(make_newsletter()[min(start, end) : max(start, end)])


PIECE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["本期焦點 ", "第 8 期 ", "Issue 8 ", "[原文](#)", "（[英文摘要](#)）。", " | ", "|", "「", "」", "[Focus] "]
    ),
    st.sampled_from(
        [
            "2024 年 4 月 2 日",
            "31 April 2024",
            "https://example.org/a",
            "[網站](https://x.org/(a))",
            "延伸閱讀：",
            "\n",
        ]
    ),
)


@SHORT
@given(st.lists(PIECE, max_size=60).map("".join))
def test_a_generated_document_loses_nothing(text):
    assert_nothing_lost("科技研究\n" + text)


@SHORT
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_text_at_all_loses_nothing(text):
    assert_nothing_lost(text)


@needs_seed
@SHORT
@given(st.data())
def test_the_real_newsletter_shuffled_and_damaged_loses_nothing(data):
    lines = SEED.read_text(encoding="utf-8").split("\n")
    lines = data.draw(st.permutations(lines))[: data.draw(st.integers(0, len(lines)))]
    text = "\n".join(lines)
    for _hole in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + text[start + data.draw(st.integers(0, 40)) :]
    assert_nothing_lost(text)
