"""A preview of the page of an issue in each language, with the templates of the public page."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import translation

from digest.archive import fragments
from digest.archive.models import Issue, Placement
from digest.archive.views.issues import issue_page
from digest.common.languages import LANGUAGES
from digest.editorial.admin.draft_pictures import use_admin_picture_urls


def urls(model_admin: Any) -> list[Any]:
    """The URL of the preview, for users who may view the issue. It writes nothing and does not use the cache."""

    def page(request: HttpRequest, pk: int, language: str) -> HttpResponse:
        issue = Issue.objects.prefetch_related("translations").filter(pk=pk).first()
        if issue is None or language not in LANGUAGES:
            raise Http404
        if not model_admin.has_view_permission(request, issue):
            raise PermissionDenied
        with translation.override(language):
            shown = fragments.issue_fragments(issue, language, Placement.objects.as_if_published(issue))
            response = issue_page(request, issue, language, shown, alternates=_alternates(issue, language))
        response.content = use_admin_picture_urls(response.content.decode()).encode()
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    wrap = model_admin.admin_site.admin_view
    return [path("<int:pk>/page/<slug:language>/", wrap(page), name="archive_issue_page")]


def _alternates(issue: Issue, current: str) -> list[dict[str, object]]:
    """Links to the preview in all languages, like those of `common.context` for public pages."""
    return [
        {
            "language": language,
            "path": reverse("admin:archive_issue_page", args=[issue.pk, code]),
            "is_current": code == current,
        }
        for code, language in LANGUAGES.items()
    ]
