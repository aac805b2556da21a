"""The verb: a paper into the archive, in one transaction, all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Item
from digest.intake.differences import Change, Log
from digest.intake.importing import Refused, Wishes
from digest.intake.paper.document import Paper
from digest.intake.paper.matching import find_same, find_similar
from digest.intake.paper.rows import PaperRows

Announce = Callable[[list[Change]], None]


@dataclass(frozen=True)
class Outcome:
    """What an import did, or would have done. `item_id` is None for an item that was not made."""

    item_id: int | None
    changes: list[Change]
    published: bool
    needs_update: bool = False  # in a dry run: the real one would be refused without `Wishes.update`


def import_paper(paper: Paper, wishes: Wishes, announce: Announce = lambda changes: None) -> Outcome:
    """Bring the archive in line with a paper; a second time it changes nothing.

    `announce` is given the differences before they are kept. Raises Refused, with nothing written, for what is no
    paper, and for an item that is published and would change though `wishes.update` is not given.
    """
    if not paper.is_paper:
        raise Refused(_("This is no paper: it has neither an abstract nor headings."))
    log = Log()
    with record_changes() as change:
        known = find_same(paper)
        was_published = known is not None and known.is_published
        if known is None:
            _warn_of_similar(paper)
        item = _write(paper, known, log)
        if wishes.publish and authoring.publish_items([item.pk])[0]:
            log.add("publish", PaperRows(paper, log).subject)
        announce(log.changes)
        needs_update = bool(log.changes) and was_published and not wishes.update
        if wishes.dry_run:
            change.cancel()
        elif needs_update:
            told = {"id": item.pk, "count": len(log.changes)}
            raise Refused(_("Item %(id)s is published; --update would change it (changes: %(count)s).") % told)
    item_id = None if wishes.dry_run and known is None else item.pk
    published = was_published or (wishes.publish and not wishes.dry_run)
    return Outcome(item_id, log.changes, published, needs_update)


def _warn_of_similar(paper: Paper) -> None:
    for item in find_similar(paper):
        told = {"id": item.pk, "title": item}
        paper.warn(
            None, _("Item %(id)s has this title or nearly this abstract; the paper is another item: %(title)s") % told
        )


def _write(paper: Paper, known: Item | None, log: Log) -> Item:
    rows = PaperRows(paper, log)
    if known is None:
        return rows.create()
    rows.update(known)
    return known
