"""Publishing an issue together with its mailing, and what its mail would be."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from digest.archive import authoring
from digest.archive.changes import recording
from digest.archive.models import Issue, Placement
from digest.mailing import composing, outbox
from digest.mailing.models import Mailing
from digest.mailing.rendering.issue_content import IssueContent, load_content
from digest.subscriptions.models import Subscriber


class AlreadySent(ValueError):
    """The issue has its mailing; nobody gets it twice."""

    def __init__(self, mailing: Mailing) -> None:
        super().__init__(str(mailing))
        self.mailing = mailing


@dataclass(frozen=True)
class Share:
    """Those of an audience who read one language, and the mail they would get if they chose everything."""

    language: str
    count: int
    subject: str
    kilobytes: float
    is_heavy: bool  # near to what Gmail cuts off
    left_out: int  # items that the mail has no room for


def publish_and_send(issue: Issue) -> Mailing:
    """Show an issue to the public and freeze its mailing, both or neither; the senders do the rest.

    Raises AlreadySent, also for the second of two who press the button at once, and freezing.NotReady.
    """
    with recording():  # the second waits here for the first
        issue = Issue.objects.get(pk=issue.pk)
        if mailing := Mailing.objects.filter(kind=Mailing.Kind.ISSUE, issue=issue).first():
            raise AlreadySent(mailing)
        if not issue.is_published:
            authoring.publish_issue(issue)
        return outbox.start(issue)


def audience_of(issue: Issue) -> list[Share]:
    """Who would get the issue if it were sent now, by language, and what. Raises composing.EmptyEdition."""
    due = Subscriber.objects.due(Subscriber.Rhythm.EVERY_ISSUE, timezone.localdate())
    counts = dict(due.values_list("language").annotate(count=Count("pk")).order_by())
    source, shares = _as_if_public(issue), []
    for language, _label in Subscriber.MAIL_LANGUAGES:
        if language in counts:
            made = composing.compose(source, language)
            size = made.html_bytes / 1000
            shares.append(Share(language, counts[language], made.subject, size, made.is_large, made.left_out))
    return shares


def mail_of(issue: Issue, language: str) -> composing.ComposedEmail:
    """The mail to those who chose everything, as it would be if it were sent now. Raises as `composing.compose`."""
    return composing.compose(_as_if_public(issue), language)


def _as_if_public(issue: Issue) -> IssueContent:
    """What a mail about it would tell: of a draft, as if it were published now."""
    return load_content([issue], None if issue.is_published else Placement.objects.as_if_published(issue))
