"""Publishing and withdrawing issues and items.

Items are published and withdrawn with their issue. An item that was withdrawn by itself is published only by itself.
"""

from collections.abc import Iterable

from digest.archive.changes import Change, record_changes
from digest.archive.models import Issue, Item, Placement, Withdrawal
from digest.archive.models.state import STATE_FIELDS

PARTIAL = Issue.Record.PARTIAL
STATE = ["published_at", *STATE_FIELDS]


def publish_issue(issue: Issue) -> bool:
    """Publish an issue and its items; for a published issue, publish the items that were placed in it since.

    Items that were withdrawn by themselves are left out. Issues known only through look-backs are published with the
    first issue that looks back at their items. Returns whether anything was published.
    """
    with record_changes() as change:
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
    """Whether `publish_issue` would publish anything that is not public yet."""
    items = Item.objects.filter(placements__issue=issue)
    public = Item.objects.published().filter(placements__issue=issue)
    homes = Issue.objects.filter(record=PARTIAL, placements__item__in=public)
    return not issue.is_published or items.following_issue().exists() or homes.following_issue().exists()


def withdraw_issue(issue: Issue) -> None:
    """Withdraw a published issue, and its items unless another published issue has them.

    The items are published again with the issue.
    """
    with record_changes() as change:
        issue.refresh_from_db(fields=STATE)
        if not issue.is_published:
            return
        mine = Placement.objects.filter(issue=issue).values("item")
        change.is_public = True
        change.add(Item, mine.values_list("item", flat=True), updated=False)
        Issue.objects.filter(pk=issue.pk).withdraw(change.at, Withdrawal.BY_ITSELF)
        still_public = (
            Placement.objects.in_published_issues().filter(issue__record=Issue.Record.COMPLETE).values("item")
        )
        partial = Issue.objects.published().filter(record=PARTIAL, placements__item__in=mine)
        withdrawn = [issue.pk, *partial.exclude(placements__item__in=still_public).values_list("pk", flat=True)]
        Issue.objects.filter(pk__in=withdrawn).withdraw(change.at, Withdrawal.WITH_ISSUE)
        change.add(Issue, withdrawn)
        _withdraw_items_without_issue(change, mine.values_list("item", flat=True))
        issue.refresh_from_db(fields=STATE)


def publish_items(ids: Iterable[int]) -> tuple[int, list[Item]]:
    """Publish items by themselves; returns how many were published, and the items that must wait for their issue.

    Items that wait are published with their issue, even if they had been withdrawn by themselves.
    """
    with record_changes() as change:
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
    """Remove items from all public pages until they are published by themselves again.

    Returns how many were public.
    """
    with record_changes() as change:
        items = Item.objects.filter(pk__in=list(ids))
        items.filter(withdrawal=Withdrawal.WITH_ISSUE).update(withdrawal=Withdrawal.BY_ITSELF)
        return _withdraw(change, list(items.published().values_list("pk", flat=True)), Withdrawal.BY_ITSELF)


def update_states_after_placing(change: Change, placed: Iterable[int], removed: Iterable[tuple[int, int]]) -> None:
    """Publish items placed in a published issue, and withdraw items that are in no published issue any more.

    `placed` are ids of items, `removed` are pairs of an item's id and the id of the issue it was in. An item that was
    published by itself stays published when it is placed in a draft.
    """
    if placed := list(placed):
        # Not items only in a partial issue: it is public because of look-backs in complete issues.
        shown = Placement.objects.in_published_issues().filter(issue__record=Issue.Record.COMPLETE, item__in=placed)
        unpublished = Item.objects.filter(pk__in=shown.values("item")).following_issue()
        new = list(unpublished.values_list("pk", flat=True))
        Item.objects.filter(pk__in=new).publish(change.at)
        change.add(Item, new)
    if removed := list(removed):
        issues = Issue.objects.published().filter(pk__in={issue for _item, issue in removed})
        public = set(issues.values_list("pk", flat=True))
        _withdraw_items_without_issue(change, [item for item, issue in removed if issue in public])


def _withdraw_items_without_issue(change: Change, ids: Iterable[int]) -> None:
    items = Item.objects.published().filter(pk__in=list(ids)).exclude(pk__in=Item.objects.in_published_issues())
    _withdraw(change, list(items.values_list("pk", flat=True)), Withdrawal.WITH_ISSUE)


def _withdraw(change: Change, ids: list[int], withdrawal: Withdrawal) -> int:
    """Withdraw published items, and report the issues that showed them as changed."""
    if ids:
        change.is_public = True
        change.withdrawn |= {*ids}
        change.add(Item, ids)
        change.add(Issue, Placement.objects.in_published_issues().filter(item__in=ids).values_list("issue", flat=True))
    return Item.objects.filter(pk__in=ids).withdraw(change.at, withdrawal)
