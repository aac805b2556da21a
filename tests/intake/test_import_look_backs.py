"""A look-back of what the archive has is tied to it, not doubled."""

import datetime as dt

import pytest

from digest.archive.models import Issue, Item, Placement
from tests.factories import make_issue, make_item, make_placement, make_source
from tests.intake.documents import make_newsletter
from tests.intake.import_helpers import changed, import_text, item, text

pytestmark = pytest.mark.django_db
TITLE = "夜裡灌水省多少"


def make_known(number: str = "9", summary: str = "長長的原本摘要。", **fields) -> Item:
    """An item of an earlier, whole issue."""
    fields.setdefault("date", dt.date(2023, 9, 1))
    known = make_item("research", texts={"zh-hant": {"title": TITLE, "summary": summary}}, **fields)
    issue = Issue.objects.filter(number=number).first() or make_issue(number, date=dt.date(2023, 10, 1))
    make_placement(known, issue)
    return known


def test_a_known_item_is_tied_and_keeps_its_own_summary(tmp_path):
    known = make_known()
    import_text(tmp_path, make_newsletter())
    assert item(TITLE) == known
    assert [p.issue.number for p in known.placements.order_by("issue__whole")] == ["9", "21"]
    assert text(known, "summary") == "長長的原本摘要。"
    own = known.placements.get(role="look_back").written("zh-hant")
    assert own.summary == "夜裡灌水，蒸發少了兩成。"


def test_the_same_summary_in_other_brackets_needs_no_second(tmp_path):
    known = make_known(summary="夜裡灌水, 蒸發少了兩成")
    import_text(tmp_path, make_newsletter())
    assert not known.placements.get(role="look_back").translations.exists()


def test_tying_again_changes_nothing(tmp_path):
    make_known()
    import_text(tmp_path, make_newsletter())
    assert import_text(tmp_path, make_newsletter())["changes"] == []


def test_width_case_and_punctuation_do_not_hide_a_known_title(tmp_path):
    known = make_known()
    import_text(tmp_path, make_newsletter().replace(TITLE, "「夜裡灌水」省多少？"))
    assert known.placements.count() == 2


def test_of_several_with_one_title_the_printed_issue_decides(tmp_path):
    other, known = make_known("8"), make_known("9")
    import_text(tmp_path, make_newsletter())
    assert (other.placements.count(), known.placements.count()) == (1, 2)


def test_an_item_of_another_kind_or_date_is_another_item(tmp_path):
    make_known(date=dt.date(2020, 1, 1))
    news = make_item("news", texts={"zh-hant": {"title": TITLE, "summary": "同名的新聞。"}})
    import_text(tmp_path, make_newsletter())
    assert news.placements.count() == 0
    assert Item.objects.titled(TITLE, "zh-hant").count() == 3


def test_another_home_than_the_printed_one_is_told_and_kept(tmp_path):
    known = make_known("8")
    report = import_text(tmp_path, make_newsletter())
    assert known.home.issue.number == "8"
    assert any("8" in w["text"] and TITLE in w["text"] for w in report["warnings"])


def test_a_standing_alone_item_gets_the_printed_home(tmp_path):
    known = make_item(
        texts={"zh-hant": {"title": TITLE, "summary": "夜裡灌水，蒸發少了兩成。"}}, date=dt.date(2023, 9, 1)
    )
    import_text(tmp_path, make_newsletter())
    assert known.home.issue.number == "9"


def test_two_issues_that_look_back_share_the_item(tmp_path):
    later = make_newsletter().replace("第21期", "第22期").replace("蒸發少了兩成", "蒸發少了許多")
    import_text(tmp_path, make_newsletter())
    import_text(tmp_path, later)
    backs = item(TITLE).placements.filter(role="look_back").order_by("issue__whole")
    assert [b.issue.number for b in backs] == ["21", "22"]
    assert [b.translations.count() > 0 for b in backs] == [False, True]
    for document in (make_newsletter(), later):
        assert import_text(tmp_path, document)["changes"] == []


def test_the_earlier_issue_s_own_document_fills_the_partial_one(tmp_path):
    import_text(tmp_path, make_newsletter())
    own = f"2023年9月9日 (第9期)\n\n科技研究\n\n本期焦點 {TITLE}\n\n2023 年 9 月 1 日 | 稻作學刊 | 長長的原本摘要。\n"
    report = import_text(tmp_path, own)
    found = item(TITLE)
    assert ("update", "9", "record") in changed(report)
    assert (found.home.issue.record, found.home.focus, text(found, "summary")) == (
        "complete",
        True,
        "長長的原本摘要。",
    )
    assert found.placements.get(role="look_back").written("zh-hant").summary == "夜裡灌水，蒸發少了兩成。"
    assert import_text(tmp_path, make_newsletter())["changes"] == []
    assert import_text(tmp_path, own)["changes"] == []


def test_the_document_of_an_item_s_true_home_takes_it_over(tmp_path):
    import_text(tmp_path, make_newsletter())
    import_text(tmp_path, f"2023年10月9日 (第10期)\n\n科技研究\n\n{TITLE}\n\n2023 年 9 月 1 日 | 稻作學刊 | 原本。\n")
    assert item(TITLE).home.issue.number == "10"


def test_what_is_at_home_in_a_whole_issue_is_looked_back_at(tmp_path):
    known = make_known()
    text_ = make_newsletter().replace(f"第 9 期 {TITLE}", TITLE).replace("前期水田與水利相關研究回顧", "")
    known.source = None
    known.save(update_fields=["source"])
    import_text(tmp_path, text_.replace("2023 年 9 月 1 日 | 稻作學刊 |", "2023 年 9 月 1 日 | [英文摘要](#) |"))
    assert known.home.issue.number == "9"
    assert Placement.objects.get(item=known, issue__number="21").role == "look_back"


def test_a_look_back_without_a_number_has_no_home(tmp_path):
    report = import_text(tmp_path, make_newsletter().replace("第 9 期 ", ""))
    assert item(TITLE).home is None
    assert any(TITLE in w["text"] for w in report["warnings"])
    assert import_text(tmp_path, make_newsletter().replace("第 9 期 ", ""))["changes"] == []


def test_publishing_shows_no_item_of_another_draft_s_look_backs(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    later = make_newsletter().replace("第21期", "第22期").replace(TITLE, "清淤的人")
    import_text(tmp_path, later)
    import_text(tmp_path, make_newsletter().replace("扎根較深", "扎根深得多"), "--update")
    assert item("清淤的人").home.issue.number == "9"
    assert item("清淤的人").state == "draft"


@pytest.mark.parametrize(
    ("old", "new"),
    [("夜裡灌水省多少", "夜間灌水省多少"), ("2023 年 9 月 1 日", "2023 年 9 月 2 日")],
    ids=["a word", "a day"],
)
def test_a_look_back_one_word_or_day_off_finds_its_item_in_the_issue_it_names(tmp_path, old, new):
    known = make_known(source=make_source("稻作學刊"))
    report = import_text(tmp_path, make_newsletter().replace(old, new))
    assert known.placements.get(role="look_back").issue.number == "21"
    assert Issue.objects.get(number="9").placements.count() == 1
    assert text(known, "title") == TITLE
    assert [w["line"] for w in report["warnings"] if f"“{TITLE}”" in w["text"]] == [25]
    assert import_text(tmp_path, make_newsletter().replace(old, new))["changes"] == []


def test_a_look_back_printed_with_the_item_s_address_is_that_item(tmp_path):
    known = make_known()
    known.links.create(role="abstract", label="摘要", url="https://doi.org/10.1234/ABC")
    text_ = (
        make_newsletter()
        .replace(TITLE, "省水的夜")
        .replace("兩成（[英文摘要](#)）", "兩成（[英文摘要](https://example.org/?doi=10.1234/abc)）")
    )
    import_text(tmp_path, text_)
    assert known.placements.count() == 2


def test_a_look_back_that_may_be_an_item_of_its_issue_is_told(tmp_path):
    known = make_known(date=dt.date(2023, 5, 1))
    report = import_text(tmp_path, make_newsletter().replace(TITLE, "夜裡灌水省了多少錢"))
    assert known.placements.count() == 1
    assert [w["line"] for w in report["warnings"] if f"“{TITLE}”" in w["text"]] == [25]


def test_numbers_in_titles_tell_two_items_apart(tmp_path):
    known = make_known(source=make_source("稻作學刊"))
    known.written("zh-hant").delete()
    known.translations.create(language="zh-hant", title="灌水紀錄 2")
    known = Item.objects.get(pk=known.pk)
    import_text(tmp_path, make_newsletter().replace(TITLE, "灌水紀錄 1"))
    assert known.placements.count() == 1
