"""Importing again: nothing changes; a corrected document changes what it corrects and says so."""

import pytest
from django.core.management import CommandError

from digest.archive.models import CacheVersion, Issue, Item, Placement
from tests.intake.documents import ENGLISH, make_newsletter
from tests.intake.import_helpers import changed, import_text, item, rows, run, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("options", [(), ("--publish",), ("--update",)])
def test_importing_again_changes_no_row(tmp_path, options):
    import_text(tmp_path, make_newsletter(), "--publish")
    before = rows()
    assert import_text(tmp_path, make_newsletter(), *options)["changes"] == []
    assert rows() == before


def test_importing_a_draft_again_does_not_increment_the_cache_version(tmp_path):
    import_text(tmp_path, make_newsletter())
    before = CacheVersion.current().number
    assert import_text(tmp_path, make_newsletter())["changes"] == []
    assert CacheVersion.current().number == before


@pytest.mark.parametrize(
    ("old", "new", "title", "field"),
    [
        ("早稻的根會記得乾旱", "早稻的根還記得乾旱", "早稻的根還記得乾旱", "title"),
        ("扎根較深", "扎根深得多", "早稻的根會記得乾旱", "summary"),
        ("2024 年 4 月 2 日", "2024 年 4 月 12 日", "早稻的根會記得乾旱", "date"),
        ("2024 年 7 月 5 日", "2024 年 7 月 5-6 日", "看鳥人年會", "date_end"),
        ("2024 年 4 月 2 日 | 稻作學刊", "2024 年 4 月 2 日 | 新稻作學刊", "早稻的根會記得乾旱", "source"),
        ("英國約克", "英國利茲", "看鳥人年會", "place"),
        ("[數據](#)", "[數據](https://example.org/d)", "十年水位紀錄", "url"),
        ("縣府水利處 | [英文摘要](#)", "縣府水利處 | [摘要](#)", "輪灌公約草案", "label"),
        ("Paddy Days", "Paddy Nights", "稻田日：看水的人", "alternative"),
        ("蒸發少了兩成", "蒸發少了三成", "夜裡灌水省多少", "summary"),
    ],
)
def test_a_correction_changes_one_field_in_place(tmp_path, old, new, title, field):
    import_text(tmp_path, make_newsletter())
    ids = sorted(Item.objects.values_list("pk", flat=True))
    report = import_text(tmp_path, make_newsletter().replace(old, new))
    assert changed(report) == [("update", title, field)]
    assert report["changes"][0]["line"] is not None
    assert sorted(Item.objects.values_list("pk", flat=True)) == ids
    assert import_text(tmp_path, make_newsletter().replace(old, new))["changes"] == []


def test_a_change_tells_old_and_new(tmp_path):
    import_text(tmp_path, make_newsletter())
    change = import_text(tmp_path, make_newsletter().replace("2024 年 4 月 2 日", "2024 年 4 月 12 日"))["changes"][0]
    assert (change["old"], change["new"], change["line"]) == ("2024-04-02", "2024-04-12", 13)


def test_a_lost_focus_is_told(tmp_path):
    import_text(tmp_path, make_newsletter())
    report = import_text(tmp_path, make_newsletter().replace("本期焦點 村子", "村子"))
    assert changed(report) == [("place", "村子買了第一支水位計", "focus")]


def test_swapped_items_swap_their_places(tmp_path):
    import_text(tmp_path, make_newsletter())
    first, second = make_newsletter().partition("第三屆田埂研討會")[2].split("看鳥人年會")
    start = make_newsletter().partition("第三屆田埂研討會")[0]
    report = import_text(tmp_path, f"{start}看鳥人年會{second}\n\n第三屆田埂研討會{first}")
    assert [(action, field) for action, _title, field in changed(report)] == [("place", "position")]
    last = Placement.objects.filter(issue__number="21").in_reading_order().last()
    assert last.item == item("第三屆田埂研討會")


def test_a_new_item_is_added_in_its_place(tmp_path):
    import_text(tmp_path, make_newsletter())
    added = "輪灌的鐘\n\n鄉公所 | [英文摘要](#) | 鐘響換田 ([原文](#))。\n\n輪灌公約草案"
    report = import_text(tmp_path, make_newsletter().replace("輪灌公約草案", added))
    assert changed(report) == [("create", "輪灌的鐘", None)]
    titles = [str(p.item) for p in Placement.objects.filter(issue__number="21").in_reading_order()]
    assert titles.index("輪灌的鐘") + 1 == titles.index("輪灌公約草案")


def test_an_item_that_left_the_document_is_kept_and_reported(tmp_path):
    import_text(tmp_path, make_newsletter())
    report = import_text(tmp_path, make_newsletter().split("看鳥人年會")[0])
    assert report["changes"] == []
    assert [w["line"] for w in report["warnings"] if "看鳥人年會" in w["text"]] == [None]
    assert item("看鳥人年會").placements.get().issue.number == "21"


def test_the_masthead_can_be_corrected(tmp_path):
    import_text(tmp_path, make_newsletter())
    report = import_text(
        tmp_path, make_newsletter().replace("2024年5月3日", "2024年5月4日").replace("漫過去", "漫出去")
    )
    assert changed(report) == [("update", "21", "date"), ("update", "21", "intro")]


def test_the_number_of_a_look_back_can_be_corrected(tmp_path):
    import_text(tmp_path, make_newsletter())
    report = import_text(tmp_path, make_newsletter().replace("第 9 期", "第 8 期"))
    assert ("place", "夜裡灌水省多少", "home") in changed(report)
    assert item("夜裡灌水省多少").home.issue.number == "8"
    assert not Issue.objects.filter(number="9").exists()


def test_a_new_item_may_turn_out_to_be_a_look_back_and_back_again(tmp_path):
    plain = make_newsletter()
    turned = plain.replace("田埂上的草與蜘蛛", "第 7 期 田埂上的草與蜘蛛")
    for document, home in ((plain, "21"), (turned, "7"), (plain, "21")):
        import_text(tmp_path, document)
        assert item("田埂上的草與蜘蛛").home.issue.number == home
        assert import_text(tmp_path, document)["changes"] == []


def test_an_item_may_change_its_section(tmp_path):
    import_text(tmp_path, make_newsletter())
    report = import_text(tmp_path, make_newsletter().replace("農糧政策", "新聞時事"))
    assert {field for _action, _title, field in changed(report)} == {"kind", "section"}
    assert item("輪灌公約草案").kind == "news"


def test_update_changes_a_published_issue_and_shows_the_differences_first(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    path = tmp_path / "corrected.txt"
    path.write_text(make_newsletter().replace("2024 年 4 月 2 日", "2024 年 4 月 12 日"), encoding="utf-8")
    printed = run(path, "--update").splitlines()
    assert printed[0].endswith("date: 2024-04-02 -> 2024-04-12")
    assert item("早稻的根會記得乾旱").date.day == 12


def test_what_an_update_adds_to_a_published_issue_is_public(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    added = "輪灌的鐘\n\n鄉公所 | [英文摘要](#) | 鐘響換田 ([原文](#))。\n\n輪灌公約草案"
    text = make_newsletter().replace("輪灌公約草案", added)
    with pytest.raises(CommandError):
        import_text(tmp_path, text)
    import_text(tmp_path, text, "--update")
    assert item("輪灌的鐘").is_published


def test_a_dry_run_on_a_published_issue_shows_what_update_would_do(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    before = rows()
    report = import_text(tmp_path, make_newsletter().replace("扎根較深", "扎根深得多"), "--dry-run")
    assert changed(report) == [("update", "早稻的根會記得乾旱", "summary")]
    assert rows() == before


def test_a_dry_run_says_where_the_real_one_would_need_update(tmp_path):
    path = tmp_path / "issue.txt"
    path.write_text(make_newsletter(), encoding="utf-8")
    assert "--update" not in run(path, "--dry-run")
    run(path, "--publish")
    assert "--update" not in run(path, "--dry-run")
    path.write_text(make_newsletter().replace("扎根較深", "扎根深得多"), encoding="utf-8")
    assert "Issue 21 is published. To import without --dry-run, add --update." in run(path, "--dry-run")
    assert "--update" not in run(path, "--dry-run", "--update")


def test_links_that_come_and_go_are_told_one_by_one(tmp_path):
    path = tmp_path / "issue.txt"
    path.write_text(make_newsletter(), encoding="utf-8")
    run(path)
    text = make_newsletter().replace("[數據](#) | [指南](#)", "[數據](https://example.org/d) | [報名](#) | [註冊](#)")
    path.write_text(text, encoding="utf-8")
    differences = [line.partition("”, ")[2] for line in run(path).splitlines()[:4]]
    assert differences[0] == "web address (數據) added: https://example.org/d"
    assert differences[1:] == ["link added: 報名", "link added: 註冊", "link removed: 指南"]


def test_what_editors_added_is_left_alone(tmp_path):
    import_text(tmp_path, make_newsletter())
    policy, data = item("輪灌公約草案"), item("十年水位紀錄")
    policy.date, policy.genre = "2024-04-30", "plan"
    policy.save(update_fields=["date", "genre"])
    data.links.filter(role="data").update(url="https://example.org/levels")
    assert import_text(tmp_path, make_newsletter())["changes"] == []
    assert item("十年水位紀錄").links.get(role="data").url == "https://example.org/levels"


def test_another_language_s_edition_joins_the_same_items(tmp_path):
    import_text(tmp_path, make_newsletter())
    count = Item.objects.count()
    import_text(tmp_path, ENGLISH)
    assert Item.objects.count() == count
    found = item("早稻的根會記得乾旱")
    assert text(found, "title", "en") == "Roots of early rice remember drought"
    assert found.links.get(role="original").url == "https://example.org/o"
    assert found.links.get(role="original").label == "原文"
    assert text(item("夜裡灌水省多少"), "title", "en") == "What watering at night saves"
    assert Issue.objects.get(number="21").written("en").title == "SNZ Paddy Newsletter"


@pytest.mark.parametrize("again", [make_newsletter(), ENGLISH])
def test_neither_edition_undoes_the_other(tmp_path, again):
    import_text(tmp_path, make_newsletter())
    import_text(tmp_path, ENGLISH)
    assert import_text(tmp_path, again)["changes"] == []
