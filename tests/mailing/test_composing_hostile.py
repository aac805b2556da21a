"""Whatever an archive's texts hold, a mail made of them is harmless, or is not made."""

import pytest

from digest.archive.models import Issue
from digest.common.languages import LANGUAGES as PAGES
from digest.mailing import composing
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.mime_template import slot
from digest.mailing.rendering.text_layout import width
from tests.factories import make_figure, make_issue, make_item, make_link, make_placement, make_source, make_topic
from tests.mailing.email_checker import checked
from tests.mailing.emails import LANGUAGES, filled

pytestmark = pytest.mark.django_db
PAYLOADS = [
    '"><script>alert(1)</script>',
    "</title></style></head><img src=x onerror=alert(1)>",
    "{{ css }}{% load %}",
    "</a></p></td></tr></table>",
    "=?utf-8?q?=0D=0ABcc:_x?=",
    ".\r.\n.",
    "javascript:alert(1)",
]


def issue_of(text: str, number: str = "17", **texts: str) -> Issue:
    """An issue with one item of each role; `text` stands wherever an editor can write."""
    said = {"title": text[:200], "themes": "Rice", "intro": text, **texts}
    issue = make_issue(number, texts={"en": said, "zh-hant": said})
    item_texts = {"title": text, "summary": text * 3, "place": text[:200]}
    for position, (kind, role) in enumerate([("research", "new"), ("event", "promoted"), ("news", "look_back")]):
        item = make_item(
            kind, texts={"en": item_texts, "zh-hant": item_texts}, source=make_source(text[:200], name_zh=text[:200])
        )
        make_placement(item, issue, role, position=position, focus=role == "new")
        make_link(item, url="https://example.org/?a=1&b=%3Cscript%3E")
        item.further_reading.add(make_topic(f"{position}{text}"[:90], label_zh=text[:90]))
        if role == "promoted":
            make_figure(item)
    return issue


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_texts_is_shown_and_not_obeyed(payload, language):
    read = checked(filled(composing.compose([issue_of(f"{payload} soil")], language)))
    assert not read.page.tags & {"script", "iframe"}
    assert len(read.page.images) == 1
    assert all("onerror" not in image for image in read.page.images)
    assert "soil" in read.page.body


@pytest.mark.parametrize("character", ["\x01", "\x1f", "\x7f", "\u200f", "\u202e", "\u2066"])
@pytest.mark.parametrize("language", PAGES)
def test_a_theme_with_a_control_or_a_change_of_direction_makes_no_mail(character, language):
    issue = make_issue(texts={code: {"title": "T", "themes": "Rice"} for code in ("en", "zh-hant")})
    issue.translations.update(themes=f"Rice{character}gnp.exe")
    make_placement(make_item(), issue)
    with pytest.raises(UnsafeContent, match="U\\+"):
        composing.compose([issue], language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("character", ["\x0b", "\x1c", "\x85", "\u2028", "\u202e", "\u2066"])
def test_a_control_or_a_change_of_direction_in_a_title_is_left_out_of_the_mail(character, language):
    read = checked(filled(composing.compose([issue_of(f"Rice{character}gnp.exe")], language)))
    assert character not in read.html + read.text
    assert "gnp.exe" in read.page.body and "gnp.exe" in read.text


LONG = {"word": "x" * 500, "han": "稻" * 500, "emoji": "👩\u200d🌾" * 150, "arabic": "الزراعة الذكية " * 30}


@pytest.mark.parametrize("language", ["zh-hans", "en", "bilingual"])
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_very_long_titles_and_themes_make_a_mail_with_a_short_subject(text, language):
    mail = composing.compose([issue_of(text, themes=text)], language)
    assert width(mail.subject) <= 160
    read = checked(filled(mail))
    assert read.message["Subject"] == mail.subject
    assert text.strip() in read.page.body


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n", "\u2028", "\x85"])
def test_a_header_in_the_themes_is_a_theme(line_end):
    read = checked(filled(composing.compose([issue_of("T", themes=f"Rice{line_end}Bcc: evil@field.test")], "en")))
    assert read.message["Bcc"] is None and read.message["To"] == "rice@field.test"
    assert read.message["Subject"] == "SNZ Digest 17: Rice; Bcc: evil@field.test"


def test_a_slot_written_by_an_editor_hands_no_token_on():
    trap = f"https://evil.example/{slot('unsubscribe')}"
    issue = issue_of(f"See {trap} and [here]({trap})")
    with pytest.raises(UnsafeContent, match="~"):
        composing.compose([issue], "en")


def test_an_issue_without_date_themes_or_essay_makes_a_mail():
    issue = make_issue(texts={}, date=None)
    make_placement(make_item(texts={"zh-hant": {"title": "水"}}), issue)
    for language in LANGUAGES:
        read = checked(filled(composing.compose([issue], language)))
        assert "17" in read.message["Subject"]
        assert "水" in read.page.body


def test_a_text_missing_in_the_mails_language_says_its_own():
    issue = make_issue()
    make_placement(make_item(texts={"en": {"title": "Only English", "summary": "So it is."}}), issue)
    html = composing.compose([issue], "zh-hant").html
    assert '<h3 lang="en"' in html
    assert '<div lang="en">So it is.' in html


def test_what_exists_in_one_language_only_is_told_once_in_a_bilingual_mail():
    issue = make_issue(texts={"zh-hant": {"title": "題", "themes": "稻米", "intro": "本期談稻米。"}})
    make_placement(make_item(texts={"zh-hant": {"title": "水田試驗", "summary": "摘要一則。"}}), issue)
    body = checked(filled(composing.compose([issue], "bilingual"))).page.body
    assert body.count("水田試驗") == body.count("摘要一則。") == 1
