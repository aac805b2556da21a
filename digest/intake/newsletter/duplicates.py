"""Items that occur twice in a document, and an item as plain text."""

from collections import defaultdict

from django.utils.translation import gettext as _

from digest.common.text import name_key
from digest.intake.document_warning import ImportReport
from digest.intake.newsletter.document import DateSpan, Document, ParsedItem


def drop_duplicates(document: Document, report: ImportReport) -> list[ParsedItem]:
    """The items to import. An item can be in an issue only once, so a second occurrence is kept as text."""
    seen: dict[tuple[str, str], set[DateSpan | None]] = defaultdict(set)
    kept: list[ParsedItem] = []
    for entry in document.entries:
        dates = seen[entry.section, name_key(entry.title)]
        if dates and (
            entry.span is None or not dates.isdisjoint((entry.span, None))
        ):  # without a date, any of them may be meant
            report.keep_unparsed(entry.line, as_plain_text(entry), _("Listed twice in this issue:"))
            continue
        dates.add(entry.span)
        kept.append(entry)
    return kept


def as_plain_text(entry: ParsedItem) -> str:
    """All fields of an item as text."""
    date = entry.span.start.isoformat() if entry.span else ""
    links = (f"{link.label} {link.url}" for link in entry.links if link.url)
    texts = (entry.title, date, entry.source, entry.place, entry.summary, entry.poster, *links)
    return " | ".join(filter(None, texts))
