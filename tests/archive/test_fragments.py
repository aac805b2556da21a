"""Fragments are rendered once, and again when the item or a template has changed."""

import pytest

from digest.archive import authoring, fragments
from digest.archive.models import Placement
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue():
    return make.make_full_issue("17", 3)


@pytest.fixture
def rendered(monkeypatch):
    """The fragments that are rendered, as (item, language)."""
    seen, real = [], fragments._render_fragment
    monkeypatch.setattr(fragments, "_render_fragment", lambda p, code: seen.append((p.item_id, code)) or real(p, code))
    return seen


def test_a_second_reader_gets_what_was_rendered_for_the_first(issue, rendered):
    first = fragments.issue_fragments(issue, "en")
    assert fragments.issue_fragments(issue, "en") == first and len(rendered) == 3


def test_a_changed_item_alone_is_rendered_anew(issue, rendered):
    fragments.issue_fragments(issue, "en")
    item = issue.items.first()
    authoring.write_text(item, "en", title="Another title")
    rendered.clear()
    assert "Another title" in [str(shown.title) for shown in fragments.issue_fragments(issue, "en")]
    assert rendered == [(item.pk, "en")]


@pytest.mark.parametrize(
    "change",
    [
        lambda item: authoring.set_links(item, [{"role": "data", "url": "https://data.example/"}]),
        lambda item: authoring.write_text(item.source, "en", name="Renamed Letters"),
        lambda item: authoring.add_correction(item, make.PUBLISHED.date(), {"en": "Wrong."}),
        lambda item: authoring.set_relation(item, "places", [make.make_place("JP")]),
        lambda item: authoring.save(_in_focus(item)),
    ],
    ids=["link", "source", "correction", "place", "focus"],
)
def test_whatever_a_fragment_shows_makes_it_anew(issue, rendered, change):
    item = issue.items.first()
    authoring.edit(item, {"source": make.make_source()})
    before = {shown.item_id: shown.html for shown in fragments.issue_fragments(issue, "en")}
    change(item)
    after = {shown.item_id: shown.html for shown in fragments.issue_fragments(issue, "en")}
    assert [pk for pk in before if before[pk] != after[pk]] == [item.pk]


def _in_focus(item) -> Placement:
    placement = item.placements.get()
    placement.focus = True
    return placement


def test_nothing_is_rendered_when_something_is_written(issue, rendered):
    fragments.issue_fragments(issue, "en")
    rendered.clear()
    authoring.write_text(issue.items.first(), "en", summary="Short.")
    authoring.withdraw_issue(issue)
    authoring.publish_issue(issue)
    assert rendered == []


def test_a_template_edit_shows_at_once_under_runserver(issue, rendered, settings, monkeypatch):
    settings.DEBUG = True
    fragments.issue_fragments(issue, "en")
    monkeypatch.setattr(fragments, "_hash_templates", lambda: "edited")
    fragments.issue_fragments(issue, "en")
    assert len(rendered) == 6


def test_two_languages_take_no_more_queries_than_one(issue, count_queries):
    one = count_queries(lambda: fragments.issue_fragments(issue, "en"))
    assert count_queries(lambda: fragments.issue_fragments_by_language(issue, ["zh-hans", "zh-hant"])) == one
