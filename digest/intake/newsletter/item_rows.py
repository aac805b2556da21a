"""Writes a parsed item to the archive. Fields that the document does not contain are left unchanged."""

from dataclasses import replace
from typing import Any

from digest.archive import authoring
from digest.archive.models import Figure, Issue, Item, Link, Placement, Section, Source, Topic
from digest.common.text import name_key
from digest.intake.change_log import ChangeLog, Subject
from digest.intake.newsletter.countries import country_of
from digest.intake.newsletter.document import ParsedItem, ParsedLink
from digest.intake.newsletter.language import detect

_GENRES = {
    Section.RESEARCH: Item.Genre.PAPER,
    Section.NEWS: Item.Genre.NEWS,
    Section.EVENT: Item.Genre.CONFERENCE,
}
_SOURCE_KINDS = {
    Section.RESEARCH: Source.Kind.JOURNAL,
    Section.NEWS: Source.Kind.NEWS,
    Section.POLICY: Source.Kind.GOVERNMENT,
    Section.DATA: Source.Kind.REPOSITORY,
    Section.EVENT: Source.Kind.NGO,
}


class ItemRows:
    """Writes items of one document in its language, and logs what differs."""

    def __init__(self, language: str, log: ChangeLog) -> None:
        self.language = language
        self.log = log
        self._sources: dict[str, Source] = {}
        self._topics: dict[str, Topic] = {}

    def create(self, entry: ParsedItem) -> Item:
        """Create an item with all fields of the parsed item."""
        texts = {"title": entry.title, "place": entry.place, "summary": entry.summary}
        genre = _GENRES.get(Section(entry.section), "")
        item = authoring.create_item(entry.section, {self.language: texts}, genre=genre, **self._shared(entry, None))
        self.log.add("create", self.subject(entry))
        quiet = ChangeLog()  # for a new item the fields are not logged
        self._write_places(item, entry, "", quiet)
        self._write_links(item, entry, [], quiet)
        self._write_poster(item, entry, quiet)
        self._write_further_reading(item, entry, quiet)
        return item

    def update(self, item: Item, entry: ParsedItem) -> None:
        """Update an item whose data come from this document."""
        subject = self.subject(entry)
        row = item.written(self.language)
        place = row.place if row else ""
        self.log.update(item, self._shared(entry, item), subject)
        self.write_texts(item, entry)
        if entry.place != place:
            self._write_places(item, entry, place, self.log)
        self._write_links(item, entry, list(item.links.all()), self.log)
        self._write_poster(item, entry, self.log)
        self._write_further_reading(item, entry, self.log)

    def write_texts(self, item: Item, entry: ParsedItem) -> None:
        """Write title, summary and place in the document's language."""
        texts = {"title": entry.title, "summary": entry.summary, "place": entry.place}
        said = {name: text for name, text in texts.items() if text}
        row = item.written(self.language)
        if row is not None:
            if row.title_origin and said.get("title", row.title) != row.title:
                said["title_origin"] = ""  # the document's title replaces that of our editors
            self.log.update(row, said, self.subject(entry))
            return
        authoring.write_text(item, self.language, **said)
        self.log.add("update", self.subject(entry), f"title ({self.language})", None, entry.title)

    def write_own_summary(self, placement: Placement, entry: ParsedItem, summary: str) -> None:
        """Write the short summary of a look-back if it differs from the item's summary."""
        row = next(
            (t for t in placement.translations.all() if t.language == self.language and not t.is_converted), None
        )
        if row is not None:
            self.log.update(row, {"summary": summary}, self.subject(entry))
            return
        authoring.write_text(placement, self.language, summary=summary)
        self.log.add("update", self.subject(entry), "short summary", None, summary)

    def subject(self, entry: ParsedItem) -> Subject:
        return Subject("item", entry.title, entry.line)

    # --- the fields all languages share --------------------------------------------------------------------------

    def _shared(self, entry: ParsedItem, item: Item | None) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if entry.span:
            span = entry.span
            values |= {"date": span.start, "date_end": span.end, "date_precision": str(span.precision)}
        if entry.source and not (item and _find_topic(item.source, entry.source)):
            values["source"] = self._source(entry)
        if entry.attendance:
            values["attendance"] = str(entry.attendance)
        if item is not None and item.kind != entry.section:
            values["kind"] = str(entry.section)
            if entry.section != Section.EVENT:
                values["attendance"] = ""
        return values

    def _source(self, entry: ParsedItem) -> Source:
        key = name_key(entry.source)
        if key not in self._sources:
            kind = _SOURCE_KINDS[Section(entry.section)]
            self._sources[key] = authoring.get_or_create_source(entry.source, self.language, kind)
        return self._sources[key]

    def _write_places(self, item: Item, entry: ParsedItem, old_place: str, log: ChangeLog) -> None:
        if entry.section != Section.EVENT or not entry.place:
            return
        old, new = country_of(old_place, self.language), country_of(entry.place, self.language)
        if old == new or new is None:
            return
        kept = [place for place in item.places.all() if place.code != old]
        authoring.set_relation(item, "places", [*kept, authoring.get_or_create_place(new)])
        log.add("update", self.subject(entry), "country", old, new)

    def _write_links(self, item: Item, entry: ParsedItem, rows: list[Link], log: ChangeLog) -> None:
        """Update links by role and label. Only links without a URL that are not in the document are deleted."""
        subject = self.subject(entry)
        free = list(rows)
        unknown: list[tuple[int, ParsedLink]] = []
        reading = [replace(topic, role=Link.Role.MORE) for topic in entry.see_also if topic.url]
        for at, link in enumerate([*entry.links, *reading]):
            row = next((row for row in free if (row.role, row.label) == (link.role, link.label)), None)
            if row is None:
                unknown.append((at, link))
                continue
            free.remove(row)
            if link.url:
                log.update(row, {"url": link.url}, subject, part=link.label)
        for at, link in unknown:
            row = next((row for row in free if row.role == link.role), None)
            if row is not None:
                free.remove(row)
                values = {"label": link.label} | ({"url": link.url} if link.url else {})
                log.update(row, values, subject, part=row.label)
            else:
                authoring.create(Link, item=item, role=link.role, label=link.label, url=link.url or "", position=at)
                log.add("update", subject, "link", None, f"{link.label or link.role} {link.url or ''}".strip())
        for row in free:
            if not row.url and entry.links:
                log.add("delete", subject, "link", row.label or row.role, None)
                authoring.delete([row])

    def fill_addresses(self, item: Item, entry: ParsedItem) -> None:
        """Fill in URLs that the archive's links lack; change nothing else."""
        rows = [row for row in item.links.all() if not row.url]
        for link in entry.links:
            row = next((row for row in rows if row.role == link.role), None)
            if link.url and row is not None:
                rows.remove(row)
                self.log.update(row, {"url": link.url}, self.subject(entry), part=row.label)

    # --- posters and further reading -----------------------------------------------------------------------------

    def _write_poster(self, item: Item, entry: ParsedItem, log: ChangeLog) -> None:
        if not entry.poster:
            return
        figure = next((f for f in item.figures.all() if f.role == Figure.Role.POSTER), None) if item.pk else None
        if figure is None:
            texts = {detect(entry.poster): {"alternative": entry.poster}}
            authoring.add_figure(item, Figure.Role.POSTER, texts)
            log.add("update", self.subject(entry), "poster", None, entry.poster)
        elif not figure.picture and (row := figure.translations.filter(origin="written").first()):
            log.update(row, {"alternative": entry.poster}, self.subject(entry))

    def _write_further_reading(self, item: Item, entry: ParsedItem, log: ChangeLog) -> None:
        tied = {topic.pk for topic in item.further_reading.all()} if entry.see_also else set()
        for link in entry.see_also:
            topic = self._topic(link.label)
            if topic.pk not in tied:
                authoring.set_relation(item, "further_reading", [*item.further_reading.all(), topic])
                tied.add(topic.pk)
                log.add("tie", self.subject(entry), "further reading", None, link.label)

    def _topic(self, label: str) -> Topic:
        key = name_key(label)
        if key not in self._topics:
            self._topics[key] = Topic.objects.labelled(label) or self._make_collection(label)
        return self._topics[key]

    def _make_collection(self, label: str) -> Topic:
        if named := Topic.objects.filter(name=label).first():
            return named
        topic = authoring.create_topic(label, facet=Topic.Facet.COLLECTION)
        authoring.write_text(topic, self.language, label=label)
        return topic


def _find_topic(source: Source | None, name: str) -> bool:
    return source is not None and name_key(name) in {row.key for row in source.names.all()}


def first_language(item: Item) -> str | None:
    """The language in which the item was first written; that edition owns the fields that all languages share."""
    rows = sorted((row for row in item.translations.all() if not row.is_converted), key=lambda row: row.pk)
    return rows[0].language if rows else None


def home_of(item: Item) -> Placement | None:
    """The item's home among its prefetched placements."""
    return next((p for p in item.placements.all() if p.role != Placement.Role.LOOK_BACK), None)


def is_known_through(item: Item, issue: Issue) -> bool:
    """Whether the archive knows the item only from this issue's look-back; then its text is the item's text."""
    home = home_of(item)
    others = [p for p in item.placements.all() if p.role == Placement.Role.LOOK_BACK and p.issue_id != issue.pk]
    return not others and (home is None or home.issue_id == issue.pk or home.issue.is_partial)
