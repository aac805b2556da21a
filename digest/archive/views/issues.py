"""The home page, the list of issues, an issue in one language, and an issue in two languages side by side."""

from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from digest.archive import fragments, structured_data
from digest.archive.decorators import public_page
from digest.archive.fragments import Fragment
from digest.archive.issue_sections import IssueSection, group_by_section
from digest.archive.models import Issue, Item
from digest.archive.pagination import paginate
from digest.common.languages import ENGLISH, HANT, LANGUAGES, Language
from digest.common.sanitising import plain_text

ISSUES_PER_PAGE = 60
UPCOMING_ON_HOME = 6
DESCRIPTION_LENGTH = 160  # characters


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Redirect to the language that the browser prefers; Traditional Chinese if it asks for none of ours."""
    response = redirect("archive:home", _preferred_language(request.headers.get("Accept-Language", "")))
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "public, max-age=0"
    return response


def _preferred_language(header: str) -> str:
    # Django's `get_language_from_request` also reads a cookie, which shared caches do not know of.
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
        "sections": group_by_section(fragments.issue_fragments(issue, language)) if issue else [],
        "upcoming": Item.objects.published()
        .upcoming_events(timezone.localdate())
        .with_list_details()[:UPCOMING_ON_HOME],
        "earlier": Issue.objects.published().newest_first().exclude(pk=issue.pk if issue else 0)[:8],
        "json_ld": structured_data.periodical(language),
    }
    return render(request, "archive/home.html", context)


@public_page
def issues(request: HttpRequest, language: str) -> HttpResponse:
    rows = Issue.objects.published().newest_first().prefetch_related("translations")
    page = paginate(rows, request, ISSUES_PER_PAGE)
    return render(request, "archive/issues.html", {"page": page, "json_ld": structured_data.periodical(language)})


@public_page
def issue(request: HttpRequest, language: str, number: str) -> HttpResponse:
    issue = _published_issue(number)
    return issue_page(request, issue, language, fragments.issue_fragments(issue, language))


def issue_page(
    request: HttpRequest, issue: Issue, language: str, issue_fragments: list[Fragment], **context: object
) -> HttpResponse:
    """The page of an issue with these fragments; a preview adds to the `context`."""
    context = (
        _issue_context(issue)
        | context
        | {
            "description": _description(issue),
            "sections": group_by_section(issue_fragments),
            "json_ld": structured_data.issue(issue, language, issue_fragments),
        }
    )
    return render(request, "archive/issue.html", context)


@dataclass(frozen=True)
class BilingualPair:
    """An item's fragment in two languages."""

    left: Fragment
    right: Fragment


@public_page
def bilingual(request: HttpRequest, language: str, number: str) -> HttpResponse:
    """An issue in Chinese and English side by side; the language of the page is on the left."""
    issue = _published_issue(number)
    left = LANGUAGES[language]
    right = HANT if left is ENGLISH else ENGLISH
    by_language = fragments.issue_fragments_by_language(issue, [left.code, right.code])
    right_by_item = {fragment.item_id: fragment for fragment in by_language[right.code]}
    sections = group_by_section(by_language[left.code])
    context = _issue_context(issue) | {
        "left": left,
        "right": right,
        "columns": [_column(issue, side) for side in (left, right)],
        "sections": [(section, _pairs(section, right_by_item)) for section in sections],
    }
    return render(request, "archive/bilingual.html", context)


def _pairs(section: IssueSection, right_by_item: dict[int, Fragment]) -> list[BilingualPair]:
    look_backs = [fragment for group in section.look_backs.values() for fragment in group]
    all_fragments = [*section.promoted, *section.new_items, *look_backs]
    # An item added between the two queries has no second fragment; the next request shows it.
    return [
        BilingualPair(left, right_by_item[left.item_id]) for left in all_fragments if left.item_id in right_by_item
    ]


def _column(issue: Issue, side: Language) -> dict[str, object]:
    return {"language": side, "title": issue.text("title", side.code), "intro": issue.text("intro_html", side.code)}


def _description(issue: Issue) -> str:
    """The text of the page's meta description."""
    if intro := issue.text("intro_html"):
        return Truncator(plain_text(str(intro))).chars(DESCRIPTION_LENGTH)
    return _("Contents of newsletter issue %(number)s.") % {"number": issue.number}


def _published_issue(number: str) -> Issue:
    issue: Issue = get_object_or_404(Issue.objects.published().prefetch_related("translations"), number=number)
    return issue


def _issue_context(issue: Issue) -> dict[str, object]:
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
