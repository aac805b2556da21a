"""What readers see of other issues is changed by no import without --update."""

import pytest

from digest.archive.models import Issue, Item, Placement
from tests.intake.documents import make_newsletter
from tests.intake.import_helpers import import_text, item, rows, text

pytestmark = pytest.mark.django_db
TITLE = "看鳥人年會"
LATER = f"2024年6月3日 (第22期)\n\n近期活動\n\n{TITLE}\n\n2024 年 7 月 5 日 | 英國利茲 | [活動連結](#)\n"


def lines_of(report, words):
    return [w["line"] for w in report["warnings"] if words in w["text"]]


def test_a_draft_that_prints_a_published_item_as_new_tells_what_would_change(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    report = import_text(tmp_path, LATER)
    assert text(item(TITLE), "place") == "英國約克"
    assert lines_of(report, "英國利茲") == [5]
    assert Placement.objects.get(issue__number="22").role == "look_back"


def test_with_update_it_is_changed(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    import_text(tmp_path, LATER, "--update")
    assert text(item(TITLE), "place") == "英國利茲"


def test_the_later_print_s_summary_is_the_look_back_s_own(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    title = "輪灌公約草案"
    import_text(tmp_path, f"2024年6月3日 (第22期)\n\n農糧政策\n\n{title}\n\n縣府水利處 | 草案已經送出 ([原文](#))。\n")
    assert text(item(title), "summary") == "草案請各村自己排輪灌的日子。"
    assert Placement.objects.get(issue__number="22").written("zh-hant").summary == "草案已經送出。"


def test_a_published_item_without_a_home_keeps_its_texts(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    Placement.objects.filter(item=item(TITLE)).delete()
    import_text(tmp_path, LATER)
    assert text(item(TITLE), "place") == "英國約克"


def test_a_look_back_adds_no_item_to_a_published_issue(tmp_path):
    nine = "2023年10月9日 (第9期)\n\n科技研究\n\n圳溝的水\n\n2023 年 9 月 2 日 | 水利報 | 水很清。\n"
    import_text(tmp_path, nine, "--publish")
    report = import_text(tmp_path, make_newsletter(), "--publish")
    found = item("夜裡灌水省多少")
    assert found.home is None
    assert Issue.objects.get(number="9").placements.count() == 1
    assert lines_of(report, "--update")
    import_text(tmp_path, make_newsletter(), "--update")
    assert item("夜裡灌水省多少").home.issue.number == "9"


def test_a_published_item_is_not_taken_out_of_the_issue_readers_know_it_from(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    ten = "2023年10月9日 (第10期)\n\n科技研究\n\n夜裡灌水省多少\n\n2023 年 9 月 1 日 | 稻作學刊 | 原本。\n"
    import_text(tmp_path, ten)
    assert item("夜裡灌水省多少").home.issue.number == "9"
    assert text(item("夜裡灌水省多少"), "summary") == "夜裡灌水，蒸發少了兩成。"
    import_text(tmp_path, ten, "--update")
    assert item("夜裡灌水省多少").home.issue.number == "10"


def test_importing_such_a_draft_again_changes_nothing(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    import_text(tmp_path, LATER)
    before = rows()
    assert import_text(tmp_path, LATER)["changes"] == []
    assert rows() == before
    assert Item.objects.titled(TITLE, "zh-hant").count() == 1
