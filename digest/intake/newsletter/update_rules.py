"""What an import may change without `--update`: nothing that readers already see."""

from digest.archive.models import Issue, Item, ItemTranslation, Placement
from digest.intake.newsletter.document import ParsedItem


def is_public_elsewhere(item: Item, issue: Issue) -> bool:
    """Whether readers see the item and its home is another issue; only `--update` changes it then."""
    home = next((p for p in item.placements.all() if p.role != Placement.Role.LOOK_BACK), None)
    return item.is_published and (home is None or home.issue_id != issue.pk)


def takes_no_items(issue: Issue) -> bool:
    """Whether an issue is published and complete; look-backs of other issues add nothing to it without `--update`.

    An issue known only from look-backs (`is_partial`) still gets items from them.
    """
    return issue.is_published and not issue.is_partial


def differing_texts(entry: ParsedItem, row: ItemTranslation | None) -> list[tuple[str, str]]:
    """(old, new) of each text that differs from the item's."""
    old = {"title": "", "summary": "", "place": ""} | ({} if row is None else _texts(row))
    new = {"title": entry.title, "summary": entry.summary, "place": entry.place}
    return [(old[name], text) for name, text in new.items() if text and text != old[name]]


def _texts(row: ItemTranslation) -> dict[str, str]:
    return {"title": row.title, "summary": row.summary, "place": row.place}
