"""Writes a newsletter into the archive in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.issue_numbers import parse_number
from digest.archive.models import Issue, Item, Placement
from digest.common.text import name_key
from digest.intake.change_log import ChangeLog, ImportChange, Subject
from digest.intake.document_warning import DocumentWarning
from digest.intake.newsletter.document import Document, ParsedItem
from digest.intake.newsletter.duplicates import drop_duplicates
from digest.intake.newsletter.item_rows import ItemRows, first_language, home_of, is_known_through
from digest.intake.newsletter.matching import Match, Matcher
from digest.intake.newsletter.placements import PlacementWriter
from digest.intake.newsletter.similarity import is_same_date
from digest.intake.newsletter.update_rules import differing_texts, is_public_elsewhere
from digest.intake.options import ImportOptions, ImportRefused


@dataclass
class ImportCallbacks:
    """Callbacks: `differences` is called before the commit, `progress` after each item with (done, all)."""

    differences: Callable[[list[ImportChange]], None] = lambda changes: None
    progress: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class NewsletterImportResult:
    """The result of an import, or of a dry run. `warnings` are those of the parser and of the import."""

    changes: list[ImportChange] = field(default_factory=list)
    warnings: list[DocumentWarning] = field(default_factory=list)
    published: bool = False
    needs_update: bool = False  # in a dry run: the import would be refused without `ImportOptions.update`


def import_document(
    document: Document, import_options: ImportOptions, callbacks: ImportCallbacks | None = None
) -> NewsletterImportResult:
    """Write a newsletter's document into the archive.

    Raises ImportRefused, and writes nothing, if the document is not a newsletter, has no issue number or another one
    than was given, or would change a published issue without `import_options.update`.
    """
    _check(document)
    callbacks = callbacks or ImportCallbacks()
    with record_changes() as change:
        newsletter_import = _NewsletterImport(document, import_options, callbacks)
        newsletter_import.run()
        changes = newsletter_import.log.changes
        warnings = sorted(newsletter_import.report.warnings, key=lambda warning: warning.line or 0)
        needs_update = bool(changes) and newsletter_import.was_published and not import_options.update
        if import_options.dry_run:
            change.cancel()
            return NewsletterImportResult(changes, warnings, newsletter_import.issue.is_published, needs_update)
        if needs_update:
            params = {"issue": document.number, "count": len(changes)}
            raise ImportRefused(
                _("Issue %(issue)s is published. Use --update to change it (changes: %(count)s).") % params
            )
        callbacks.differences(changes)
    return NewsletterImportResult(changes, warnings, newsletter_import.issue.is_published)


def _check(document: Document) -> None:
    if not document.is_newsletter:
        raise ImportRefused(_("This does not look like a newsletter: no issue number or known section was found."))
    if document.second_line:
        reason = _("A second newsletter begins on line %(line)s. Save each newsletter in its own file.")
        raise ImportRefused(reason % {"line": document.second_line})
    if not document.number:
        raise ImportRefused(
            _("No issue number, such as 第17期 or Issue 17, was found in the newsletter. Specify it with --number.")
        )
    if document.asked_number and parse_number(document.asked_number) != parse_number(document.number):
        params = {"printed": document.number, "asked": document.asked_number}
        raise ImportRefused(
            _(
                "The newsletter is marked as issue %(printed)s, but --number is %(asked)s. Correct it, or "
                "omit --number."
            )
            % params
        )
    if not document.entries:
        raise ImportRefused(_("No items were found in this newsletter. Nothing was imported."))


class _NewsletterImport:
    """One import, step by step."""

    def __init__(self, document: Document, import_options: ImportOptions, callbacks: ImportCallbacks) -> None:
        self.document = document
        self.import_options = import_options
        self.callbacks = callbacks
        self.log = ChangeLog()
        self.report = document.report.copy()  # the import adds warnings of its own
        self.entries = drop_duplicates(document, self.report)
        self.issue = Issue.objects.filter(number=document.number).first() or Issue()
        self.was_published = self.issue.is_published
        # No change of a published issue is allowed without `update`; a dry run reports it.
        self.may_change_public = import_options.update or self.was_published
        self.was_partial = self.issue.pk is not None and self.issue.is_partial
        self.rows = ItemRows(document.language, self.log)

    def run(self) -> None:
        is_new = self.issue.pk is None
        matcher = Matcher(self.document.language, self.entries, None if is_new else self.issue, self.report)
        found = matcher.run()
        self._write_issue(is_new)
        self.placing = PlacementWriter(self.issue, self.report, self.log, self.may_change_public)
        for at, entry in enumerate(self.entries):
            if at not in matcher.unsure:
                self._write_entry(entry, found.get(at))
            self.callbacks.progress(at + 1, len(self.entries))
        self.placing.update_positions()
        for placement in matcher.unmatched_placements():
            self.report.warn(None, _("No longer in the document, kept in the archive: %s") % placement.item)
        self._write_remainder()
        self._publish()

    # --- the issue -----------------------------------------------------------------------------------------------

    def _write_issue(self, is_new: bool) -> None:
        document, subject = self.document, Subject("issue", self.document.number)
        values: dict[str, Any] = {"record": str(Issue.Record.COMPLETE)} | (
            {"date": document.date} if document.date else {}
        )
        if is_new:
            self.issue = authoring.create_issue(document.number, **values)
            self.log.add("create", subject)
        else:
            self.log.update(self.issue, values, subject)
        texts = {
            "title": document.title,
            "programme_note": document.programme_note,
            "intro": document.intro,
            "themes": "\n".join(document.themes),
            "look_back_theme": document.look_back_theme,
        }
        said = {name: text for name, text in texts.items() if text}
        row = self.issue.written(document.language)
        if row is not None:
            self.log.update(row, said, subject)
        elif said:
            authoring.write_text(self.issue, document.language, **said)
            if not is_new:
                self.log.add("update", subject, f"texts ({document.language})", None, document.title)

    def _write_remainder(self) -> None:
        subject = Subject("issue", self.document.number)
        self.log.update(self.issue, {"remainder": self.report.remainder_text()}, subject)

    def _publish(self) -> None:
        """Publish if requested. New items of a published issue are published too."""
        wanted = self.import_options.publish or (
            self.was_published and self.log.changes and self.import_options.update
        )
        if not wanted:
            return
        if authoring.publish_issue(self.issue):
            self.log.add("publish", Subject("issue", self.document.number))

    # --- its items -----------------------------------------------------------------------------------------------

    def _write_entry(self, entry: ParsedItem, match: Match | None) -> None:
        item = match.item if match else self.rows.create(entry)
        own = match is None or self._owns(item, entry)
        if match and own:
            self._keep_look_backs(item, entry)
            self.rows.update(item, entry)
        elif match:
            self._complete(item, entry)
        placement = self.placing.place(item, entry, match.placement if match else None, is_new=not match)
        if not own and placement.role == Placement.Role.LOOK_BACK:
            self._write_own_summary(item, entry, placement)

    def _owns(self, item: Item, entry: ParsedItem) -> bool:
        """Whether the item's data come from this document, and not from another issue or language."""
        if first_language(item) not in (None, self.document.language) or self._is_kept(item):
            return False
        if entry.role == Placement.Role.LOOK_BACK:
            return is_known_through(item, self.issue)
        return self._is_at_home(item)

    def _is_at_home(self, item: Item) -> bool:
        home = home_of(item)
        return home is None or home.issue_id == self.issue.pk or home.issue.is_partial

    def _is_kept(self, item: Item) -> bool:
        return not self.may_change_public and is_public_elsewhere(item, self.issue)

    def _complete(self, item: Item, entry: ParsedItem) -> None:
        """Add what is missing to an item whose data come from another document."""
        row = item.written(self.document.language)
        is_new = entry.role != Placement.Role.LOOK_BACK  # or this issue in another language
        is_edition = is_new and (self._is_at_home(item) or self.import_options.update)
        if (is_edition or row is None or not row.title) and not self._is_kept(item):
            self.rows.write_texts(item, entry)
        elif is_new or row is None or not row.title:
            self._warn_of_kept_text(item, entry)
        if not item.is_published or self.import_options.update:
            self.rows.fill_addresses(item, entry)
        if not is_same_date(entry, item) and entry.span:
            params = {"title": entry.title, "here": entry.span.start, "there": item.date}
            self.report.warn(entry.line, _("Date in document: %(here)s; in archive: %(there)s: %(title)s") % params)

    def _warn_of_kept_text(self, item: Item, entry: ParsedItem) -> None:
        """Warn about differences from an item that another issue contains."""
        for old, new in differing_texts(entry, item.written(self.document.language)):
            params = {"old": old, "new": new, "title": entry.title}
            self.report.warn(
                entry.line, _("Kept; use --update to change it: %(title)s: “%(old)s” -> “%(new)s”") % params
            )

    def _write_own_summary(self, item: Item, entry: ParsedItem, placement: Placement) -> None:
        row = item.written(self.document.language)
        own = name_key(row.summary) if row else ""
        if entry.summary and name_key(entry.summary) != own:
            self.rows.write_own_summary(placement, entry, entry.summary)

    def _keep_look_backs(self, item: Item, entry: ParsedItem) -> None:
        """Keep the summaries of issues that looked back at this item before its own issue was imported."""
        row, home = item.written(self.document.language), home_of(item)
        was_partial = self.was_partial or (home is not None and home.issue.is_partial)
        if not was_partial or not row or not row.summary or row.summary == entry.summary or not entry.summary:
            return
        for placement in item.placements.filter(role=Placement.Role.LOOK_BACK).exclude(issue=self.issue):
            if placement.written(self.document.language) is None:
                self.rows.write_own_summary(placement, entry, row.summary)
