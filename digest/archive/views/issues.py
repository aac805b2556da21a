"""The pages of issues: home, the list, one issue, and one issue in two languages."""

from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from digest.archive import fragments, structured_data
from digest.archive.contents import SectionContents, sections_of
from digest.archive.fragments import Shown
from digest.archive.models import Issue, Item
from digest.archive.paging import page_of
from digest.archive.public import public_page
from digest.common.languages import ENGLISH, HANT, LANGUAGES, Language

ISSUES_ON_A_PAGE = 60
COMING_ON_HOME = 6


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """To the language the browser asks for; Traditional Chinese if it asks for none of ours."""
    response = redirect("archive:home", _accepted(request.headers.get("Accept-Language", "")))
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "public, max-age=0"
    return response


def _accepted(header: str) -> str:
    # Django's own choice would look at a cookie as well, which a shared cache could not know.
    for tag, _quality in parse_accept_lang_header(header[:500]):
        if tag == "*":
            break
        with suppress(LookupError):
            return get_supported_language_variant(tag)
    return HANT.code


@public_page
def home(request: HttpRequest, language: str) -> HttpResponse:
    issue = Issue.objects.published().complete().newest_first().prefetch_related("translations").first()
    context = {
        "issue": issue,
        "sections": sections_of(fragments.of_issue(issue, language)) if issue else [],
        "coming": Item.objects.published().coming(timezone.localdate()).with_lines()[:COMING_ON_HOME],
        "earlier": Issue.objects.published().newest_first().exclude(pk=issue.pk if issue else 0)[:8],
        "json_ld": structured_data.periodical(language),
    }
    return render(request, "archive/home.html", context)


@public_page
def issues(request: HttpRequest, language: str) -> HttpResponse:
    rows = Issue.objects.published().newest_first().prefetch_related("translations")
    page = page_of(rows, request, ISSUES_ON_A_PAGE)
    return render(request, "archive/issues.html", {"page": page, "json_ld": structured_data.periodical(language)})


@public_page
def issue(request: HttpRequest, language: str, number: str) -> HttpResponse:
    issue = _published(number)
    return issue_page(request, issue, language, fragments.of_issue(issue, language))


def issue_page(
    request: HttpRequest, issue: Issue, language: str, shown: list[Shown], **context: object
) -> HttpResponse:
    """An issue's page with these fragments: the public's, or a preview's with a `context` of its own."""
    context = (
        _frame(issue)
        | context
        | {
            "sections": sections_of(shown),
            "json_ld": structured_data.issue(issue, language, shown),
        }
    )
    return render(request, "archive/issue.html", context)


@dataclass(frozen=True)
class Pair:
    """An item's fragment in two languages."""

    left: Shown
    right: Shown


@public_page
def bilingual(request: HttpRequest, language: str, number: str) -> HttpResponse:
    """Chinese and English side by side; the page's own language stands left."""
    issue = _published(number)
    left = LANGUAGES[language]
    right = HANT if left is ENGLISH else ENGLISH
    both = fragments.in_languages(issue, [left.code, right.code])
    partners = {shown.item_id: shown for shown in both[right.code]}
    sections = sections_of(both[left.code])
    context = _frame(issue) | {
        "left": left,
        "right": right,
        "heads": [_head(issue, side) for side in (left, right)],
        "sections": [(section, _pairs(section, partners)) for section in sections],
    }
    return render(request, "archive/bilingual.html", context)


def _pairs(section: SectionContents, partners: dict[int, Shown]) -> list[Pair]:
    look_backs = [shown for group in section.look_backs.values() for shown in group]
    everything = [*section.promoted, *section.new, *look_backs]
    # What came in between the two queries has no partner yet; the next request shows it.
    return [Pair(shown, partners[shown.item_id]) for shown in everything if shown.item_id in partners]


def _head(issue: Issue, side: Language) -> dict[str, object]:
    return {"language": side, "title": issue.text("title", side.code), "intro": issue.text("intro_html", side.code)}


def _published(number: str) -> Issue:
    issue: Issue = get_object_or_404(Issue.objects.published().prefetch_related("translations"), number=number)
    return issue


def _frame(issue: Issue) -> dict[str, object]:
    previous, following = issue.neighbours()
    return {
        "issue": issue,
        "title": issue.text("title"),
        "intro": issue.text("intro_html"),
        "programme_note": issue.text("programme_note_html"),
        "themes": issue.text("themes"),
        "look_back_theme": issue.text("look_back_theme"),
        "previous": previous,
        "following": following,
    }
