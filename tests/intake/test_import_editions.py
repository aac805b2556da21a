"""An edition in another language joins the items it is of: by address, date and source, and never by order alone."""

import pytest

from digest.archive.models import Issue, Item
from tests.intake.import_helpers import import_text, item, rows, text

pytestmark = pytest.mark.django_db
CHINESE = """\
2024年5月3日 (第21期)

農糧政策

輪灌公約

縣府 | 各村排輪灌的日子（[原文](https://example.org/pact)）。

田埂補助

農會 | 修田埂有錢拿（[原文](https://www.example.org/ridge/?utm_source=mail)）。
"""
ENGLISH = """\
Issue 21 | May 3, 2024

Policy

Money for ridges

Farmers' union | Whoever mends a ridge is paid for it. ([Original](http://example.org/ridge))

Water pact

County | The villages agree on whose day it is. ([Original](https://example.org/pact))
"""


def unaddressed(document: str) -> str:
    return document.replace("https://example.org/pact", "#").replace("http://example.org/ridge", "#")


def test_an_edition_in_another_order_finds_its_items_by_their_addresses(tmp_path):
    import_text(tmp_path, CHINESE)
    import_text(tmp_path, ENGLISH)
    assert text(item("田埂補助"), "title", "en") == "Money for ridges"
    assert text(item("輪灌公約"), "title", "en") == "Water pact"
    assert Item.objects.count() == 2


def test_an_edition_with_an_item_less_finds_the_others(tmp_path):
    import_text(tmp_path, CHINESE)
    import_text(tmp_path, ENGLISH.partition("Water pact")[0])
    assert text(item("田埂補助"), "title", "en") == "Money for ridges"
    assert item("輪灌公約").written("en") is None


@pytest.mark.parametrize("date", ["", "2024 年 4 月 2 日 | "])
def test_several_alike_are_kept_as_text_with_their_lines_and_change_no_item(tmp_path, date):
    import_text(tmp_path, CHINESE.replace("縣府 |", f"{date}縣府 |").replace("農會 |", f"{date}農會 |"))
    english = unaddressed(ENGLISH)
    if date:
        english = english.replace("Farmers' union |", "2 April 2024 | Farmers' union |")
        english = english.replace("County |", "2 April 2024 | County |")
    report = import_text(tmp_path, english)
    assert [w["line"] for w in report["warnings"] if "輪灌公約" in w["text"] and w["line"]] == [5, 9]
    assert not any(found.written("en") for found in Item.objects.all())
    assert Item.objects.count() == 2
    assert "Money for ridges" in Issue.objects.get(number="21").remainder
    before = rows()
    assert import_text(tmp_path, english)["changes"] == []
    assert rows() == before


def test_of_several_with_one_date_the_same_source_tells(tmp_path):
    dated = CHINESE.replace("縣府 |", "2024 年 4 月 2 日 | County |").replace("農會 |", "2024 年 4 月 2 日 | Union |")
    english = unaddressed(ENGLISH).replace("Farmers' union |", "2 April 2024 | Union |")
    import_text(tmp_path, dated)
    import_text(tmp_path, english.replace("County |", "2 April 2024 | County |"))
    assert text(item("田埂補助"), "title", "en") == "Money for ridges"
    assert text(item("輪灌公約"), "title", "en") == "Water pact"


def test_one_item_less_without_dates_is_not_guessed(tmp_path):
    import_text(tmp_path, CHINESE)
    import_text(tmp_path, unaddressed(ENGLISH).partition("Water pact")[0])
    assert not any(found.written("en") for found in Item.objects.all())


def test_a_simplified_edition_in_another_order_finds_its_items_by_their_converted_titles(tmp_path):
    import_text(tmp_path, CHINESE)
    sections = "农粮政策\n\n田埂补助\n\n农会 | 修田埂有钱拿，这样很好。\n\n轮灌公约\n\n县府 | 各村排轮灌的日子。\n"
    simplified = f"2024年5月3日 (第21期)\n\n{sections}"
    import_text(tmp_path, simplified)
    assert text(item("田埂補助"), "title", "zh-hans") == "田埂补助"
    assert Item.objects.count() == 2
