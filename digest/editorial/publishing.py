"""Publishing and withdrawing: the verbs that editors' buttons call, each in one transaction, made known once."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from digest.archive.changes import record_change
from digest.archive.models import Issue, Item
from digest.mailing import composing, outbox
from digest.mailing.letters.source import Source, gather
from digest.mailing.models import Mailing
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


@transaction.atomic
def publish_issues(issues: Iterable[Issue]) -> None:
    """Show these issues with their items to the public."""
    issues = list(issues)
    for issue in issues:
        issue.publish()
    record_change(Item.objects.filter(issues__in=issues).distinct(), issues)


@transaction.atomic
def publish_and_send(issue: Issue) -> Mailing:
    """Show an issue to the public and freeze its mailing, both or neither; the senders do the rest.

    Raises AlreadySent, also for the second of two who press the button at once, and freezing.NotReady.
    """
    issue = Issue.objects.select_for_update().get(pk=issue.pk)  # the second waits here for the first
    if mailing := Mailing.objects.filter(kind=Mailing.Kind.ISSUE, issue=issue).first():
        raise AlreadySent(mailing)
    if not issue.is_published:
        publish_issues([issue])
        issue.refresh_from_db()
    return outbox.start(issue)


def audience_of(issue: Issue) -> list[Share]:
    """Who would get the issue if it were sent now, by language, and what. Raises composing.NothingToSay."""
    due = Subscriber.objects.due(Subscriber.Rhythm.EVERY_ISSUE, timezone.localdate())
    counts = dict(due.values_list("language").annotate(count=Count("pk")).order_by())
    source, shares = _as_if_public(issue), []
    for language, _label in Subscriber.MAIL_LANGUAGES:
        if language in counts:
            made = composing.compose(source, language)
            size = made.html_bytes / 1000
            shares.append(Share(language, counts[language], made.subject, size, made.is_heavy, made.left_out))
    return shares


def mail_of(issue: Issue, language: str) -> composing.Composed:
    """The mail to those who chose everything, as it would be if it were sent now. Raises as `composing.compose`."""
    return composing.compose(_as_if_public(issue), language)


def _as_if_public(issue: Issue) -> Source:
    """What a mail about it would tell: of a draft, with it and its items published, and taken back before composing.

    Composing takes a while, and nobody else could write meanwhile (SQLite).
    """
    if issue.is_published:
        return gather([issue])
    with transaction.atomic():
        issue.publish()
        source = gather([issue])
        transaction.set_rollback(True)
    issue.refresh_from_db()
    return source


@transaction.atomic
def withdraw_issues(issues: Iterable[Issue]) -> None:
    """Hide these issues, and their items unless another published issue shows them."""
    issues = list(issues)
    for issue in issues:
        issue.withdraw()
    record_change(issues=issues)


@transaction.atomic
def publish_items(ids: Iterable[int]) -> tuple[int, list[Item]]:
    """Show items by themselves; returns how many were not shown before, and those that must wait for their issue."""
    items = Item.objects.filter(pk__in=list(ids))
    waiting = list(items.awaiting_issue().drafts())
    wanted = items.exclude(pk__in=[item.pk for item in waiting])
    count = wanted.publish()
    record_change(wanted)
    return count, waiting


@transaction.atomic
def withdraw_items(ids: Iterable[int]) -> int:
    """Take items off all public surfaces, their issues' pages included; returns how many were shown before."""
    count = Item.objects.filter(pk__in=list(ids)).withdraw()
    record_change()
    return count


def follow_placements(placed: Iterable[int], left: Iterable[tuple[int, int]]) -> int:
    """Items newly placed in a published issue come out; items that left their last published one go.

    `placed` are ids of items, `left` pairs of an item's id and that of the issue it was in. Returns how many items
    have gone. An item that was published by itself stays so when it is placed in a draft. Does not call
    `record_change`: it is a step of a larger change.
    """
    Item.objects.filter(pk__in=list(placed)).in_published_issues().publish()
    left = list(left)
    public = set(
        Issue.objects.published().filter(pk__in=[issue for _item, issue in left]).values_list("pk", flat=True)
    )
    gone = Item.objects.filter(pk__in=[item for item, issue in left if issue in public])
    return gone.exclude(pk__in=Item.objects.in_published_issues()).withdraw()
