"""The action that publishes and sends an issue; its confirmation page shows who will get what."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.archive.admin.translation_status import outdated_texts
from digest.archive.models import Issue, Item, ItemTranslation
from digest.common.confirmation import confirmation_page, is_confirmed
from digest.common.languages import ENGLISH, HANT
from digest.editorial.publishing import AlreadySent, LanguageAudience, audience_by_language, publish_and_send
from digest.mailing import outbox
from digest.mailing.composing import EmptyEdition
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.models import Mailing
from digest.mailing.outbox.freezing import NotReady
from digest.subscriptions.models import Subscriber

LANGUAGES = dict(Subscriber.MAIL_LANGUAGES)


def confirm_and_send(model_admin: Any, request: HttpRequest, rows: QuerySet[Issue]) -> HttpResponse | None:
    """Show the confirmation page with the audience by language; when confirmed, send and redirect to the mailing."""
    issues = list(rows[:2])
    if len(issues) != 1:
        messages.error(request, _("Send one issue at a time."))
        return None
    issue = issues[0]
    if mailing := Mailing.objects.filter(kind=Mailing.Kind.ISSUE, issue=issue).first():
        return _redirect_already_sent(request, mailing)
    try:
        audiences = audience_by_language(issue)
        if issue.is_partial or not audiences:
            messages.error(request, _reason_not_sendable(issue))
            return None
        if is_confirmed(request):
            return _send(model_admin, request, issue)
    except (EmptyEdition, NotReady, UnsafeContent) as error:
        messages.error(
            request, _("This issue cannot be sent: %(why)s") % {"why": str(error) or _("it has no content")}
        )
        return None
    return confirmation_page(
        request,
        model_admin,
        rows,
        action="publish_and_send",
        question=_("Send this issue to its subscribers?"),
        notes=_notes(issue, audiences),
    )


def _send(model_admin: Any, request: HttpRequest, issue: Issue) -> HttpResponse:
    try:
        mailing = publish_and_send(issue)
    except AlreadySent as error:
        return _redirect_already_sent(request, error.mailing)
    model_admin.log_state(request, [issue])
    text = ngettext(
        "The issue is public, and %(count)s email is waiting to be sent.",
        "The issue is public, and %(count)s emails are waiting to be sent.",
        mailing.audience,
    )
    messages.success(request, text % {"count": mailing.audience})
    return HttpResponseRedirect(_mailing_url(request, mailing))


def _redirect_already_sent(request: HttpRequest, mailing: Mailing) -> HttpResponse:
    text = _("This issue was already sent on %(day)s, and no one will receive it twice. This is its mailing.")
    messages.error(request, text % {"day": f"{timezone.localtime(mailing.created_at):%Y-%m-%d}"})
    return HttpResponseRedirect(_mailing_url(request, mailing))


def _mailing_url(request: HttpRequest, mailing: Mailing) -> str:
    """The page of the mailing, if the user may view it; otherwise the list of issues."""
    if request.user.has_perm("mailing.view_mailing") or request.user.has_perm("mailing.change_mailing"):
        return reverse("admin:mailing_mailing_change", args=[mailing.pk])
    return reverse("admin:archive_issue_changelist")


def _reason_not_sendable(issue: Issue) -> str:
    if issue.is_partial:
        return _("This issue is known only from look-backs, so there is nothing to send.")
    return _("No one is subscribed to every issue yet, so there are no recipients.")


def _notes(issue: Issue, audiences: list[LanguageAudience]) -> list[str]:
    total = sum(audience.count for audience in audiences)
    text = ngettext("Up to %(count)s recipient:", "Up to %(count)s recipients:", total)
    notes = [text % {"count": total}]
    notes += [_note(audience, issue) for audience in audiences]
    if issue.remainder:
        notes.append(
            _("Some of the imported text was not recognised. It is kept on the issue’s edit page and is not sent.")
        )
    notes.append(_("Subscribers who chose sections or topics receive only those. Sent emails cannot be recalled."))
    if not issue.is_published:
        notes.append(_("The issue and its items will be published at the same time."))
    if outbox.is_locked():
        notes.append(_("Sending is locked. No email will go out until it is unlocked."))
    return notes


def _note(audience: LanguageAudience, issue: Issue) -> str:
    """The readers and the email in one language, and what the editor should check before sending."""
    line = _("%(language)s: %(count)s · “%(subject)s” · %(size).0f kB")
    language = LANGUAGES[audience.language]
    notes = [
        line % {"language": language, "count": audience.count, "subject": audience.subject, "size": audience.kilobytes}
    ]
    if missing := _count_untranslated_items(issue, audience.language):
        text = ngettext(
            "%(count)s item is not available in this language",
            "%(count)s items are not available in this language",
            missing,
        )
        notes.append(text % {"count": missing})
    if stale := _count_outdated_texts(issue, audience.language):
        text = ngettext("%(count)s text is out of date", "%(count)s texts are out of date", stale)
        notes.append(text % {"count": stale})
    if audience.is_heavy:
        notes.append(_("Close to Gmail’s size limit"))
    if audience.left_out:
        text = ngettext(
            "%(count)s item did not fit and appears on the web only",
            "%(count)s items did not fit and appear on the web only",
            audience.left_out,
        )
        notes.append(text % {"count": audience.left_out})
    return " · ".join(notes)


def _language_codes(language: str) -> list[str]:
    return [HANT.code, ENGLISH.code] if language == Subscriber.BILINGUAL else [language]


def _count_outdated_texts(issue: Issue, language: str) -> int:
    """How many texts of the email are out of date with the text they were translated from."""
    of_issue = outdated_texts(Issue).filter(owner=issue)
    of_items = outdated_texts(Item).filter(owner__in=issue.items.values("pk"))
    return sum(rows.filter(language__in=_language_codes(language)).count() for rows in (of_issue, of_items))


def _count_untranslated_items(issue: Issue, language: str) -> int:
    """How many items have no title in a language of the email, so that they appear in another language."""
    codes = _language_codes(language)
    titled = ItemTranslation.objects.filter(language__in=codes).exclude(title="").order_by().values("owner")
    fully_titled = (
        titled.annotate(languages=Count("language", distinct=True)).filter(languages=len(codes)).values("owner")
    )
    return Item.objects.filter(placements__issue=issue).exclude(pk__in=fully_titled).distinct().count()
