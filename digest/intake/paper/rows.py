"""Writes a paper to the archive. Fields that the document does not contain are left unchanged."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from digest.archive import authoring
from digest.archive.models import Figure, Item, ItemTranslation, Reference, Section, Source
from digest.common.text import name_key
from digest.intake.change_log import ChangeLog, Subject
from digest.intake.language import language_of
from digest.intake.paper import markdown_output
from digest.intake.paper.citations import runs
from digest.intake.paper.document import Paper
from digest.intake.paper.labels import find_doi

MAX_COMPARED = 2_000  # paragraphs; comparing takes quadratic time


class PaperRows:
    """Writes one paper and logs the differences."""

    def __init__(self, paper: Paper, log: ChangeLog) -> None:
        self.paper = paper
        self.log = log
        title = next(iter(paper.titles.values()), "")
        self.subject = Subject("item", title)

    def create(self) -> Item:
        """Create an item with all fields of the paper."""
        item = authoring.create_item(Section.RESEARCH, self._texts(), genre=Item.Genre.PAPER, **self._shared(None))
        self.log.add("create", self.subject)
        quiet = ChangeLog()  # for a new item the fields are not logged
        self._write_figures(item, quiet)
        self._write_references(item, quiet)
        return item

    def update(self, item: Item) -> None:
        """Update an item from the paper."""
        self.log.update(item, self._shared(item), self.subject)
        for language, texts in self._texts().items():
            row = item.written(language)
            if row is not None:
                self._update_texts(row, texts)
                continue
            authoring.write_text(item, language, **texts)
            for name, text in texts.items():
                self.log.add("update", self.subject, f"{name} ({language})", None, text)
        self._write_figures(item, self.log)
        self._write_references(item, self.log)

    def _update_texts(self, row: ItemTranslation, texts: dict[str, str]) -> None:
        """Change what differs, and log it by paragraph, because a body is too long for one difference."""
        differing = [name for name, text in texts.items() if getattr(row, name) != text]
        for name in differing:
            for old, new in differences(getattr(row, name), texts[name]):
                self.log.add("update", self.subject, f"{name} ({row.language})", old, new)
        authoring.edit(row, texts)

    def _shared(self, item: Item | None) -> dict[str, Any]:
        """The fields that all languages share, if the paper has them."""
        values: dict[str, Any] = {"authors": "\n".join(self.paper.authors), "doi": self.paper.doi}
        if item is not None and item.doi.lower() == self.paper.doi.lower():
            del values["doi"]  # a DOI is the same in any case of its letters (DOI Handbook, 2.4)
        if self.paper.when:
            values |= {"date": self.paper.when.date, "date_precision": str(self.paper.when.precision)}
        if self.paper.source and not (item and _find_topic(item.source, self.paper.source)):
            values["source"] = authoring.get_or_create_source(
                self.paper.source, language_of(self.paper.source, self.paper.language)
            )
        return {name: value for name, value in values.items() if value}

    def _texts(self) -> dict[str, dict[str, str]]:
        texts: dict[str, dict[str, str]] = {}
        for language, title in self.paper.titles.items():
            texts.setdefault(language, {})["title"] = title
        for language, abstract in markdown_output.abstracts(self.paper).items():
            texts.setdefault(language, {})["abstract"] = abstract
        if body := markdown_output.body(self.paper):
            texts.setdefault(self.paper.language, {})["body"] = body
        return texts

    def _write_figures(self, item: Item, log: ChangeLog) -> None:
        """Write figures and captions; images added by editors are kept."""
        figures = {figure.number: figure for figure in item.figures.filter(role=Figure.Role.FIGURE)}
        for number, found in self.paper.figures.items():
            figure = figures.get(number)
            if figure is None:
                figure = authoring.add_figure(item, Figure.Role.FIGURE, {}, number=number)
                log.add("update", self.subject, f"figure {number}", None, next(iter(found.captions.values())))
            for language, caption in found.captions.items():
                row = figure.written(language)
                if row is not None:
                    log.update(row, {"caption": caption}, self.subject)
                else:
                    authoring.write_text(figure, language, caption=caption)
                    log.add("update", self.subject, f"caption ({language})", None, caption)

    def _write_references(self, item: Item, log: ChangeLog) -> None:
        """Write references. Those filled in by editors are kept; empty ones that are not cited are deleted."""
        rows = {row.number: row for row in item.references.all()}
        slots: list[int] = []
        for number, text in self.paper.references.items():
            row = rows.pop(number, None)
            if row is None:
                authoring.create(Reference, item=item, number=number, text=text, doi=find_doi(text))
                if text:
                    log.add("update", self.subject, "reference", None, text, f"[{number}]")
                else:
                    slots.append(number)
            elif text:
                doi = find_doi(text)
                values = {"text": text} | ({"doi": doi} if doi else {})
                log.update(row, values, self.subject, part=f"[{number}]")
        if slots:  # in one line: usually the whole list is missing
            log.add("update", self.subject, "reference slots", None, f"{runs(slots)} ({len(slots)})")
        empty = [row for row in rows.values() if not row.text]
        if empty:
            numbers = runs(row.number for row in empty)
            log.add("delete", self.subject, "reference slots", f"{numbers} ({len(empty)})")
            authoring.delete(empty)


def differences(old: str, new: str) -> Iterator[tuple[str, str]]:
    """The ranges of paragraphs in which two texts differ."""
    one, other = old.split("\n\n"), new.split("\n\n")
    if len(one) + len(other) > MAX_COMPARED:
        yield old, new
        return
    for tag, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag != "equal":
            yield "\n\n".join(one[i:j]), "\n\n".join(other[k:m])


def _find_topic(source: Source | None, name: str) -> bool:
    return source is not None and source.names.filter(key=name_key(name)).exists()
