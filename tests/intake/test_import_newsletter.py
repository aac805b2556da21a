"""Importing a newsletter: what the archive holds afterwards."""

import datetime as dt

import pytest
from django.conf import settings

from digest.archive.models import CacheVersion, Figure, Issue, Item, Placement, Source
from tests.intake.documents import ENGLISH, SIMPLIFIED, make_newsletter
from tests.intake.import_helpers import import_text, item, rows, run, text

pytestmark = pytest.mark.django_db


def test_an_issue_becomes_a_draft_with_its_texts(tmp_path):
    report = import_text(tmp_path, make_newsletter())
    issue = Issue.objects.get(number="21")
    assert (report["issue"]["number"], report["issue"]["date"], report["issue"]["language"]) == (
        *("21", "2024-05-03"),
        "zh-hant",
    )
    assert (issue.date, issue.is_published, issue.is_partial) == (dt.date(2024, 5, 3), False, False)
    row = issue.written("zh-hant")
    assert (row.title, row.look_back_theme) == ("水田週報電子報", "水田與水利")
    assert row.themes.splitlines() == ["早稻育苗", "田埂修補", "水位觀測", "村裡的用水協議與分工"]
    assert row.programme_note.startswith("本站") and row.intro.startswith("今年")


def test_an_item_has_its_fields_links_and_source(tmp_path):
    import_text(tmp_path, make_newsletter())
    found = item("早稻的根會記得乾旱")
    assert (found.kind, found.genre, found.date) == ("research", "paper", dt.date(2024, 4, 2))
    assert str(found.source) == "稻作學刊"
    assert [(link.role, link.label, link.url) for link in found.links.all()] == [
        ("abstract", "英文摘要", ""),
        ("original", "原文", ""),
    ]
    assert [topic.name for topic in item("田埂上的草與蜘蛛").further_reading.all()] == ["田邊的生物"]


def test_placements_follow_the_document(tmp_path):
    import_text(tmp_path, make_newsletter())
    placements = Placement.objects.filter(issue__number="21").in_reading_order()
    assert [p.position for p in placements] == list(range(10))
    assert [p.focus for p in placements] == [
        p.item.title.value.startswith(("早稻", "村子", "十年")) for p in placements
    ]
    assert [p.role for p in placements if p.section == "event"] == ["promoted", "new", "new"]


def test_a_look_back_makes_its_item_at_home_in_a_partial_issue(tmp_path):
    import_text(tmp_path, make_newsletter())
    issue = Issue.objects.get(number="13-2")
    home, back = item("老圳溝重新通水").placements.order_by("role")[::-1]
    assert (issue.date, issue.record) == (None, "partial")
    assert (home.issue, home.role, home.section, home.focus) == (issue, "new", "news", False)
    assert (back.issue.number, back.role, back.section) == ("21", "look_back", "news")
    assert not back.translations.exists()


def test_events_have_places_and_a_poster_its_words(tmp_path):
    import_text(tmp_path, make_newsletter())
    event, promoted = item("第三屆田埂研討會"), item("稻田日：看水的人")
    assert (event.date, event.date_end) == (dt.date(2024, 12, 30), dt.date(2025, 1, 2))
    assert (text(event, "place"), [p.code for p in event.places.all()]) == ("日本京都", ["JP"])
    assert (promoted.attendance, [p.code for p in promoted.places.all()]) == ("hybrid", ["TW"])
    poster = promoted.figures.get(role=Figure.Role.POSTER)
    assert not poster.picture
    assert "Registration Website" in poster.written("en").alternative


def test_a_source_is_one_row_however_often_it_is_named(tmp_path):
    import_text(tmp_path, make_newsletter())
    assert Source.objects.named("稻作學刊").get().items.count() == 2
    assert Source.objects.named("東岸日報").get().kind == Source.Kind.NEWS
    assert Source.objects.named("水文站").get().kind == Source.Kind.REPOSITORY


def test_pages_become_old_when_readers_can_see_what_was_imported(tmp_path):
    before = CacheVersion.current().number
    import_text(tmp_path, make_newsletter())
    assert CacheVersion.current().number == before
    import_text(tmp_path, make_newsletter(), "--publish")
    assert CacheVersion.current().number > before


def test_publish_shows_the_issue_and_the_homes_of_its_look_backs(tmp_path):
    assert import_text(tmp_path, make_newsletter(), "--publish")["published"] is True
    assert set(Issue.objects.published().values_list("number", flat=True)) == {"21", "9", "13-2"}
    assert Item.objects.published().count() == Item.objects.count() == 10
    assert Placement.objects.public().count() == Placement.objects.count()


def test_a_draft_of_the_same_document_is_published_later(tmp_path):
    import_text(tmp_path, make_newsletter())
    report = import_text(tmp_path, make_newsletter(), "--publish")
    assert [(c["action"], c["issue"]) for c in report["changes"]] == [("publish", "21")]
    assert import_text(tmp_path, make_newsletter(), "--publish")["changes"] == []


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path):
    before = rows()
    tried = import_text(tmp_path, make_newsletter(), "--dry-run", "--publish")
    assert rows() == before
    made = import_text(tmp_path, make_newsletter(), "--publish")
    assert tried["changes"] == made["changes"]
    assert tried["dry_run"] and not made["dry_run"]


def test_what_was_not_understood_is_kept_on_the_draft(tmp_path):
    import_text(tmp_path, make_newsletter().replace("新聞時事\n", "新聞時事\n\n編按：本週停電\n"))
    assert Issue.objects.get(number="21").remainder == "31: 編按：本週停電"


def test_a_thing_printed_twice_is_one_item_and_a_warning(tmp_path):
    again = "2024 年 4 月 2 日 | 稻作學刊 | 又一次。\n"
    report = import_text(
        tmp_path, make_newsletter().replace("新聞時事\n", f"早稻的根會記得乾旱\n\n{again}\n新聞時事\n")
    )
    assert item("早稻的根會記得乾旱").placements.count() == 1
    assert any("又一次" in warning["text"] for warning in report["warnings"])
    assert "又一次" in Issue.objects.get(number="21").remainder


def test_people_read_changes_then_counts_then_warnings_with_lines(tmp_path):
    path = tmp_path / "issue.txt"
    path.write_text(make_newsletter(), encoding="utf-8")
    changes, counts = (part.splitlines() for part in run(path).split("\n\n"))
    assert "line 13: new: “早稻的根會記得乾旱”" in changes
    assert counts[0] == "Issue 21 · 2024-05-03 · Traditional Chinese"
    assert [line.split()[0] for line in counts[1:6]] == ["2", "1", "1", "1", "2"]
    assert counts[6] == f"changes: {len(changes)} · warnings: 1 · draft, not published"
    assert counts[7].startswith("line 61: ") and "Registration Website" in counts[7]


def test_the_english_edition_becomes_english_texts(tmp_path):
    import_text(tmp_path, ENGLISH)
    found = item("Roots of early rice remember drought", "en")
    assert [str(row.language) for row in found.translations.all()] == ["en"]
    assert found.links.get(role="original").url == "https://example.org/o"
    assert [p.code for p in item("Third ridge symposium", "en").places.all()] == ["JP"]


def test_the_simplified_edition_is_stored_as_written_in_simplified(tmp_path):
    import_text(tmp_path, SIMPLIFIED)
    found = item("早稻的根会记得干旱", "zh-hans")
    assert {(row.language, row.origin) for row in found.translations.all()} == {
        ("zh-hans", "written"),
        ("zh-hant", "converted"),
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.encode("cp950"),
        lambda t: t.encode("utf-8-sig"),
        lambda t: t.encode("utf-16"),
        lambda t: t.replace("\n", "\r\n").encode(),
        lambda t: t.replace("\n", "\r").encode("utf-8-sig"),
    ],
    ids=["Big5", "byte order mark", "UTF-16", "CRLF", "CR with a mark"],
)
def test_another_encoding_or_line_end_is_the_same_import(tmp_path, change):
    plain = import_text(tmp_path, make_newsletter(), "--dry-run")
    assert import_text(tmp_path, change(make_newsletter()), "--dry-run") == plain


def test_the_example_in_the_handbook_is_understood_to_its_last_line(tmp_path):
    example = (settings.BASE_DIR / "docs" / "newsletter-example.txt").read_text()
    report = import_text(tmp_path, example)
    assert report["warnings"] == [] and Issue.objects.get(number="21").remainder == ""
    placed = Placement.objects.filter(issue__number="21").values_list("item__kind", "role")
    assert set(placed) == {
        *(("research", "new"), ("research", "look_back"), ("news", "new")),
        *(("policy", "new"), ("data", "new"), ("event", "new")),
    }
