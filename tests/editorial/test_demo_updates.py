"""`make demo` updates rows whose fixtures have changed, except rows that somebody has edited."""

import shutil

import pytest
from django.conf import settings

from digest.archive import authoring
from digest.archive.models import Item
from digest.archive.topic_loader import load_topics
from digest.editorial import demo

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
FIXTURES = settings.BASE_DIR / "fixtures"
OLD = [
    "Does the EU need an Emissions Trading System for agriculture?",
    "Cabinet Secretary confirms support available for farmers in 2025",
    "What Does ‘Carbon Farming’ Mean for Indian Agriculture?",
]


@pytest.fixture
def folder(tmp_path):
    """A demo whose fixtures change three titles after loading."""
    load_topics(FIXTURES / "topics.json")
    demo.load_archive(FIXTURES / "demo")
    shutil.copytree(FIXTURES / "demo", tmp_path / "demo")
    file = tmp_path / "demo" / "news.toml"
    text = file.read_text(encoding="utf-8")
    for title, count in zip(OLD, ("first", "second", "third"), strict=True):
        text = text.replace(f'"{title}"', f'"A new title of the {count}"')
    file.write_text(text, encoding="utf-8")
    return tmp_path / "demo"


def written(item) -> str:
    return Item.objects.get(pk=item.pk).written("en").title


def test_rows_follow_their_files_unless_somebody_edited_or_deleted_them(folder):
    followed, edited, deleted = (Item.objects.get(translations__title=title) for title in OLD)
    authoring.write_text(edited, "zh-hant", title="編輯改過的題目")
    authoring.delete([deleted])
    assert demo.update_archive(FIXTURES / "demo") == 0
    assert demo.update_archive(folder) == 1
    assert written(followed) == "A new title of the first" and written(edited) == OLD[1]
    assert not Item.objects.filter(translations__title="A new title of the third").exists()
    assert demo.update_archive(folder) == 0
