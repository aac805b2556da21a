"""Publishing and sending an issue, and composing its emails for previews."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Issue, Placement
from digest.mailing import composing, outbox
from digest.mailing.models import Mailing
from digest.mailing.rendering.issue_content import IssueContent, load_content
from digest.subscriptions.models import Subscriber


class AlreadySent(ValueError):
    """The issue already has a mailing."""

    def __init__(self, mailing: Mailing) -> None:
        super().__init__(str(mailing))
        self.mailing = mailing


@dataclass(frozen=True)
class LanguageAudience:
    """The subscribers of one language, and the email for those of them who want all sections and topics."""

    language: str
    count: int
    subject: str
    kilobytes: float
    is_heavy: bool  # close to the size at which Gmail clips emails
    left_out: int  # items that do not fit into the email


def publish_and_send(issue: Issue) -> Mailing:
    """Publish an issue and freeze its mailing in one transaction; the sender process sends it.

    Raises AlreadySent if there is a mailing, also if two editors send at the same time, and freezing.NotReady.
    """
    with record_changes():  # a second editor waits here
        issue = Issue.objects.get(pk=issue.pk)
        if mailing := Mailing.objects.filter(kind=Mailing.Kind.ISSUE, issue=issue).first():
            raise AlreadySent(mailing)
        if not issue.is_published:
            authoring.publish_issue(issue)
        return outbox.start(issue)


def audience_by_language(issue: Issue) -> list[LanguageAudience]:
    """Who would get which email if the issue were sent now, by language. Raises composing.EmptyEdition."""
    due = Subscriber.objects.due(Subscriber.Rhythm.EVERY_ISSUE, timezone.localdate())
    counts = dict(due.values_list("language").annotate(count=Count("pk")).order_by())
    content, audiences = _mail_content(issue), []
    for language, _label in Subscriber.MAIL_LANGUAGES:
        if language in counts:
            composed = composing.compose(content, language)
            size = composed.html_bytes / 1000
            audiences.append(
                LanguageAudience(
                    language, counts[language], composed.subject, size, composed.is_large, composed.left_out
                )
            )
    return audiences


def compose_preview(issue: Issue, language: str) -> composing.ComposedEmail:
    """The email with all sections and topics, as if it were sent now. Raises the errors of `composing.compose`."""
    return composing.compose(_mail_content(issue), language)


def _mail_content(issue: Issue) -> IssueContent:
    """The content of the email about an issue; for a draft, as if it were published now."""
    return load_content([issue], None if issue.is_published else Placement.objects.as_if_published(issue))
