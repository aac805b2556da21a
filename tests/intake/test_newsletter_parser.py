"""What the parser finds in a newsletter as the team writes it."""

import datetime as dt

from digest.intake.newsletter.document import Document, ParsedItem
from digest.intake.newsletter.parser import parse
from tests.intake.documents import ENGLISH, SIMPLIFIED, make_newsletter


def entry(document: Document, start: str) -> ParsedItem:
    return next(e for e in document.entries if e.title.startswith(start))


def roles(found: ParsedItem) -> list[tuple[str, str, str | None]]:
    return [(str(link.role), link.label, link.url) for link in found.links]


def test_the_masthead_lands_in_its_fields():
    document = parse(make_newsletter())
    assert (document.number, document.date, document.language) == ("21", dt.date(2024, 5, 3), "zh-hant")
    assert document.title == "水田週報電子報"
    assert document.programme_note.endswith("全文在網頁上 (SNZ 計畫網站)。")
    assert document.intro.startswith("今年雨來得早")
    assert document.themes == ["早稻育苗", "田埂修補", "水位觀測", "村裡的用水協議與分工"]
    assert document.look_back_theme == "水田與水利"


def test_everything_is_understood_but_the_buttons():
    document = parse(make_newsletter())
    assert document.remainder == []
    assert [(warning.line, "Registration Website" in warning.text) for warning in document.warnings] == [(61, True)]


def test_counts_name_all_five_sections():
    assert parse(make_newsletter()).counts() == {
        "research": {"new": 2, "focus": 1, "look_back": 1},
        "news": {"new": 1, "focus": 1, "look_back": 1},
        "policy": {"new": 1, "focus": 0, "look_back": 0},
        "data": {"new": 1, "focus": 1, "look_back": 0},
        "event": {"new": 2, "focus": 0, "look_back": 0, "promoted": 1},
    }


def test_a_new_item_has_date_source_summary_and_links_apart():
    found = entry(parse(make_newsletter()), "早稻的根")
    assert (found.section, found.focus, found.line) == ("research", True, 13)
    assert found.span and found.span.start == dt.date(2024, 4, 2)
    assert (found.source, found.summary) == ("稻作學刊", "三塊田試了兩年，缺過水的苗扎根較深。")
    assert roles(found) == [("abstract", "英文摘要", None), ("original", "原文", None)]


def test_a_linked_source_is_source_and_link():
    found = entry(parse(make_newsletter()), "田埂上的草")
    assert found.source == "Field Letters"
    assert roles(found)[0] == ("source", "Field Letters", None)
    assert [topic.label for topic in found.see_also] == ["田邊的生物"]


def test_open_data_has_its_three_links():
    found = entry(parse(make_newsletter()), "十年水位")
    assert [role for role, _label, _url in roles(found)] == ["website", "data", "guide"]
    assert (found.source, found.span) == ("水文站", None)


def test_a_look_back_names_its_issue():
    found = entry(parse(make_newsletter()), "老圳溝")
    assert (found.role, found.look_back_issue, found.section) == ("look_back", "13-2", "news")


def test_an_event_may_go_over_the_new_year():
    found = entry(parse(make_newsletter()), "第三屆田埂")
    assert found.span and (found.span.start, found.span.end) == (dt.date(2024, 12, 30), dt.date(2025, 1, 2))
    assert (found.place, [role for role, _l, _u in roles(found)]) == ("日本京都", ["website", "more"])


def test_a_promoted_event_keeps_its_poster_in_order():
    found = entry(parse(make_newsletter()), "稻田日")
    assert (found.role, found.attendance, found.place) == ("promoted", "hybrid", "臺灣")
    assert found.span and (found.span.start, found.span.end) == (dt.date(2024, 6, 7), dt.date(2024, 6, 8))
    assert found.poster.startswith("The poster shows")
    assert "2024\nPaddy Days\nJUNE 7-8\n\nRegistration Website" in found.poster


def test_a_promoted_event_may_stand_in_the_masthead_without_a_year():
    above = make_newsletter().split("科技研究")[0]
    text = (
        above + "**Paddy** Night 2025\n\n3月1-2日於日本舉辦的「夜裡看田」現已開放報名 ([活動網站](#))。\n\n科技研究\n"
    )
    found = parse(text).entries[0]
    assert (found.title, found.place, found.poster) == ("夜裡看田", "日本", "**Paddy** Night 2025")
    assert found.span and found.span.start == dt.date(2025, 3, 1)


def test_the_english_edition_is_read_in_its_own_words():
    document = parse(ENGLISH)
    assert (document.language, document.number, document.date) == ("en", "21", dt.date(2024, 5, 3))
    assert document.counts()["research"] == {"new": 2, "focus": 1, "look_back": 1}
    assert document.look_back_theme == "paddies and water"
    assert document.themes == ["early seedlings", "mending of ridges", "water pacts in the village"]
    assert document.remainder == []
    found = entry(document, "Roots")
    assert roles(found)[0] == ("abstract", "English abstract", "https://example.org/a_(1)")
    assert entry(document, "What watering").look_back_issue == "9"
    assert entry(document, "Third ridge").span.end == dt.date(2025, 1, 2)


def test_the_simplified_edition_is_read_as_simplified():
    document = parse(SIMPLIFIED)
    assert (document.language, document.remainder) == ("zh-hans", [])
    assert document.counts()["research"] == {"new": 1, "focus": 1, "look_back": 1}
    assert document.look_back_theme == "水田与水利"
    assert [str(link.role) for link in entry(document, "看鸟人").links] == ["website", "more"]
