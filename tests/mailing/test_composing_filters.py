"""What a choice of sections and topics lets through, and that choices of the same items come to the same mail."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.archive.models import Issue, Placement, Section
from digest.mailing import composing
from digest.mailing.rendering.filters import effective_selection, matching_placements, placements_of_selection
from digest.mailing.rendering.issue_content import IssueContent, load_content
from tests.factories import make_full_issue, make_issue, make_item, make_placement, make_topic
from tests.mailing.email_checker import checked
from tests.mailing.emails import filled

TOPICS = range(1, 7)


def made_up(rows: list[tuple[str, frozenset[int]]]) -> IssueContent:
    """An issue with a placement for each (section, topics)."""
    issue = Issue(pk=1, number="17")
    placements = [Placement(pk=n, issue=issue, item_id=n, section=section) for n, (section, _t) in enumerate(rows)]
    return IssueContent((issue,), {1: placements}, {n: topics for n, (_s, topics) in enumerate(rows)}, {})


ROWS = st.lists(st.tuples(st.sampled_from(Section.values), st.frozensets(st.sampled_from(TOPICS))), max_size=8)
SECTIONS = st.lists(st.sampled_from(Section.values), unique=True).map(",".join)
CHOSEN_TOPICS = st.lists(st.sampled_from([*TOPICS, 99]), unique=True).map(lambda ids: ",".join(map(str, sorted(ids))))


@given(ROWS.map(made_up), SECTIONS, CHOSEN_TOPICS)
def test_the_name_of_a_choice_stands_for_the_same_items(source, sections, topics):
    name = effective_selection(source, sections, topics)
    placements = matching_placements(source, sections, topics)
    assert (name is None) == (not placements)
    if name is not None:
        assert placements_of_selection(source, name) == placements


@given(ROWS.map(made_up), SECTIONS, CHOSEN_TOPICS, SECTIONS, CHOSEN_TOPICS)
def test_two_choices_have_one_name_if_and_only_if_they_let_the_same_through(source, one, two, three, four):
    same = matching_placements(source, one, two) == matching_placements(source, three, four)
    assert same == (effective_selection(source, one, two) == effective_selection(source, three, four))


def test_an_item_needs_a_chosen_section_and_a_chosen_topic():
    source = made_up([("research", frozenset({1})), ("research", frozenset({2})), ("news", frozenset({1}))])
    assert [p.item_id for p in matching_placements(source, "research", "1")] == [0]
    assert [p.item_id for p in matching_placements(source, "", "1")] == [0, 2]
    assert [p.item_id for p in matching_placements(source, "research", "")] == [0, 1]
    assert len(matching_placements(source, "", "")) == 3
    assert effective_selection(source, "event", "") is None


def test_choosing_everything_there_is_is_no_choice():
    source = made_up([("research", frozenset({1})), ("news", frozenset({1, 2}))])
    assert effective_selection(source, "research,news,policy", "1,2,99") == effective_selection(source, "", "") == ""


@pytest.mark.django_db
def test_a_mail_has_what_was_chosen_and_nothing_else():
    issue = make_issue()
    items = {kind: make_item(kind) for kind in ("research", "news", "event")}
    for item in items.values():
        make_placement(item, issue)
    topic = make_topic(items=[items["research"], items["event"]])
    name = composing.effective_selection([issue], "research,news", str(topic.pk))
    read = checked(filled(composing.compose([issue], "en", name)))
    assert items["research"].shown_title("en").value in read.page.body
    assert f"/items/{items['news'].pk}/" not in read.html
    assert f"/items/{items['event'].pk}/" not in read.html


@pytest.mark.django_db
def test_what_is_not_published_is_in_no_mail():
    issue = make_issue()
    make_placement(make_item(), issue)
    hidden = make_item(published=False)
    make_placement(hidden, issue)
    assert f"/items/{hidden.pk}/" not in composing.compose([issue], "en").html
    assert composing.effective_selection([make_full_issue("18", published=False)], "", "") is None


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hant", "zh-hans", "en", "bilingual"])
def test_a_months_issues_come_in_one_mail_newest_first(language):
    older, newer = make_full_issue("17"), make_full_issue("18")
    mail = composing.compose([older, newer], language)
    read = checked(filled(mail))
    at = [mail.html.index(f"/issues/{issue.number}/") for issue in (newer, older)]
    assert at == sorted(at)
    assert "18" in mail.subject and "17" in mail.subject
    assert len(load_content([older, newer]).all_placements) == 12
    assert len(set(read.page.links)) > 12


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize("count", [6, pytest.param(10, marks=pytest.mark.full)])
def test_many_long_issues_still_make_a_mail_that_fits(count):
    issues = [make_full_issue(str(number), blocks=40) for number in range(20, 20 + count)]
    mail = composing.compose(issues, "bilingual")
    assert mail.html_bytes <= composing.MAX_HTML_BYTES
    assert "more on the web" in mail.text and mail.left_out > 0
    checked(filled(mail))


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize("size", [250, pytest.param(600, marks=pytest.mark.full)])
def test_what_a_long_issue_has_no_room_for_is_counted_and_linked(size):
    source = load_content([make_full_issue(blocks=size)])
    whole, part = (composing.compose(source, "bilingual", name) for name in ("", "event|"))
    assert 60_000 < whole.html_bytes <= composing.MAX_HTML_BYTES
    shown = len(set(re.findall(r"/items/(\d+)/", whole.html)))
    assert shown + whole.left_out == size and shown >= 100
    # Who chose one section gets all of it.
    assert part.left_out == 0 and len(set(re.findall(r"/items/(\d+)/", part.html))) == size // 5
