"""The button that publishes an issue and sends it: asks first, and shows who would get what."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.archive.admin.completeness import outdated
from digest.archive.models import Issue, Item, ItemTranslation
from digest.common.confirmation import confirmation_page, is_confirmed
from digest.common.languages import ENGLISH, HANT
from digest.editorial.publishing import AlreadySent, Share, audience_of, publish_and_send
from digest.mailing import outbox
from digest.mailing.composing import EmptyEdition
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.models import Mailing
from digest.mailing.outbox.freezing import NotReady
from digest.subscriptions.models import Subscriber

LANGUAGES = dict(Subscriber.MAIL_LANGUAGES)


def ask_or_send(model_admin: Any, request: HttpRequest, rows: QuerySet[Issue]) -> HttpResponse | None:
    """The question with the audience by language; once confirmed, the mailing's page."""
    issues = list(rows[:2])
    if len(issues) != 1:
        messages.error(request, _("Send one issue at a time."))
        return None
    issue = issues[0]
    if mailing := Mailing.objects.filter(kind=Mailing.Kind.ISSUE, issue=issue).first():
        return _refuse(request, mailing)
    try:
        shares = audience_of(issue)
        if issue.is_partial or not shares:
            messages.error(request, _say_why_not(issue))
            return None
        if is_confirmed(request):
            return _send(model_admin, request, issue)
    except (EmptyEdition, NotReady, UnsafeContent) as error:
        messages.error(
            request, _("This issue cannot be sent: %(why)s") % {"why": str(error) or _("there is nothing in it")}
        )
        return None
    return confirmation_page(
        request,
        model_admin,
        rows,
        action="publish_and_send",
        question=_("Send this issue to its readers?"),
        notes=_notes(issue, shares),
    )


def _send(model_admin: Any, request: HttpRequest, issue: Issue) -> HttpResponse:
    try:
        mailing = publish_and_send(issue)
    except AlreadySent as error:
        return _refuse(request, error.mailing)
    model_admin.log_state(request, [issue])
    text = ngettext(
        "The issue is public, and %(count)s mail waits for its sender.",
        "The issue is public, and %(count)s mails wait for their sender.",
        mailing.audience,
    )
    messages.success(request, text % {"count": mailing.audience})
    return HttpResponseRedirect(_page_of(request, mailing))


def _refuse(request: HttpRequest, mailing: Mailing) -> HttpResponse:
    text = _("This issue was sent already, on %(day)s: nobody gets it twice. This is its mailing.")
    messages.error(request, text % {"day": f"{timezone.localtime(mailing.created_at):%Y-%m-%d}"})
    return HttpResponseRedirect(_page_of(request, mailing))


def _page_of(request: HttpRequest, mailing: Mailing) -> str:
    """The mailing's page, for who may open it."""
    if request.user.has_perm("mailing.view_mailing") or request.user.has_perm("mailing.change_mailing"):
        return reverse("admin:mailing_mailing_change", args=[mailing.pk])
    return reverse("admin:archive_issue_changelist")


def _say_why_not(issue: Issue) -> str:
    if issue.is_partial:
        return _("This issue is known only through look-backs: there is nothing to send.")
    return _("Nobody wants every issue yet: there is nobody to send it to.")


def _notes(issue: Issue, shares: list[Share]) -> list[str]:
    total = sum(share.count for share in shares)
    text = ngettext("At most %(count)s person gets a mail:", "At most %(count)s people get a mail:", total)
    notes = [text % {"count": total}]
    notes += [_note(share, issue) for share in shares]
    if issue.remainder:
        notes.append(
            _("Some of the imported text was not understood; it stands on the issue's page, and is not sent.")
        )
    notes.append(_("Who chose sections or topics gets only those. What is sent cannot be called back."))
    if not issue.is_published:
        notes.append(_("The issue and its items are shown to the public at the same moment."))
    if outbox.is_locked():
        notes.append(_("Mail is locked at the moment: nothing leaves until somebody unlocks it."))
    return notes


def _note(share: Share, issue: Issue) -> str:
    """One language's readers and mail, with what the editor should look into before it goes out."""
    line = _("%(language)s: %(count)s · “%(subject)s” · %(size).0f kB")
    language = LANGUAGES[share.language]
    said = [line % {"language": language, "count": share.count, "subject": share.subject, "size": share.kilobytes}]
    if lacking := _lacking(issue, share.language):
        text = ngettext("%(count)s item is not in this language", "%(count)s items are not in this language", lacking)
        said.append(text % {"count": lacking})
    if stale := _outdated(issue, share.language):
        text = ngettext("%(count)s text is out of date", "%(count)s texts are out of date", stale)
        said.append(text % {"count": stale})
    if share.is_heavy:
        said.append(_("Near to what Gmail cuts off"))
    if share.left_out:
        text = ngettext(
            "%(count)s item has no room and is on the web only",
            "%(count)s items have no room and are on the web only",
            share.left_out,
        )
        said.append(text % {"count": share.left_out})
    return " · ".join(said)


def _codes(language: str) -> list[str]:
    return [HANT.code, ENGLISH.code] if language == Subscriber.BILINGUAL else [language]


def _outdated(issue: Issue, language: str) -> int:
    """How many texts of a mail say something else than what they were translated from says now."""
    own = outdated(Issue).filter(owner=issue)
    of_items = outdated(Item).filter(owner__in=issue.items.values("pk"))
    return sum(rows.filter(language__in=_codes(language)).count() for rows in (own, of_items))


def _lacking(issue: Issue, language: str) -> int:
    """How many items have no title in a language of the mail: its readers get them in another."""
    codes = _codes(language)
    titled = ItemTranslation.objects.filter(language__in=codes).exclude(title="").order_by().values("owner")
    whole = titled.annotate(languages=Count("language", distinct=True)).filter(languages=len(codes)).values("owner")
    return Item.objects.filter(placements__issue=issue).exclude(pk__in=whole).distinct().count()
