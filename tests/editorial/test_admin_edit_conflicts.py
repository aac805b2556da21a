"""Two editors change the same row: the second sees who saved first, and loses nothing that was typed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from digest.archive.models import CacheVersion, Issue, Item, ItemTranslation, Placement, Source, Topic
from tests import factories
from tests.editorial.editor_client import EditorClient, errors

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
CHANGED = "after you opened it"


@pytest.fixture
def other(django_user_model) -> EditorClient:
    """A second editor."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(django_user_model.objects.create_superuser("mei-ling"))
    return EditorClient(client)


MAKERS = {
    Issue: (factories.make_issue, "title"),
    Item: (factories.make_item, "title"),
    Topic: (factories.make_topic, "label"),
    Source: (factories.make_source, "name"),
}


@pytest.mark.parametrize("model", MAKERS)
def test_the_second_save_is_refused_and_names_who_was_first(editor, other, model):
    make, field = MAKERS[model]
    row = make()
    mine, theirs = editor.open(model, row.pk), other.open(model, row.pk)
    assert theirs.save(**{f"{theirs.text('en')}-{field}": "Theirs"}).status_code == 302
    page = mine.save(**{f"{mine.text('zh-hant')}-{field}": "我的"})
    assert "mei-ling changed this on" in errors(page) and CHANGED in errors(page)
    assert 'value="我的"' in page.content.decode(), "what was typed is kept"
    assert getattr(row.written("en"), field) == "Theirs"


def test_having_seen_it_the_editor_may_save_all_the_same(editor, other):
    item = factories.make_item()
    mine, theirs = editor.open(Item, item.pk), other.open(Item, item.pk)
    theirs.save(genre="report")
    page = mine.save(genre="paper")
    assert CHANGED in errors(page)
    assert editor.read(page, mine.url).save().status_code == 302
    item.refresh_from_db()
    assert item.genre == "paper"


def test_a_third_change_in_between_is_told_as_well(editor, other):
    item = factories.make_item()
    mine = editor.open(Item, item.pk)
    other.open(Item, item.pk).save(genre="report")
    page = mine.save(genre="paper")
    other.open(Item, item.pk).save(genre="feature")
    assert CHANGED in errors(editor.read(page, mine.url).save())


WAYS = {
    "a text on its own page": lambda other, item: other.open(ItemTranslation, item.written("en").pk).save(title="New"),
    "a link": lambda other, item: other.open(Item, item.pk).add("links", role="original").save(),
    "a topic": lambda other, item: other.open(Item, item.pk).save(topics=[factories.make_topic().pk]),
    "a placement in the issue": lambda other, item: other.open(Issue, item.home.issue.pk).save(
        placements__0__position="9"
    ),
    "a row deleted": lambda other, item: item.links.all().delete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_changes_of_what_hangs_on_an_item_count(editor, other, way):
    item = factories.make_item()
    factories.make_placement(item, factories.make_issue())
    item.links.create(role="website", url="https://example.org/")
    mine = editor.open(Item, item.pk)
    WAYS[way](other, item)
    assert CHANGED in errors(mine.save(genre="report"))


def test_where_nobody_is_known_to_have_done_it_nobody_is_named(editor, other):
    item = factories.make_item()
    placement = factories.make_placement(item, factories.make_issue())
    other.open(Item, item.pk).save(genre="paper")
    mine = editor.open(Item, item.pk)
    Placement.objects.filter(pk=placement.pk).update(position=9)
    assert "on another page or by a command" in errors(mine.save()) and "mei-ling" not in errors(mine.save())


def test_publishing_or_a_look_or_the_own_last_save_is_no_conflict(editor, other):
    item = factories.make_item(published=False)
    mine = editor.open(Item, item.pk)
    other.open(Item, item.pk).save()
    other.act("publish", item, confirmed="yes")
    assert mine.save(genre="report").status_code == 302
    assert editor.open(Item, item.pk).save(genre="paper").status_code == 302


@pytest.mark.parametrize("version", ["", "x", "0" * 32, "0" * 32 + "-" + "9" * 17, "'\x00"])
def test_a_form_with_a_strange_version_breaks_nothing(editor, version):
    item = factories.make_item()
    assert editor.open(Item, item.pk).save(_version=version).status_code in (200, 302)


@pytest.mark.parametrize(("language", "words"), [("zh-hant", "未儲存"), ("zh-hans", "未保存"), ("en", "Not saved")])
def test_the_warning_is_in_the_editors_language(editor, other, language, words):
    item = factories.make_item()
    mine = editor.open(Item, item.pk)
    other.open(Item, item.pk).save(genre="report")
    page = editor.client.post(mine.url, mine.data, headers={"accept-language": language})
    assert words in page.content.decode() and "mei-ling" in page.content.decode()


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets one write at a time; its test database is one's"
)
@pytest.mark.django_db(transaction=True)
def test_of_two_saves_in_the_same_moment_one_is_refused(editor, other):
    CacheVersion.increment()
    for _ in range(5):
        item = factories.make_item()
        forms = [(each.open(Item, item.pk), genre) for each, genre in ((editor, "report"), (other, "paper"))]

        def save(pair):
            try:
                return pair[0].save(genre=pair[1]).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(save, forms)) == [200, 302]
