"""A preview of the email of an issue in each language, for subscribers of all sections and topics."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from digest.archive.models import Issue
from digest.editorial.admin.draft_pictures import use_admin_picture_urls
from digest.editorial.publishing import compose_preview
from digest.mailing.admin.editions import allow_frame, without_slots
from digest.mailing.composing import MAX_HTML_BYTES, ComposedEmail, EmptyEdition
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.sandbox import sandboxed
from digest.subscriptions.models import Subscriber

LANGUAGES = dict(Subscriber.MAIL_LANGUAGES)


def urls(model_admin: Any) -> list[Any]:
    """The URLs of the page and of the HTML in its iframe."""

    def page(request: HttpRequest, pk: int, language: str) -> HttpResponse:
        issue = _issue(model_admin, request, pk, language)
        try:
            composed = compose_preview(issue, language)
        except (EmptyEdition, UnsafeContent) as error:
            reason = str(error) or _("it has no content")
            messages.error(request, _("This issue cannot be sent: %(why)s") % {"why": reason})
            return HttpResponseRedirect(reverse("admin:archive_issue_change", args=[pk]))
        context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "issue": issue}
        context |= _context(issue, language, composed)
        return allow_frame(TemplateResponse(request, "admin/archive/issue/mail_preview.html", context))

    def frame(request: HttpRequest, pk: int, language: str) -> HttpResponse:
        try:
            composed = compose_preview(_issue(model_admin, request, pk, language), language)
        except (EmptyEdition, UnsafeContent):
            raise Http404 from None
        return sandboxed(use_admin_picture_urls(without_slots(composed.html)))

    wrap = model_admin.admin_site.admin_view
    return [
        path("<int:pk>/mail/<slug:language>/", wrap(page), name="archive_issue_mail"),
        path("<int:pk>/mail/<slug:language>/html/", wrap(frame), name="archive_issue_mail_html"),
    ]


def _issue(model_admin: Any, request: HttpRequest, pk: int, language: str) -> Issue:
    issue: Issue | None = Issue.objects.filter(pk=pk).first()
    if issue is None or issue.is_partial or language not in LANGUAGES:
        raise Http404
    if not model_admin.has_view_permission(request, issue):
        raise PermissionDenied
    return issue


def _context(issue: Issue, language: str, composed: ComposedEmail) -> dict[str, Any]:
    return {
        "title": composed.subject,
        "language": LANGUAGES[language],
        "chosen": _("everything"),
        "kilobytes": composed.html_bytes / 1000,
        "is_heavy": composed.is_large,
        "most": MAX_HTML_BYTES / 1000,
        "text": without_slots(composed.text),
        "html_url": reverse("admin:archive_issue_mail_html", args=[issue.pk, language]),
        "others": [
            (label, reverse("admin:archive_issue_mail", args=[issue.pk, code]), code == language)
            for code, label in LANGUAGES.items()
        ],
    }
