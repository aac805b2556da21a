"""Publishing and withdrawing. Items follow their issue; an item withdrawn by itself returns only by itself."""

from collections.abc import Iterable

from digest.archive.changes import Change, recording
from digest.archive.models import Issue, Item, Placement, Withdrawal
from digest.archive.models.state import STATE_FIELDS

PARTIAL = Issue.Record.PARTIAL
STATE = ["published_at", *STATE_FIELDS]


def publish_issue(issue: Issue) -> bool:
    """Show an issue to the public with the items in it; again, also what was placed in it since.

    Items that were withdrawn by themselves stay away. Issues known only through look-backs come with the first issue
    that looks back at their items. Returns whether anything became public.
    """
    with recording() as change:
        mine = Placement.objects.filter(issue=issue).values("item")
        new_items = list(Item.objects.filter(pk__in=mine).following_issue().values_list("pk", flat=True))
        Item.objects.filter(pk__in=mine).following_issue().publish(change.at)
        public = Item.objects.published().filter(pk__in=mine).values("pk")
        homes = Issue.objects.filter(record=PARTIAL, placements__item__in=public).following_issue()
        new_issues = set(homes.values_list("pk", flat=True)) | (set() if issue.is_published else {issue.pk})
        Issue.objects.filter(pk__in=new_issues).publish(change.at)
        if new_items or new_issues:
            change.is_public = True
            change.add(Item, new_items)
            change.add(Issue, new_issues)
            change.add(
                Item, Placement.objects.filter(issue__in=new_issues).values_list("item", flat=True), updated=False
            )
            if new_items:
                change.add(Issue, [issue.pk])
        issue.refresh_from_db(fields=STATE)
    return bool(new_items or new_issues)


def would_publish(issue: Issue) -> bool:
    """Whether `publish_issue` would show anything that readers do not see yet."""
    items = Item.objects.filter(placements__issue=issue)
    public = Item.objects.published().filter(placements__issue=issue)
    homes = Issue.objects.filter(record=PARTIAL, placements__item__in=public)
    return not issue.is_published or items.following_issue().exists() or homes.following_issue().exists()


def withdraw_issue(issue: Issue) -> None:
    """Hide a published issue, and its items unless another published issue shows them; they return with it."""
    with recording() as change:
        issue.refresh_from_db(fields=STATE)
        if not issue.is_published:
            return
        mine = Placement.objects.filter(issue=issue).values("item")
        change.is_public = True
        change.add(Item, mine.values_list("item", flat=True), updated=False)
        Issue.objects.filter(pk=issue.pk).withdraw(change.at, Withdrawal.BY_ITSELF)
        told = Placement.objects.in_published_issues().filter(issue__record=Issue.Record.COMPLETE).values("item")
        partial = Issue.objects.published().filter(record=PARTIAL, placements__item__in=mine)
        gone = [issue.pk, *partial.exclude(placements__item__in=told).values_list("pk", flat=True)]
        Issue.objects.filter(pk__in=gone).withdraw(change.at, Withdrawal.WITH_ISSUE)
        change.add(Issue, gone)
        _withdraw_unshown(change, mine.values_list("item", flat=True))
        issue.refresh_from_db(fields=STATE)


def publish_items(ids: Iterable[int]) -> tuple[int, list[Item]]:
    """Show items by themselves; returns how many became public, and those that must wait for their issue.

    Those that wait come with their issue, even if they had been withdrawn by themselves.
    """
    with recording() as change:
        items = Item.objects.filter(pk__in=list(ids))
        waiting = list(items.awaiting_issue().unpublished())
        held = Item.objects.filter(pk__in=[item.pk for item in waiting])
        held.filter(withdrawal=Withdrawal.BY_ITSELF).update(withdrawal=Withdrawal.WITH_ISSUE)
        wanted = items.exclude(pk__in=[item.pk for item in waiting])
        new = list(wanted.unpublished().values_list("pk", flat=True))
        count = wanted.publish(change.at)
        change.add(Item, new)
    return count, waiting


def withdraw_items(ids: Iterable[int]) -> int:
    """Take items off all public pages, their issues' pages included, until they are published by themselves again.

    Returns how many had been public.
    """
    with recording() as change:
        items = Item.objects.filter(pk__in=list(ids))
        items.filter(withdrawal=Withdrawal.WITH_ISSUE).update(withdrawal=Withdrawal.BY_ITSELF)
        return _withdraw(change, list(items.published().values_list("pk", flat=True)), Withdrawal.BY_ITSELF)


def follow_placements(change: Change, placed: Iterable[int], left: Iterable[tuple[int, int]]) -> None:
    """Items newly placed in a published issue become public; items that left their last published one go.

    `placed` are ids of items, `left` pairs of an item's id and that of the issue it was in. An item that was published
    by itself stays so when it is placed in a draft.
    """
    if placed := list(placed):
        # Not those only in an issue known through look-backs: it is public for the items of whole ones.
        shown = Placement.objects.in_published_issues().filter(issue__record=Issue.Record.COMPLETE, item__in=placed)
        coming = Item.objects.filter(pk__in=shown.values("item")).following_issue()
        new = list(coming.values_list("pk", flat=True))
        Item.objects.filter(pk__in=new).publish(change.at)
        change.add(Item, new)
    if left := list(left):
        issues = Issue.objects.published().filter(pk__in={issue for _item, issue in left})
        public = set(issues.values_list("pk", flat=True))
        _withdraw_unshown(change, [item for item, issue in left if issue in public])


def _withdraw_unshown(change: Change, ids: Iterable[int]) -> None:
    items = Item.objects.published().filter(pk__in=list(ids)).exclude(pk__in=Item.objects.in_published_issues())
    _withdraw(change, list(items.values_list("pk", flat=True)), Withdrawal.WITH_ISSUE)


def _withdraw(change: Change, ids: list[int], withdrawal: Withdrawal) -> int:
    """Withdraw published items; the issues that showed them are other than before."""
    if ids:
        change.is_public = True
        change.withdrawn |= {*ids}
        change.add(Item, ids)
        change.add(Issue, Placement.objects.in_published_issues().filter(item__in=ids).values_list("issue", flat=True))
    return Item.objects.filter(pk__in=ids).withdraw(change.at, withdrawal)
