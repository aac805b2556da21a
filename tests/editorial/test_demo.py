"""The demo archive: complete, in two languages, correct, not copied; running the command again keeps all rows."""

import io
import json
import re
import tomllib
from collections import Counter

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction

from digest.archive.models import Correction, Figure, Issue, Item, ItemTranslation, Place, Placement, Source, Topic
from digest.archive.pictures import rendition_name
from digest.common.conversion import to_hans, to_hant
from digest.common.places import is_known_place
from digest.editorial import demo
from tests.translation_checks import missing

FOLDER = settings.BASE_DIR / "fixtures" / "demo"
SHARED = settings.BASE_DIR.parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the facts and seeds in ../shared are not here")
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

RELATED = [  # ids of the fixtures, without their common beginning
    ("policy-05", "research-03"),
    ("research-11", "news-11"),
    ("research-09", "data-02"),
    ("research-07", "data-05"),
    ("news-02", "policy-02"),
    ("news-03", "policy-01"),
    ("news-01", "news-07"),
]
# Look-backs in issue 17 by the issue they are at home in.
LOOKED_BACK = {
    "1": 2,
    "3": 1,
    "4": 1,
    "5": 2,
    "6": 1,
    "8": 3,
    "9": 1,
    "10": 2,
    "11": 1,
    "13-2": 2,
    "15-1": 3,
    "16-1": 2,
}


@pytest.fixture(scope="module")
def output(django_db_setup, django_db_blocker):
    """The output of the command; its rows exist for all tests of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield run_demo()
        transaction.set_rollback(True)


@pytest.fixture
def seventeen(output):
    return Issue.objects.get(number="17")


def run_demo() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out, stderr=io.StringIO())
    return out.getvalue()


def fixture_rows() -> dict[str, dict]:
    """All items of the fixtures by id."""
    return {row["id"]: row for file in demo.ITEM_FILES for row in tomllib.loads((FOLDER / file).read_text())["item"]}


def item_of(row: dict) -> Item:
    """The item loaded from a row of the fixtures."""
    return Item.objects.get(translations__title__contains=row["title"]["zh-hant"], translations__language="zh-hant")


def facts() -> list[dict]:
    return json.loads((SHARED / "domain" / "issue17.json").read_text())["items"]


def test_issue_17_has_its_62_blocks(seventeen):
    counts = Counter(seventeen.placements.values_list("section", "role"))
    assert counts == {
        ("research", "new"): 10,
        ("research", "look_back"): 10,
        ("news", "new"): 10,
        ("news", "look_back"): 7,
        ("policy", "new"): 5,
        ("policy", "look_back"): 2,
        ("data", "new"): 4,
        ("data", "look_back"): 2,
        ("event", "new"): 10,
        ("event", "promoted"): 2,
    }


def test_every_block_has_title_and_summary_in_both_languages(seventeen):
    for item in seventeen.items.prefetch_related("translations"):
        assert missing(item, "title") == [], item
        assert missing(item, "summary") == [], item


def test_the_21_focus_items_have_an_english_abstract_in_three_parts(seventeen):
    rows = ItemTranslation.objects.filter(language="en", owner__placements__focus=True)
    assert len(rows) == 21
    for row in rows:
        assert re.findall(r"^## (.+)$", row.abstract, re.M) == ["Introduction", "Key findings", "Conclusion"]


def test_blocks_stand_in_the_order_of_the_issue_with_the_symposium_on_top(seventeen):
    placements = list(seventeen.placements.in_reading_order())
    assert [placement.position for placement in placements] == list(range(1, 63))
    assert "NARO-JIRCAS-FFTC" in str(placements[0].item.text("title", "en"))
    sections = list(dict.fromkeys(placement.section for placement in placements[1:]))
    assert sections == ["research", "news", "policy", "data", "event"]


def test_look_backs_are_at_home_in_twelve_issues_without_a_date(seventeen):
    homes = Issue.objects.exclude(pk=seventeen.pk)
    assert Counter(homes.values_list("record", "date")) == {("partial", None): 12}
    placed = Placement.objects.filter(issue__in=homes, role="new", item__placements__issue=seventeen)
    assert Counter(placed.values_list("issue__number", flat=True)) == LOOKED_BACK


def test_everything_is_published(output):
    assert not Issue.objects.filter(state="draft").exists()
    assert not Item.objects.filter(state="draft").exists()


def test_related_pairs_are_tied(output):
    rows = fixture_rows()
    for one, other in RELATED:
        pair = item_of(rows[f"snz-017-{one}"]), item_of(rows[f"snz-017-{other}"])
        assert pair[1] in pair[0].related.all()
        assert pair[0] in pair[1].related.all()


def test_posters_are_pictures_of_ours_with_alternatives_in_both_languages(output):
    posters = Figure.objects.filter(role="poster")
    assert len(posters) == 2
    for poster in posters:
        assert missing(poster, "alternative") == []
        assert poster.picture.name.endswith(".webp")
        assert poster.picture.storage.exists(rendition_name(poster.picture.name, 400))


def test_events_have_days_and_places(output):
    assert not Item.objects.filter(kind="event", date=None).exists()
    assert not [item for item in Item.objects.filter(kind="event") if missing(item, "place")]


def test_places_are_codes_that_have_names(output):
    assert all(is_known_place(code) for code in Place.objects.values_list("code", flat=True))


def test_a_misprinted_source_is_found_by_its_misprint(output):
    assert Source.objects.named("Environmental Science Europe").get().slug == "environmental-sciences-europe"


def test_what_issue_17_had_wrong_is_corrected_in_both_languages(output):
    corrections = Correction.objects.all()
    assert len(corrections) == 11
    assert not [correction for correction in corrections if missing(correction, "note")]


def test_the_kentucky_conference_has_its_three_days(output):
    item = Item.objects.get(kind="event", places="US-KY")
    assert (item.date.isoformat(), item.date_end.isoformat()) == ("2025-01-23", "2025-01-25")


def test_further_reading_leads_to_the_two_collections(output):
    ties = Item.further_reading.through.objects.values_list("topic__facet", "topic__slug")
    assert Counter(facet for facet, _slug in ties) == {"collection": 3}
    assert len({slug for _facet, slug in ties}) == Topic.objects.filter(facet="collection").count() == 2


def test_the_paper_stands_alone_with_text_in_both_languages_and_an_empty_figure(output):
    paper = Item.objects.get(placements=None)
    assert missing(paper, "body") == []
    assert "<table" in paper.text("body_html", "en").value
    assert not paper.figures.get().picture
    assert paper.title_note(paper.text("title", "en")) == "題名由編者代擬"


@needs_shared
def test_a_doi_is_given_only_where_it_is_known(output):
    known = {fact["doi"] for fact in facts() if fact["doi_confidence"] == "known"}
    assert set(Item.objects.exclude(doi="").values_list("doi", flat=True)) == known


@needs_shared
def test_titles_stand_as_issue_17_had_them(output):
    rows = ItemTranslation.objects.filter(language="zh-hant", origin="written")
    titles = {
        title.translate(str.maketrans("（）", "()")).replace(" ", "") for title in rows.values_list("title", flat=True)
    }
    assert {
        fact["title_zh_hant"].translate(str.maketrans("（）", "()")).replace(" ", "") for fact in facts()
    } <= titles


@needs_shared
def test_an_english_title_of_our_own_has_a_note_and_no_brackets(output):
    rows = fixture_rows()
    for fact in facts():
        ours = fact["title_en_source"] == "translated" and fact["id"] != "snz-017-news-03"  # its headline was found
        # The originals of these are in Chinese and Thai; FFTC's site has a translation.
        ours = ours or fact["id"] in ("snz-017-news-13", "snz-017-policy-07")
        item = item_of(rows[fact["id"]])
        title = item.text("title", "en")
        assert item.title_note(title) == ("英文題名為編者譯" if ours else "") and "[" not in str(title)


def test_each_look_back_and_each_item_not_in_focus_has_a_short_summary(output):
    brief = Placement.objects.filter(issue__number="17", focus=False).exclude(item__kind="event")
    assert brief.count() == 29
    for placement in brief:
        assert len(re.findall(r"[\u3400-\u9fff]", placement.written("zh-hant").summary)) <= 45
        assert len(placement.written("en").summary.split()) <= 25


@needs_shared
def test_no_sentence_is_taken_from_the_seeds():
    rows = fixture_rows()
    seeds = "\n".join(path.read_text(encoding="utf-8") for path in (SHARED / "seeds").glob("*.txt"))
    titles = "\n".join(row["title"]["zh-hant"] for row in rows.values())  # a title is a fact
    taken = runs(seeds) - runs(titles)
    for name, row in rows.items():
        shared = runs("\n".join(str(value) for field, value in row.items() if field != "title")) & taken
        assert not shared, name


def runs(text: str, length: int = 16) -> set[str]:
    """All sequences of this many Chinese characters, without punctuation."""
    found = set()
    for line in "\n".join([text, to_hans(text), to_hant(text)]).splitlines():
        han = re.sub(r"[^\u3400-\u9fff]", "", line)
        found |= {han[i : i + length] for i in range(len(han) - length + 1)}
    return found


def test_the_login_printed_works(output):
    password = re.search(r"Password\s+(\S{12,})", output).group(1)
    user = authenticate(username="editor", password=password)
    assert user.is_staff and user.is_superuser


def test_the_address_is_printed_and_a_pipe_gets_no_progress(output):
    assert f"{settings.SITE_URL}/" in output
    assert "\r" not in output


def test_a_second_run_keeps_an_editors_change_and_makes_a_new_password(output):
    item = Item.objects.filter(kind="news").first()
    item.translations.filter(language="en").update(title="A better headline")
    again = run_demo()
    assert "left unchanged" in again
    assert str(item.text("title", "en")) == "A better headline"
    assert Item.objects.count() == 63
    assert again.splitlines()[-1] != output.splitlines()[-1]


def test_demo_refuses_to_make_its_login_on_a_public_site(settings):
    settings.HTTPS = True
    with pytest.raises(CommandError, match="public site"):
        call_command("demo")


TAIWANESE = re.compile(
    "检讨|惯行|报导|纪录|注脚|澳洲|印尼|透过|支援|地景|控制组|采行|改采|诱因|作法|量测|推估|减量|调适|情境|架构|课税|给付|公部门"
    "|业者|政纲|陆域|冲蚀|湛水|淋失|挹注|支应|建置|试办|汇整|公共财|金融商品|点数|民众|天灾|编按|编注|现况|揭露|电子报"
)


def test_the_simplified_pages_use_the_words_of_the_mainland(client):
    item_pages = [f"/zh-hans/items/{pk}/" for pk in Item.objects.values_list("pk", flat=True)]
    name = "农粮体系电子报"  # the printed newsletter's name
    for page in ["/zh-hans/issues/17/", *item_pages]:
        main = re.search(r"(?s)<main.*</main>", client.get(page).content.decode())[0]
        shown = re.sub(r'(?s)<[^>]* lang="zh-Hant".*?</|<[^>]+>', " ", main).replace(name, "")
        assert not TAIWANESE.findall(shown), page
