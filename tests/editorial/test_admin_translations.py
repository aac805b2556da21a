"""Texts in several languages: which text is translated from which, what is missing, what is out of date."""

import pytest

from digest.archive.models import Correction, Issue, Item, ItemTranslation, Source, SourceTranslation, Topic
from tests import factories
from tests.editorial.editor_client import errors, messages
from tests.translation_checks import outdated

pytestmark = pytest.mark.django_db


def found(editor, model, query) -> list:
    return list(editor.list(model, query).context["cl"].result_list)


def change(editor, item, **texts) -> None:
    """`en="..."` changes the English title, `zh_hant="..."` the Chinese one."""
    form = editor.open(Item, item.pk)
    titles = {f"{form.text(code.replace('_', '-'))}-title": title for code, title in texts.items()}
    assert form.save(**titles).status_code == 302


def test_english_is_out_of_date_when_only_the_chinese_was_changed(editor):
    item = factories.make_item()
    assert outdated(item) == []
    change(editor, item, zh_hant="另一個題目")
    assert outdated(item) == ["en"]
    assert found(editor, Item, "?texts=outdated") == [item]
    assert "(out of date)" in editor.list(Item).content.decode()
    assert "out of date: the text in 繁體中文 has changed since" in editor.open(Item, item.pk).html


def test_english_is_up_to_date_again_when_it_was_changed_too(editor):
    item = factories.make_item()
    change(editor, item, zh_hant="另一個題目")
    change(editor, item, en="Another title")
    assert outdated(item) == [] and found(editor, Item, "?texts=outdated") == []
    assert "translation of the 繁體中文 text" in editor.open(Item, item.pk).html


def test_both_changed_together_are_up_to_date(editor):
    item = factories.make_item()
    change(editor, item, zh_hant="另一個題目", en="Another title")
    assert outdated(item) == []


def test_english_changed_alone_does_not_make_the_chinese_old(editor):
    item = factories.make_item()
    change(editor, item, en="Another title")
    assert outdated(item) == []


def test_a_chinese_text_made_from_an_english_one_is_out_of_date_when_the_english_changes(editor):
    item = factories.make_item(texts={"en": {"title": "Only English"}})
    assert editor.open(Item, item.pk).save(translations__1__title="後來寫的中文").status_code == 302
    assert item.written("zh-hant").translated_from == "en"
    change(editor, item, en="Only English, changed")
    assert outdated(item) == ["zh-hant"]


def test_what_was_out_of_date_stays_so_until_it_is_changed_or_marked(editor):
    item = factories.make_item()
    change(editor, item, zh_hant="第一次改")
    change(editor, item, zh_hant="第二次改")
    editor.open(Item, item.pk).save(genre="paper")
    assert outdated(item) == ["en"]
    page = editor.act("mark_up_to_date", item)
    assert "1 text marked as up to date" in messages(page)
    assert outdated(item) == []


@pytest.mark.parametrize("model", [Issue, Topic, Source])
def test_issues_topics_and_sources_have_the_same_filter_and_action(editor, model):
    row = {Issue: factories.make_issue, Topic: factories.make_topic, Source: factories.make_source}[model]()
    field = {Issue: "title", Topic: "label", Source: "name"}[model]
    form = editor.open(model, row.pk)
    form.save(**{f"{form.text('zh-hant')}-{field}": "改了的字"})
    assert found(editor, model, "?texts=outdated") == [row]
    editor.act("mark_up_to_date", row)
    assert found(editor, model, "?texts=outdated") == []


def test_a_title_changed_on_its_own_page_makes_the_other_old(editor):
    item = factories.make_item()
    editor.open(ItemTranslation, item.written("zh-hant").pk).save(title="單獨一頁改的")
    assert outdated(item) == ["en"]


def test_the_list_finds_what_is_lacking(editor):
    full = factories.make_item(texts={"en": {"title": "E", "abstract": "A"}, "zh-hant": {"title": "中"}})
    chinese = factories.make_item(texts={"zh-hant": {"title": "只有中文"}})
    english = factories.make_item(texts={"en": {"title": "Only English"}})
    simplified = factories.make_item(texts={"zh-hans": {"title": "只有简体"}})
    assert set(found(editor, Item, "?texts=zh-hant")) == {english}, "a converted text is there to be read"
    assert set(found(editor, Item, "?texts=en")) == {chinese, simplified}
    assert set(found(editor, Item, "?texts=abstract")) == {chinese, english, simplified}
    assert full not in found(editor, Item, "?texts=outdated")


def test_the_list_shows_what_was_written_by_marks(editor):
    factories.make_item()
    factories.make_item(texts={"zh-hans": {"title": "只有简体"}})
    page = editor.list(Item).content.decode()
    assert '<td class="field-languages">繁 英</td>' in page and '<td class="field-languages">简</td>' in page


def test_a_language_is_written_once(editor):
    item = factories.make_item()
    form = editor.open(Item, item.pk).add("translations", language="en", title="Twice")
    assert "A text in this language already exists." in errors(form.save())
    new = editor.open(Item).save(kind="news", translations__0__language="en", translations__0__title="A",
                               translations__1__title="B")  # fmt: skip
    assert "A text in this language already exists." in errors(new)


def test_a_language_that_somebody_else_wrote_meanwhile_is_not_written_twice(editor):
    item = factories.make_item(texts={"zh-hant": {"title": "中"}})
    form = editor.open(Item, item.pk)
    ItemTranslation.objects.create(owner=item, language="en", title="First")
    assert "A text in this language already exists." in errors(form.save(translations__1__title="Second"))


def test_an_offered_form_left_alone_makes_no_row(editor):
    item = factories.make_item(texts={"zh-hant": {"title": "中"}})
    editor.open(Item, item.pk).save()
    assert item.translations.filter(origin="written").count() == 1


def test_an_offered_form_left_alone_makes_no_row_even_if_somebody_else_wrote_meanwhile(editor):
    item = factories.make_item(texts={"zh-hant": {"title": "中"}})
    form = editor.open(Item, item.pk)
    ItemTranslation.objects.create(owner=item, language="en", title="First")
    page = form.save(genre="paper")
    assert "after you opened it" in errors(page)
    assert editor.read(page, form.url).save().status_code == 302
    assert item.translations.get(language="en").title == "First"


@pytest.mark.parametrize(
    ("make", "field"), [(factories.make_source, "name"), (factories.make_topic, "label")], ids=["source", "topic"]
)
def test_a_source_and_a_topic_have_a_name_in_one_language_at_least(editor, make, field):
    row = make()
    form = editor.open(type(row), row.pk)
    blank = {f"{form.text(code)}-{field}": "" for code in ("en", "zh-hant")}
    assert "at least one language" in errors(form.save(**blank))
    assert form.save(**dict(list(blank.items())[:1])).status_code == 302


def test_the_last_name_is_not_taken_away_on_its_own_page_either(editor):
    source = factories.make_source()
    for row in source.translations.filter(language="en"):
        row.delete()
    page = editor.open(SourceTranslation, source.written("zh-hant").pk).save(name="")
    assert "at least one language" in errors(page)


def test_a_correction_says_something(editor):
    item = factories.make_item()
    page = editor.open(Correction, query=f"?item={item.pk}").save(date="2024-09-10")
    assert "at least one language" in errors(page)


def test_a_text_is_not_deleted_on_its_own_page(editor):
    row = factories.make_item().written("en")
    form = editor.open(ItemTranslation, row.pk)
    assert "deletelink" not in form.html
    assert editor.delete(row).status_code == 403


def test_a_text_deleted_in_the_form_is_gone(editor):
    item = factories.make_item()
    form = editor.open(Item, item.pk)
    assert form.save(**{f"{form.text('en')}-DELETE": "on"}).status_code == 302
    assert item.written("en") is None
