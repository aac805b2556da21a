"""Import a paper into the archive, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Item
from digest.intake.change_log import ChangeLog, ImportChange
from digest.intake.options import ImportOptions, ImportRefused
from digest.intake.paper.document import Paper
from digest.intake.paper.matching import find_same, find_similar
from digest.intake.paper.rows import PaperRows

Announce = Callable[[list[ImportChange]], None]


@dataclass(frozen=True)
class PaperImportResult:
    """The result of an import or a dry run. `item_id` is None if no item was created."""

    item_id: int | None
    changes: list[ImportChange]
    published: bool
    needs_update: bool = False  # in a dry run: the import would be refused without `ImportOptions.update`


def import_paper(
    paper: Paper, import_options: ImportOptions, announce: Announce = lambda changes: None
) -> PaperImportResult:
    """Write a paper into the archive. Importing the same paper again changes nothing.

    `announce` is called with the changes before they are committed. Raises ImportRefused, and writes nothing, if the
    document is not a paper, or would change a published item without `import_options.update`.
    """
    if not paper.is_paper:
        raise ImportRefused(_("This does not look like a paper: no abstract or headings were found."))
    log = ChangeLog()
    with record_changes() as change:
        known = find_same(paper)
        was_published = known is not None and known.is_published
        if known is None:
            _warn_of_similar(paper)
        item = _write(paper, known, log)
        if import_options.publish and authoring.publish_items([item.pk])[0]:
            log.add("publish", PaperRows(paper, log).subject)
        announce(log.changes)
        needs_update = bool(log.changes) and was_published and not import_options.update
        if import_options.dry_run:
            change.cancel()
        elif needs_update:
            params = {"id": item.pk, "count": len(log.changes)}
            raise ImportRefused(
                _("Item %(id)s is published. Use --update to change it (changes: %(count)s).") % params
            )
    item_id = None if import_options.dry_run and known is None else item.pk
    published = was_published or (import_options.publish and not import_options.dry_run)
    return PaperImportResult(item_id, log.changes, published, needs_update)


def _warn_of_similar(paper: Paper) -> None:
    for item in find_similar(paper):
        params = {"id": item.pk, "title": item}
        paper.warn(
            None,
            _(
                "Item %(id)s has the same title or a very similar abstract; the paper is kept as a separate "
                "item: %(title)s"
            )
            % params,
        )


def _write(paper: Paper, known: Item | None, log: ChangeLog) -> Item:
    rows = PaperRows(paper, log)
    if known is None:
        return rows.create()
    rows.update(known)
    return known
