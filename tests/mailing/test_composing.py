"""The demo issue's mail passes the checks of 6.2 in every language, and says the most that there is room for."""

import html
import re

import pytest
from django.test import override_settings
from django.urls import resolve

from digest.archive.models import Issue, Placement
from digest.mailing import composing, mime_template
from digest.mailing.rendering.issue_content import load_content
from digest.mailing.rendering.issue_renderer import DETAIL_LEVELS
from tests.mailing.email_checker import checked, mislabelled
from tests.mailing.emails import DATE, LANGUAGES, demo_archive, filled

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def source(django_db_setup, django_db_blocker):
    with demo_archive(django_db_blocker) as source:
        yield source


@pytest.fixture(scope="module")
def mails(source):
    """Each language's mail: composed, and as its reader gets it."""
    made = {language: composing.compose(source, language, date=DATE) for language in LANGUAGES}
    return {language: (mail, checked(filled(mail))) for language, mail in made.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_issue_fits(mails, language):
    mail, read = mails[language]
    assert mail.html_bytes == read.html_bytes <= 90_000
    assert mail.is_large == (language == "bilingual")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_as_well_where_the_portal_has_a_long_address(source, language):
    with override_settings(SITE_URL="https://smart-net-zero-agrifood-digest.example-of-a-long-domain.org"):
        mail = composing.compose(load_content(source.issues), language, date=DATE)
        assert mail.html_bytes <= 90_000
        checked(filled(mail), "https://smart-net-zero-agrifood-digest.example-of-a-long-domain.org")


@pytest.mark.parametrize("language", LANGUAGES)
def test_focus_items_stand_in_full_and_nothing_is_left_out(source, mails, language):
    _mail, read = mails[language]
    bare = " ".join(read.page.body.split())
    for placement in source.all_placements:
        for side in ["zh-hant", "en"] if language == "bilingual" else [language]:
            item = placement.item
            assert item.shown_title(side).value in bare
            if placement.focus:
                last = re.sub(r"<[^>]+>", "", item.text("summary_html", side).value).strip()
                assert html.unescape(last)[-25:] in bare


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_issue_s_own_title_stands_in_both_parts(source, mails, language):
    mail, read = mails[language]
    (issue,) = source.issues
    for side in ["zh-hant", "en"] if language == "bilingual" else [language]:
        title = str(issue.text("title", side))
        assert title in " ".join(read.page.body.split()) and title in " ".join(mail.text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_say_the_same_titles(source, mails, language):
    _mail, read = mails[language]
    folded = re.sub(r"\s+", "", read.text)
    for placement in source.all_placements:
        side = "zh-hant" if language == "bilingual" else language
        assert re.sub(r"\s+", "", placement.item.shown_title(side).value) in folded


def test_look_backs_are_short(source, mails):
    _mail, read = mails["zh-hant"]
    back = next(p for p in source.all_placements if p.role == Placement.Role.LOOK_BACK)
    assert back.written("zh-hant").summary in read.page.body
    assert back.item.written("zh-hant").summary[-15:] not in read.page.body


def test_made_again_it_is_the_same_to_the_byte(source, mails):
    again = composing.compose(load_content(source.issues), "bilingual", date=DATE)
    assert again == mails["bilingual"][0]


def test_only_what_belongs_to_one_person_differs_between_two(source, mails):
    mail, _read = mails["en"]
    one, two = filled(mail).split(b"\r\n"), filled(mail, to="soil@field.test", delivery=8).split(b"\r\n")
    assert [a.partition(b":")[0] for a, b in zip(one, two, strict=True) if a != b] == [b"To", b"Message-ID"]


def test_sections_and_posters_are_found_without_pictures(mails):
    _mail, read = mails["en"]
    assert len(read.page.images) == 2
    assert {(image["width"], image["height"]) for image in read.page.images} == {("240", "320")}
    assert all(len(image["alt"]) > 40 for image in read.page.images)


def test_each_side_of_a_bilingual_mail_says_its_language(mails):
    _mail, read = mails["bilingual"]
    assert read.languages == ["zh-Hant", "en"]
    assert read.page.languages.count("en") > 60
    assert "Issue 17" in read.message["Subject"] or "17" in read.message["Subject"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_its_language(mails, language):
    _mail, read = mails[language]
    assert len(read.page.said) > 300
    assert mislabelled(read) == []


def test_simplified_mails_are_of_converted_texts(mails):
    _mail, read = mails["zh-hans"]
    assert "农业" in read.message["Subject"]
    assert "農業" not in read.page.body
    assert "繁体中文" in read.page.body and "繁体中文" in read.text


def test_composing_asks_the_database_a_fixed_number_of_questions(source, django_assert_num_queries):
    with django_assert_num_queries(13):
        fresh = load_content(source.issues)
    with django_assert_num_queries(0):
        composing.compose(fresh, "bilingual")
        composing.compose(fresh, "en", "event|")


def test_every_link_to_our_own_pages_leads_somewhere(mails):
    for _mail, read in mails.values():
        ours = [link for link in read.page.links if link.startswith("http://testserver")]
        assert ours and all(resolve(link.removeprefix("http://testserver").partition("#")[0]) for link in ours)


def test_measures_go_from_ample_to_bare(source):
    from digest.mailing.rendering import filters
    from digest.mailing.rendering.localized_text import mail_languages
    from digest.mailing.rendering.newsletter import Newsletter

    letter = Newsletter(source, mail_languages("bilingual"), filters.placements_of_selection(source, ""))
    sizes = [mime_template.encoded_size(letter.html(letter.issues(measure))) for measure in DETAIL_LEVELS]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 30_000


def test_an_issue_of_nothing_gives_no_mail(db):
    with pytest.raises(composing.EmptyEdition):
        composing.compose(Issue.objects.filter(number="1-9"), "en")
