"""Invalid input is rejected with a message at its field, and the form keeps what was typed."""

import pytest
from django.db import IntegrityError
from django.utils import translation

from digest.archive.models import (
    Correction,
    Issue,
    Item,
    ItemTranslation,
    Place,
    Placement,
    Reference,
    Source,
    SourceTranslation,
    Topic,
)
from tests import factories
from tests.editorial.editor_client import errors, messages

pytestmark = pytest.mark.django_db
LONG = "長" * 100_000


def field_errors(response, name: str) -> str:
    """The errors of one field of the main form."""
    assert response.status_code == 200, "the form was saved"
    with translation.override("en"):
        return " ".join(map(str, response.context["adminform"].form.errors.get(name, [])))


@pytest.mark.parametrize("number", ["0", "017", "17-0", "17-", "x", "１７", "17.2", "12345", "1-100", "17\n18"])
def test_an_issue_number_looks_like_17_or_13_2(editor, number):
    assert field_errors(editor.open(Issue).save(number=number), "number")


def test_an_issue_number_is_taken_once(editor):
    factories.make_issue("17")
    assert "already exists" in field_errors(editor.open(Issue).save(number="17"), "number")


ITEM = [
    ({"date": "2024-05-02", "date_end": "2024-05-01"}, "date_end", "before the start date"),
    ({"date": "", "date_end": "2024-05-01"}, "date", "needs a start date"),
    ({"date": "2024-13-45"}, "date", "valid date"),
    ({"date": "0000-00-00"}, "date", "valid date"),
    ({"attendance": "online"}, "attendance", "Only events"),
    ({"kind": "rumour"}, "kind", "not one of the available choices"),
    ({"genre": "poem"}, "genre", "not one of the available choices"),
    ({"doi": "about soils"}, "doi", "looks like"),
    ({"doi": "10.1000/" + "x" * 300}, "doi", "at most 200"),
    ({"volume": "x" * 21}, "volume", "at most 20"),
    ({"source": "999"}, "source", "not one of the available choices"),
    ({"source": "9" * 30}, "source", "not one of the available choices"),
    ({"source": "x"}, "source", "not one of the available choices"),
    ({"topics": ["999"]}, "topics", "not one of the available choices"),
    ({"topics": ["x"]}, "topics", "not a valid value"),
    ({"related": ["x"]}, "related", "not a valid value"),
    ({"places": ["??"]}, "places", "not one of the available choices"),
    ({"authors": "A\x00B"}, "authors", "Null characters"),
    ({"authors": "A\x1bB"}, "authors", "U+001B"),
    ({"pages": "1\u202e2"}, "pages", "U+202E"),
    ({"pages": "1\n2"}, "pages", "one line"),
]


@pytest.mark.parametrize(("values", "name", "words"), ITEM)
def test_an_items_nonsense_is_named_at_its_field(editor, values, name, words):
    item = factories.make_item()
    assert words in field_errors(editor.open(Item, item.pk).save(**values), name)


@pytest.mark.parametrize("written", ["10.1000/ABC", "https://doi.org/10.1000/abc", "doi:10.1000/abc"])
def test_a_doi_is_one_items_however_it_is_written(editor, written):
    factories.make_item(doi="10.1000/abc")
    assert "has this DOI" in field_errors(editor.open(Item, factories.make_item().pk).save(doi=written), "doi")


def test_a_doi_is_kept_without_its_address(editor):
    item = factories.make_item()
    editor.open(Item, item.pk).save(doi="https://doi.org/10.1000/abc")
    item.refresh_from_db()
    assert item.doi == "10.1000/abc"


def test_what_is_not_known_of_a_date_is_stored_as_the_first(editor):
    item = factories.make_item()
    editor.open(Item, item.pk).save(date="2024-05-17", date_precision="month")
    item.refresh_from_db()
    assert item.date.isoformat() == "2024-05-01"


TEXTS = [
    ({"title": "一\x00二"}, "Null characters"),
    ({"title": "一\x07二"}, "U+0007"),
    ({"title": "一\x85二"}, "U+0085"),
    ({"title": "一\n二"}, "one line"),
    ({"title": "一\u2028二"}, "one line"),
    *(({"title": f"一{chr(mark)}二"}, f"U+{mark:04X}") for mark in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    ({"place": "一\u202e二"}, "U+202E"),
    ({"title": LONG}, "at most 500"),
    ({"place": LONG}, "at most 300"),
    ({"summary": "a\x00b"}, "Null characters"),
    ({"body": "a\x0cb"}, "U+000C"),
]


@pytest.mark.parametrize(("texts", "words"), TEXTS, ids=range(len(TEXTS)))
def test_titles_and_texts_hold_no_characters_that_deceive_or_break(editor, texts, words):
    item = factories.make_item()
    form = editor.open(Item, item.pk)
    page = form.save(**{f"{form.text('en')}-{name}": value for name, value in texts.items()})
    assert words in errors(page)


def test_long_texts_may_be_long_and_may_turn_their_direction(editor, client):
    item = factories.make_item()
    form = editor.open(Item, item.pk)
    texts = {f"{form.text('en')}-{name}": LONG + "\u2067عربي\u2069" for name in ("summary", "abstract", "body")}
    assert form.save(**texts).status_code == 302
    assert client.get(f"/en/items/{item.pk}/").status_code == 200


@pytest.mark.parametrize("name", ["label", "synonyms", "definition"])
def test_a_topics_names_of_any_length_are_taken_or_refused(editor, name):
    form = editor.open(Topic, factories.make_topic().pk)
    assert form.save(**{f"{form.text('en')}-{name}": LONG}).status_code in (200, 302)


def test_two_topics_with_long_names_that_differ_in_case_have_two_addresses(editor):
    for name in ("a" * 100, "A" * 100):
        values = {"name": name, "facet": "land", "translations__1__label": name}
        assert editor.open(Topic).save(**values).status_code == 302
    assert Topic.objects.count() == 2


@pytest.mark.parametrize("name", [LONG, "\ufdfa" * 200, "\u202eabc"])
def test_a_sources_names_of_any_kind_are_taken_or_refused(editor, name):
    source = factories.make_source()
    for field in ("name", "other_names"):
        form = editor.open(Source, source.pk)
        assert form.save(**{f"{form.text('en')}-{field}": name}).status_code in (200, 302)
        assert Source.objects.named(name[:200]).count() <= 1


def test_other_names_are_one_a_line(editor):
    row = factories.make_source().written("en")
    page = editor.open(SourceTranslation, row.pk).save(other_names="x" * 201)
    assert "up to 200" in field_errors(page, "other_names")


ADDRESSES = ["javascript:alert(1)", "data:text/html,x", "no address", "http://", "x" * 1001, "//\x00"]


@pytest.mark.parametrize("url", ADDRESSES)
def test_a_link_leads_to_an_address_of_the_web(editor, url):
    form = editor.open(Item, factories.make_item().pk).add("links", role="original", url=url)
    assert errors(form.save())


@pytest.mark.parametrize("position", ["-1", "x", "99999999999999999999"])
def test_a_position_is_a_small_number(editor, position):
    form = editor.open(Item, factories.make_item().pk).add("links", role="original", position=position)
    assert errors(form.save())


def test_a_reference_number_is_taken_once(editor):
    form = editor.open(Item, factories.make_item().pk)
    assert "number" in errors(form.add("references", number=1).add("references", number=1).save())


def test_a_reference_number_that_somebody_else_took_meanwhile_is_refused(editor):
    item = factories.make_item()
    form = editor.open(Item, item.pk).add("references", number=1)
    Reference.objects.create(item=item, number=1)
    assert "already exists" in errors(form.save())


def test_references_are_renumbered_in_one_go(editor):
    item = factories.make_item()
    for number in (1, 2, 3):
        Reference.objects.create(item=item, number=number, text=f"old {number}")
    form = editor.open(Item, item.pk).add("references", number=1, text="new")
    shifted = {f"references-{row}-number": row + 2 for row in range(3)}
    assert form.save(**shifted).status_code == 302
    assert list(item.references.values_list("text", flat=True)) == ["new", "old 1", "old 2", "old 3"]


def test_a_place_is_a_code_that_is_known(editor):
    for code in ("XX1", "tw", "臺", "TW\u202e", ""):
        assert field_errors(editor.open(Place).save(code=code), "code")


def test_only_new_items_are_the_focus(editor):
    placement = factories.make_placement(factories.make_item(), factories.make_issue(), "look_back")
    assert "Only new items" in field_errors(editor.open(Placement, placement.pk).save(focus="on"), "focus")
    page = editor.open(Issue, placement.issue.pk).save(placements__0__focus="on")
    assert "Only new items" in errors(page)


def test_an_item_has_one_home(editor):
    item = factories.make_item()
    factories.make_placement(item, factories.make_issue("16"))
    later = factories.make_issue("17")
    new = {"item": item.pk, "issue": later.pk, "section": "research", "role": "new"}
    assert "already new in issue 16" in field_errors(editor.open(Placement).save(**new), "role")
    added = {f"placements__2__0__{name}": value for name, value in new.items() if name != "issue"}
    assert "already new in issue 16" in errors(editor.open(Issue, later.pk).save(**added))
    form = editor.open(Item, item.pk).add("placements", issue=later.pk, section="research", role="promoted")
    assert "new in only one issue" in errors(form.save())


def test_an_item_is_in_an_issue_once(editor):
    placement = factories.make_placement(factories.make_item(), factories.make_issue())
    new = {"item": placement.item.pk, "issue": placement.issue.pk, "section": "research", "role": "look_back"}
    assert "already exists" in errors(editor.open(Placement).save(**new))
    added = {f"placements__2__0__{name}": value for name, value in new.items() if name != "issue"}
    assert "already exists" in errors(editor.open(Issue, placement.issue.pk).save(**added))


def test_a_home_that_somebody_else_gave_meanwhile_is_not_doubled(editor):
    item, issue = factories.make_item(), factories.make_issue()
    form = editor.open(Item, item.pk).add("placements", issue=issue.pk, section="research")
    factories.make_placement(item, factories.make_issue("16"))
    assert "Someone else has just placed this item" in errors(form.save())


def test_what_the_database_refuses_after_all_is_an_error_message_and_no_error_page(editor, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(Issue, "save", refuse)
    page = editor.client.get(editor.open(Issue).save(number="17").headers["Location"])
    assert "Not saved" in messages(page)


def test_what_is_taken_between_the_check_and_the_saving_is_said_and_kept(editor, monkeypatch):
    """Two editors save at the same time: the database rejects the second, and the form is shown again."""
    real, calls = Issue.save, []

    def save(self, *args, **kwargs):
        if not calls:
            calls.append(1)
            raise IntegrityError
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Issue, "save", save)
    assert editor.open(Issue).save(number="17").status_code == 302
    assert Issue.objects.count() == 1


def test_the_form_keeps_what_was_typed(editor):
    item = factories.make_item()
    form = editor.open(Item, item.pk)
    page = form.save(**{"date": "someday", f"{form.text('en')}-title": "Typed with care", "authors": "A. B."})
    html = page.content.decode()
    assert 'value="someday"' in html and 'value="Typed with care"' in html and ">\nA. B.</textarea>" in html
    assert ItemTranslation.objects.get(owner=item, language="en").title != "Typed with care"


REQUIRED = {"zh-hant": "這個欄位是必須的。", "zh-hans": "这个字段是必填项。", "en": "This field is required."}


@pytest.mark.parametrize(("language", "words"), REQUIRED.items())
def test_errors_are_said_in_the_editors_language(editor, language, words):
    data = editor.open(Issue).data
    page = editor.client.post("/admin/archive/issue/add/", data, headers={"accept-language": language})
    assert words in page.content.decode()


@pytest.mark.parametrize("model", [Issue, Item, Topic, Source, Placement, Correction])
def test_a_form_without_its_parts_breaks_nothing(editor, model):
    assert editor.client.post(f"/admin/archive/{model._meta.model_name}/add/", {"x": "y"}).status_code == 200


@pytest.mark.parametrize("path", ["abc/change/", "99999/change/", "999999999999999999999999/change/", "1_00/change/"])
def test_rows_that_are_not_there_are_said_to_be_gone(editor, path):
    assert editor.client.get(f"/admin/archive/item/{path}").status_code == 302


@pytest.mark.parametrize("item", ["x", "999", "", "%00", "9" * 30])
def test_odd_presets_of_a_form_break_nothing(editor, item):
    assert editor.client.get(f"/admin/archive/correction/add/?item={item}").status_code == 200
