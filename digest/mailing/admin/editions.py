"""The frozen emails of a mailing, as their recipients see them."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.common.sections import Section
from digest.mailing import mime_template
from digest.mailing.composing import LARGE_HTML_BYTES, MAX_HTML_BYTES
from digest.mailing.models import Edition, Mailing
from digest.mailing.sandbox import allow_frame, sandboxed

__all__ = ["allow_frame", "html", "list_editions", "meter", "page", "without_slots"]
MAX_EDITIONS = 100  # editions on a mailing's page: the largest


def list_editions(mailing: Mailing) -> list[dict[str, Any]]:
    """The editions without their texts, the largest first: Gmail may cut those off."""
    rows = mailing.editions.order_by("-html_bytes", "pk").only("language", "selection", "subject", "html_bytes")
    return [_facts(mailing, edition) for edition in rows[:MAX_EDITIONS]]


def page(mailing: Mailing, pk: int) -> dict[str, Any]:
    edition = _fetch(mailing, pk)
    return {**_facts(mailing, edition), "text": without_slots(edition.text)}


def html(mailing: Mailing, pk: int) -> HttpResponse:
    return sandboxed(without_slots(_fetch(mailing, pk).html))


def meter(done: int, total: int) -> str:
    """A bar with a label: `value` of `limit`."""
    return format_html('<progress max="{}" value="{}"></progress> {} / {}', max(total, 1), done, done, total)


def _facts(mailing: Mailing, edition: Edition) -> dict[str, Any]:
    arguments = [mailing.pk, edition.pk]
    return {
        "url": reverse("admin:mailing_edition", args=arguments),
        "html_url": reverse("admin:mailing_edition_html", args=arguments),
        "language": edition.get_language_display(),
        "chosen": _chosen(edition.selection),
        "subject": edition.subject,
        "kilobytes": edition.html_bytes / 1000,
        "is_large": edition.html_bytes > LARGE_HTML_BYTES,
        "most": MAX_HTML_BYTES / 1000,
    }


def _chosen(selection: str) -> str:
    """`news,data|3,17` (see `composing.effective_selection`) in words."""
    sections, _bar, topics = selection.partition("|")
    names = [str(Section(name).label) for name in sections.split(",") if name]
    if topics:
        count = topics.count(",") + 1
        names.append(ngettext("%(count)s topic", "%(count)s topics", count) % {"count": count})
    return " · ".join(names) or _("everything")


def _fetch(mailing: Mailing, pk: int) -> Edition:
    edition = mailing.editions.filter(pk=pk).first()
    if edition is None:
        raise Http404
    return edition


def without_slots(text: str) -> str:
    """The text with dots in place of recipients' tokens."""
    return mime_template.SLOT.sub("…", text)
