"""Citations: the original in APA 7 or GB/T 7714, and never a title of ours as that of the original."""

import datetime as dt

import pytest

from digest.archive import authoring, citation
from digest.archive.models import Item
from tests import factories

pytestmark = pytest.mark.django_db


def make_item(title: str = "Straw in the soil", origin: str = "", **fields):
    texts = {
        "en": {"title": title, "title_origin": origin},
        "zh-hant": {"title": "土中的稻草", "title_origin": fields.pop("zh", "")},
    }
    return factories.make_item(texts=texts, source=factories.make_source(), **fields)


def labels(item, language: str = "en") -> list[str]:
    return [entry.label for entry in citation.citations(item, language)]


def test_a_paper_is_cited_by_its_year():
    item = make_item(
        genre="paper", authors="Ana Luisa Barbosa", date=dt.date(2024, 6, 25), volume="12", number="3", pages="4–9"
    )
    assert citation.apa(item) == (
        "Barbosa, A. L. (2024). Straw in the soil. <i>Journal of Quiet Soils</i>, 12(3), 4–9. "
    )


@pytest.mark.parametrize(("precision", "date"), [("day", "2024, June 25"), ("month", "2024, June"), ("year", "2024")])
def test_news_is_cited_by_its_day_as_far_as_it_is_known(precision, date):
    item = make_item(kind="news", genre="news", date=dt.date(2024, 6, 25), date_precision=precision)
    assert citation.apa(item) == f"Straw in the soil. ({date}). <i>Journal of Quiet Soils</i>. "


@pytest.mark.parametrize("origin", ["translated", "supplied"])
def test_an_original_whose_title_is_unknown_is_not_cited(origin):
    assert labels(make_item(origin=origin)) == ["本站摘要"]
    assert labels(make_item()) == ["原文（APA 7）", "本站摘要"]


def test_a_chinese_original_is_cited_by_its_own_title_with_a_translation():
    item = make_item(origin="translated", zh="original", kind="news", genre="news", date=dt.date(2024, 4, 26))
    assert citation.apa(item).startswith(
        '土中的稻草 <span lang="en">[Straw in the soil]</span>. (2024, April 26). <i>靜土學報</i>'
    )
    assert citation.gbt7714(item).startswith("土中的稻草[N/OL]. <span>靜土學報</span>, 2024.")
    assert citation.citations(item, "en")[0].language == "zh-hant"


@pytest.mark.parametrize(
    ("language", "note"), [("en", "English title by our editors"), ("zh-hans", "英文标题为编者译")]
)
def test_readers_are_told_that_a_title_is_ours(client, language, note):
    item = make_item(origin="translated")
    assert f'<p class="title-note">{note}</p>' in client.get(f"/{language}/items/{item.pk}/").content.decode()


def test_a_merge_keeps_the_origin_of_the_title():
    item, other = make_item(origin="translated"), factories.make_item(texts={"zh-hant": {"title": "另一則"}})
    authoring.merge_items(item, into=other)
    assert Item.objects.get(pk=other.pk).written("en").title_origin == "translated"


def test_the_origin_of_a_title_is_no_part_of_the_text_to_translate():
    item = make_item()
    authoring.write_text(item, "zh-hant", title_origin="supplied")
    item = Item.objects.get(pk=item.pk)
    assert item.title_origin(item.text("title", "zh-hans")) == "supplied"
    assert not item.written("en").is_outdated(item.written("zh-hant"))
    assert item.written("zh-hant").history.first().title_origin == "supplied"
