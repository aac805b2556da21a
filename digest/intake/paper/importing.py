"""The verb: a paper into the archive, in one transaction, all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from digest.archive.changes import record_change
from digest.archive.models import Item
from digest.intake.differences import Change, Log
from digest.intake.importing import Refused, Wishes
from digest.intake.paper.document import Paper
from digest.intake.paper.matching import find_same
from digest.intake.paper.rows import PaperRows

Announce = Callable[[list[Change]], None]


@dataclass(frozen=True)
class Outcome:
    """What an import did, or would have done. `item_id` is None for an item that was not made."""

    item_id: int | None
    changes: list[Change]
    published: bool


def import_paper(paper: Paper, wishes: Wishes, announce: Announce = lambda changes: None) -> Outcome:
    """Bring the archive in line with a paper; a second time it changes nothing.

    `announce` is given the differences before they are kept. Raises Refused, with nothing written, for what is no
    paper, and for an item that is published and would change though `wishes.update` is not given.
    """
    if not paper.is_paper:
        raise Refused(_("This is no paper: it has neither an abstract nor headings."))
    log = Log()
    with transaction.atomic():
        known = find_same(paper)
        was_published = known is not None and known.published_at is not None
        item = _write(paper, known, log)
        if wishes.publish and Item.objects.filter(pk=item.pk).publish():
            log.add("publish", PaperRows(paper, log).subject)
        announce(log.changes)
        if wishes.dry_run:
            transaction.set_rollback(True)
        elif log.changes and was_published and not wishes.update:
            told = {"id": item.pk, "count": len(log.changes)}
            raise Refused(_("Item %(id)s is published; --update would make %(count)s changes to it.") % told)
        elif log.changes:
            record_change([item])
    item_id = None if wishes.dry_run and known is None else item.pk
    return Outcome(item_id, log.changes, was_published or (wishes.publish and not wishes.dry_run))


def _write(paper: Paper, known: Item | None, log: Log) -> Item:
    rows = PaperRows(paper, log)
    if known is None:
        return rows.create()
    rows.update(known)
    return known
