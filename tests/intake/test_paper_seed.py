"""The real paper: every figure of its description is met, and its two Chinese scripts read right."""

import json
import re
import time

import pytest
from django.core.management import CommandError

from digest.archive.full_text import full_text
from digest.archive.models import Item, Origin
from digest.common.markup import render
from digest.common.sanitising import plain_text
from digest.intake.paper import markdown_output
from digest.intake.paper.parser import parse
from digest.intake.paper.report import sections
from digest.intake.reading import read_document
from tests.intake.documents import PAPER, SEED
from tests.intake.papers import run

pytestmark = pytest.mark.skipif(not PAPER.exists(), reason="the real paper is not part of the project")
FACTS = SEED.parents[1] / "domain" / "paper.json"


def test_it_has_the_sections_that_its_description_counts():
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    found = [
        (s["number"], s["heading"], s["level"], s["line"], s["citations"])
        for s in sections(parse(read_document(PAPER)))
    ]
    wanted = [
        (s["number"], s["heading_zh_hans"], s["level"], s["seed_line"], s["citations"]) for s in facts["sections"]
    ]
    assert found == wanted


def test_its_citations_are_36_of_34_references_with_two_pages():
    paper = parse(read_document(PAPER))
    locators = [mark.locator for block in paper.texts for mark in block.marks if mark.locator]
    assert (len(paper.cited), sorted(set(paper.cited)), locators) == (36, list(range(1, 35)), ["38", "38"])


def test_it_says_what_it_lacks_and_leaves_nothing_behind():
    paper = parse(read_document(PAPER))
    assert paper.missing == ["title", "authors", "references", "figure 1", "date", "source"]
    assert (paper.warnings, paper.titles, paper.authors, paper.doi) == ([], {}, [], "")


def test_every_character_of_it_is_in_a_field():
    def bare(text: str) -> str:
        return "".join(c for c in text if not c.isspace() and c not in "[@:]#")

    source = read_document(PAPER)
    paper = parse(source)
    texts = {**markdown_output.abstracts(paper), "body": markdown_output.body(paper)}
    kept = bare("".join(texts[name] for name in ("zh-hans", "en", "body")))
    for label in ("摘要:", "Abstract：", *re.findall(r"图1.+|Fig\..+", source)):
        source = source.replace(label, "figure1" if "Fig" in label else "")
    assert kept == bare(source)


def test_its_misspellings_stay():
    body = markdown_output.body(parse(read_document(PAPER)))
    assert [word for word in ("Actiong", "Stainable Dvelopment", "Verfication", "N20") if word not in body] == []


def test_reading_it_takes_a_fraction_of_a_second():
    start = time.process_time()
    parse(read_document(PAPER))
    assert time.process_time() - start < 1


@pytest.mark.django_db
def test_it_becomes_one_draft_with_two_written_and_one_converted_text():
    run(PAPER)
    item = Item.objects.get()
    texts = {(row.language, row.origin): row for row in item.translations.all()}
    assert set(texts) == {("zh-hans", "written"), ("en", "written"), ("zh-hant", "converted")}
    assert (item.kind, item.genre, item.published_at, texts["zh-hans", "written"].title) == (
        "research",
        "paper",
        None,
        "",
    )
    assert [reference.text for reference in item.references.all()] == [""] * 34
    captions = {(row.language, row.origin) for row in item.figures.get().translations.all()}
    assert captions == {("zh-hans", "written"), ("en", "written"), ("zh-hant", "converted")}


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "converted"), [("zh-hans", False), ("zh-hant", True)])
def test_its_text_is_shown_in_both_scripts_with_figure_and_citations_in_place(page, converted):
    run(PAPER)
    item = Item.objects.get()
    text = item.text("body_html", page)
    assert (text.language, text.converted) == (page, converted)
    assert (text.value.count('class="cite"'), text.value.count('class="locator"')) == (36, 2)
    assert (text.value.count("<h3 id="), text.value.count("<h4 id=")) == (6, 13)
    assert text.value.count("<p>[[figure:1]]</p>") == 1
    assert "[@" not in plain_text(text.value)
    blocks = full_text(item).blocks
    assert [block.figure is not None for block in blocks] == [False, True, False]


@pytest.mark.django_db
def test_readers_of_english_get_the_original_and_not_its_conversion():
    run(PAPER)
    text = Item.objects.get().text("body", "en")
    assert (text.language, text.converted) == ("zh-hans", False)


@pytest.mark.django_db
def test_no_wrong_character_comes_into_the_converted_text():
    run(PAPER)
    row = Item.objects.get().translations.get(language="zh-hant", origin=Origin.CONVERTED)
    text = row.abstract + row.body
    wrong = [
        "幹物",
        "錶土",
        "姓範",
        "製度",
        "覆耕",
        "復種",
        "覆合",
        "幹旱",
        "溼",
        "汙",
        "佔",
        "賬",
        "粘",
        "計劃",
        "平臺",
    ]
    wrong += ["發佈", "分佈", "機製", "穀底", "係統", "，系通", "，系農"]
    assert [word for word in wrong if word in text] == []
    right = ["秸稈", "稻穀", "複種", "復耕", "複合", "徵集", "週期", "旱濕", "減污", "帳戶", "黏合", "占補", "准入"]
    right += ["精準", "收穫", "捕獲", "生態補償", "，係通過"]
    assert [word for word in right if word not in text] == []


@pytest.mark.django_db
def test_the_written_text_is_the_documents_own():
    run(PAPER)
    item = Item.objects.get()
    paper = parse(read_document(PAPER))
    assert item.written("zh-hans").body == markdown_output.body(paper)
    assert render(item.written("zh-hans").body).html == item.written("zh-hans").body_html


@pytest.mark.django_db
def test_the_real_newsletter_is_refused_as_a_paper():
    with pytest.raises(CommandError, match=SEED.name):
        run(SEED)
    assert not Item.objects.exists()
