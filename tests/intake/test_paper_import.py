"""import_paper: what it writes, that it writes it once, and what a corrected paper changes."""

import datetime as dt

import pytest
from django.core.management import CommandError

from digest.archive.models import CacheVersion, Item, Reference
from tests.factories import make_item
from tests.intake.import_helpers import rows
from tests.intake.papers import FRONT, REFERENCES, import_text, make_paper, run

pytestmark = pytest.mark.django_db


def test_a_paper_becomes_one_item_with_all_its_rows(tmp_path):
    import_text(tmp_path, make_paper())
    item = Item.objects.get()
    assert (item.kind, item.genre, item.author_list) == ("research", "paper", ["张三", "李小四"])
    assert item.written("zh-hans").title == "少灌水的稻田——三个村子的试验"
    assert item.written("en").abstract.startswith("Less water can be used.")
    assert item.written("zh-hant") is None
    assert [reference.number for reference in item.references.all()] == [1, 2, 3, 4, 5, 6]
    assert Reference.objects.get(number=2).doi == "10.5555/field.19"
    assert str(item.figures.get().text("caption", "en")) == "Waterways of the village"


def test_readers_of_traditional_chinese_get_a_converted_text(tmp_path):
    import_text(tmp_path, make_paper())
    text = Item.objects.get().text("body", "zh-hant")
    assert (text.converted, text.source_language) == (True, "zh-hans")
    assert "農戶的水越來越少[@2:38]" in text.value


def test_a_paper_in_traditional_chinese_is_converted_the_other_way(tmp_path):
    import_text(tmp_path, "摘要：本文談水與農業，說明節水的經驗。\n一、前言\n水是農業的根本。")
    item = Item.objects.get()
    assert item.text("body", "zh-hant").converted is False
    assert item.text("body", "zh-hans").value.endswith("水是农业的根本。")


def test_the_report_says_what_was_found_and_what_is_missing(tmp_path):
    report = import_text(tmp_path, make_paper(references=""))
    assert report["item"] == {"id": Item.objects.get().pk, "kind": "research", "genre": "paper", "language": "zh-hans"}
    assert report["citations"] == {"marks": 8, "distinct": 6, "locators": 2}
    assert report["missing"] == ["references", "figure 1", "date", "source"]
    assert [section["number"] for section in report["sections"]] == [None, "1", "1.1", "2"]
    assert report["figures"][0]["captions"]["zh-hans"] == "村子的水路"
    assert [change["action"] for change in report["changes"]] == ["create"]


def test_a_dry_run_writes_nothing(tmp_path):
    before = rows()
    report = import_text(tmp_path, make_paper(), "--dry-run", "--publish")
    assert (report["item"]["id"], report["dry_run"], report["published"]) == (None, True, False)
    assert rows() == before


def test_without_publish_the_item_stays_a_draft(tmp_path):
    assert import_text(tmp_path, make_paper())["published"] is False
    assert Item.objects.get().state == "draft"
    report = import_text(tmp_path, make_paper(), "--publish")
    assert [change["action"] for change in report["changes"]] == ["publish"]
    assert Item.objects.get().is_published


@pytest.mark.parametrize("options", [(), ("--publish",), ("--update",)])
@pytest.mark.parametrize("front", ["", FRONT, FRONT.replace("DOI", "编号")])
def test_importing_again_changes_no_row(tmp_path, front, options):
    import_text(tmp_path, make_paper(front), "--publish")
    before, version = rows(), CacheVersion.current().number
    assert import_text(tmp_path, make_paper(front), *options)["changes"] == []
    assert (rows(), CacheVersion.current().number) == (before, version)


# --- the same paper again ----------------------------------------------------------------------------------------


def test_a_paper_without_title_is_known_again_by_its_abstract(tmp_path):
    untitled = make_paper("").replace("Less water on paddies\n", "")
    import_text(tmp_path, untitled)
    report = import_text(
        tmp_path, untitled.replace("也问了农户怎么想", "还问了农户怎么想").replace("three", "three small")
    )
    assert Item.objects.count() == 1
    assert {change["field"] for change in report["changes"]} == {"abstract (zh-hans)", "abstract (en)"}


def test_a_title_found_later_is_added(tmp_path):
    import_text(tmp_path, make_paper(""))
    import_text(tmp_path, make_paper())
    item = Item.objects.get()
    assert (item.doi, item.written("zh-hans").title[:6]) == ("10.5555/water.2023.1", "少灌水的稻田")


def test_an_item_with_the_same_doi_is_this_paper(tmp_path):
    known = make_item(doi="10.5555/WATER.2023.1")
    import_text(tmp_path, make_paper(), "--update")
    assert Item.objects.get() == known
    assert known.translations.filter(language="zh-hans", origin="written").exists()
    assert Item.objects.get().doi == "10.5555/WATER.2023.1"


def test_another_doi_under_the_same_title_is_another_paper(tmp_path):
    import_text(tmp_path, make_paper())
    import_text(tmp_path, make_paper().replace("water.2023.1", "water.2024.9"))
    assert Item.objects.count() == 2


def test_papers_on_the_same_subject_stay_apart(tmp_path):
    import_text(
        tmp_path, "摘要：本文谈水与农业，两年的试验说明少灌水的稻田产量不变，农户省了钱，水也留给了下游。\n1 头\n水。"
    )
    import_text(
        tmp_path, "摘要：本文谈水与农业，五年的观测说明旱地的覆盖作物留住了雪水，春天的土壤不再被风吹走。\n1 头\n水。"
    )
    assert Item.objects.count() == 2


def test_a_corrected_draft_is_updated_in_place_paragraph_by_paragraph(tmp_path):
    import_text(tmp_path, make_paper())
    report = import_text(tmp_path, make_paper().replace("省了两成", "省了三成"))
    (change,) = report["changes"]
    assert (change["action"], change["field"]) == ("update", "body (zh-hans)")
    assert (change["old"], change["new"]) == ("省了两成[@3][@6]。", "省了三成[@3][@6]。")
    assert "省了三成" in Item.objects.get().text("body_html", "zh-hant").value


def test_a_published_item_is_not_changed_without_update(tmp_path):
    import_text(tmp_path, make_paper(), "--publish")
    before = rows()
    with pytest.raises(CommandError, match="--update"):
        import_text(tmp_path, make_paper().replace("省了两成", "省了三成"))
    assert rows() == before


def test_update_shows_the_differences_first(tmp_path):
    import_text(tmp_path, make_paper(), "--publish")
    (tmp_path / "document.txt").write_text(make_paper().replace("省了两成", "省了三成"), encoding="utf-8")
    out = run(tmp_path / "document.txt", "--update")
    assert "省了两成[@3][@6]。 -> 省了三成[@3][@6]。" in out.split("\n")[0]
    assert "省了三成" in Item.objects.get().written("zh-hans").body


def test_a_reference_list_found_later_fills_the_slots(tmp_path):
    import_text(tmp_path, make_paper(references=""))
    assert set(Reference.objects.values_list("text", flat=True)) == {""}
    import_text(tmp_path, make_paper())
    assert Reference.objects.get(number=1).text == "张三. 稻田的水[M]. 某地: 某社, 2001."


def test_what_editors_have_filled_in_is_not_emptied(tmp_path):
    import_text(tmp_path, make_paper(front="", references=""))
    item = Item.objects.get()
    item.authors, item.date = "Anna Example", dt.date(2023, 5, 1)
    item.save(update_fields=["authors", "date"])
    item.references.filter(number=4).update(text="丁. 水.")
    assert import_text(tmp_path, make_paper(front="", references=""))["changes"] == []
    item.refresh_from_db()
    assert (item.authors, item.references.get(number=4).text) == ("Anna Example", "丁. 水.")


def test_a_slot_that_nothing_cites_any_more_goes(tmp_path):
    import_text(tmp_path, make_paper())
    import_text(tmp_path, make_paper().replace("[3，6]", "[3]"))
    assert list(Reference.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_date_and_journal_of_the_document_reach_the_item(tmp_path):
    text = make_paper("题目：少灌水\n期刊：水田学刊\n发表日期：2023-04-05\n")
    import_text(tmp_path, text)
    item = Item.objects.get()
    assert (item.date, str(item.source)) == (dt.date(2023, 4, 5), "水田學刊")
    assert import_text(tmp_path, text)["changes"] == []


def test_references_that_are_missing_are_told_in_one_piece(tmp_path):
    make_item(doi="10.5555/water.2023.1")
    (tmp_path / "document.txt").write_text(make_paper(references=""), encoding="utf-8")
    lines = run(tmp_path / "document.txt", "--update").splitlines()
    assert [line for line in lines if "missing references" in line] == [
        "changed: “少灌水的稻田——三个村子的试验”, missing references added: 1–6 (6)"
    ]
    assert "Missing from the document: references (6: 1–6), figures (1: 1), date, source" in lines
    (tmp_path / "document.txt").write_text(make_paper(), encoding="utf-8")
    assert "references (4: 3–6)" in run(tmp_path / "document.txt", "--update")


@pytest.mark.parametrize("front", [FRONT.replace("2023.1", "2024.9"), "DOI: 10.5555/water.2024.9\n"])
def test_a_paper_much_like_an_item_that_is_there_is_another_item_and_a_warning(tmp_path, front):
    assert import_text(tmp_path, make_paper())["warnings"] == []
    known = Item.objects.get()
    report = import_text(tmp_path, make_paper(front))
    (warning,) = [w for w in report["warnings"] if w["line"] is None]
    assert f"Item {known.pk} has the same title or a very similar abstract" in warning["text"]
    assert Item.objects.count() == 2
    assert not [w for w in import_text(tmp_path, make_paper(front))["warnings"] if w["line"] is None]


def test_a_dry_run_of_a_published_paper_says_that_update_is_needed(tmp_path):
    import_text(tmp_path, make_paper(), "--publish")
    assert import_text(tmp_path, make_paper(), "--dry-run")["needs_update"] is False
    changed = make_paper().replace("省了两成", "省了三成")
    assert import_text(tmp_path, changed, "--dry-run")["needs_update"] is True
    assert "add --update" in run(tmp_path / "document.txt", "--dry-run")


def test_people_read_lines_and_programs_one_object(tmp_path):
    report = import_text(tmp_path, make_paper("某某水田学报\n" + FRONT), "--dry-run")
    assert [warning["line"] for warning in report["warnings"]] == [1]
    out = run(tmp_path / "document.txt")
    assert "references" not in out.split("\n")[0]
    assert len(out.strip().split("\n")) == 5


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\n ",
        "这是一封信。\n你好！".encode(),
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        bytes(range(256)) * 20,
        "摘要：谈水。\n1 开头\n农户说水少。".encode("gb18030") * 30,
        b"%PDF-1.4 abstract: water",
    ],
)
def test_what_is_no_paper_is_refused_in_one_line_and_nothing_is_written(tmp_path, data):
    with pytest.raises(CommandError) as refusal:
        import_text(tmp_path, data)
    assert "\n" not in str(refusal.value)
    assert "document.txt" in str(refusal.value)
    assert not Item.objects.exists()


def test_a_file_of_50_megabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "document.txt"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(CommandError, match="5 MB"):
        run(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "big5"])
def test_other_encodings_give_the_same_item(tmp_path, encoding):
    text = "摘要：本文談水與農業，說明節水的經驗。\n一、前言\n水是農業的根本，農民都知道，所以要節約。[1]\n"
    import_text(tmp_path, text.replace("\n", "\r\n").encode(encoding))
    assert Item.objects.get().written("zh-hant").body == "## 一、前言\n\n水是農業的根本，農民都知道，所以要節約。[@1]"


def test_a_paper_of_nothing_but_marks_is_stored_and_shown(tmp_path):
    import_text(tmp_path, "摘要：谈水。\n1 <b>开头\n" + "[1]" * 2_000 + "<script>alert(1)</script>\n", "--publish")
    assert "<script" not in Item.objects.get().text("body_html", "zh-hans").value
    assert REFERENCES
