"""`make demo` brings rows in line with changed files, but nothing that somebody has edited."""

import shutil

import pytest
from django.conf import settings

from digest.archive import authoring
from digest.archive.models import Item
from digest.archive.vocabulary import load_topics
from digest.editorial import demo

pytestmark = pytest.mark.django_db
FIXTURES = settings.BASE_DIR / "fixtures"
OLD = "Does the EU need an Emissions Trading System for agriculture?"


@pytest.fixture
def folder(tmp_path):
    """A demo of which a title changes after it was loaded."""
    load_topics(FIXTURES / "topics.json")
    demo.load_archive(FIXTURES / "demo")
    shutil.copytree(FIXTURES / "demo", tmp_path / "demo")
    file = tmp_path / "demo" / "news.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(OLD, "A new title"), encoding="utf-8")
    return tmp_path / "demo"


def title(item) -> str:
    return item.written("en").title


def test_a_row_nobody_edited_follows_its_file(folder):
    item = Item.objects.get(translations__title=OLD)
    assert demo.update_archive(FIXTURES / "demo") == 0
    assert demo.update_archive(folder) == 1
    assert title(Item.objects.get(pk=item.pk)) == "A new title"
    assert demo.update_archive(folder) == 0


def test_a_row_that_was_edited_stays(folder):
    item = Item.objects.get(translations__title=OLD)
    authoring.write_text(item, "zh-hant", title="編輯改過的題目")
    assert demo.update_archive(folder) == 0
    assert title(Item.objects.get(pk=item.pk)) == OLD


def test_a_row_that_was_deleted_stays_away(folder):
    authoring.delete(Item.objects.filter(translations__title=OLD))
    assert demo.update_archive(folder) == 0
    assert not Item.objects.filter(translations__title="A new title").exists()
