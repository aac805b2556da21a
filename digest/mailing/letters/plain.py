"""A mail's plain text: what the HTML says in the same order, with the same links, at most 76 columns wide."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from django.conf import settings

from digest.mailing.letters import texts
from digest.mailing.letters.frame import Foot
from digest.mailing.letters.issue import Entry, IssuePart, LookBack, SectionPart
from digest.mailing.letters.telling import Part
from digest.mailing.letters.words import Words

RULE = "=" * texts.COLUMNS
LINE = "-" * texts.COLUMNS


def joined(blocks: Iterable[str]) -> str:
    """Blocks with an empty line between; empty ones left out."""
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def underlined(text: str, with_: str = "-") -> str:
    return f"{texts.fold(text)}\n{with_ * min(texts.width(text), texts.COLUMNS)}"


def issue(part: IssuePart, focus: Words, back: Words) -> Iterator[str]:
    """An issue's blocks after its head."""
    for intro in part.intro:
        yield from (texts.fold(text) for text in texts.paragraphs(intro.html, part.url))
    if len(part.sections) > 1:
        yield _contents(part, back)
    for section in part.sections:
        yield from _section(section, part, focus, back)


def _contents(part: IssuePart, back: Words) -> str:
    """A line for each section: how much is new in it, and how much is looked back at."""
    lines = []
    for section in part.sections:
        counts = [(section.name, section.new_count), (replace(back, joint=" "), section.look_back_count)]
        lines.append(" · ".join(f"{words.plain} {count}" for words, count in counts if count))
    return "\n".join(lines)


def titles(part: IssuePart) -> str:
    return "\n".join(texts.fold(title.value) for title in part.titles)


def themes(part: IssuePart) -> str:
    return "\n".join(texts.fold(f"{text.value}", "* ", "  ") for theme in part.themes for text in theme.texts)


def _section(section: SectionPart, part: IssuePart, focus: Words, back: Words) -> Iterator[str]:
    yield "\n" + underlined(section.label.plain, "=")
    yield from (_entry(entry) for entry in section.promoted)
    if section.focus:
        yield underlined(focus.plain)
    yield from (_entry(entry) for entry in section.focus)
    if section.focus and section.others:
        yield LINE
    yield from (_entry(entry) for entry in section.others)
    if section.look_backs:
        theme = [part.look_back_theme.plain] if part.look_back_theme else []
        yield underlined(" · ".join([section.name.plain, back.plain, *theme]))
        yield from (_look_back(back) for back in section.look_backs)
    if section.more:
        yield texts.labelled(section.more.plain, part.url)


def _entry(entry: Entry) -> str:
    lines = [line for part in entry.parts for line in _part(part)]
    lines += [texts.fold(f"[{poster.alternative.value}]", "  ", "  ") for poster in entry.posters]
    lines += [texts.labelled(label.plain, url, "  ") for label, url in entry.links]
    return "\n".join(lines)


def _part(part: Part) -> Iterator[str]:
    told = part.telling
    if told.day:
        yield texts.fold(told.day)
    yield texts.fold(told.title.value, "* ", "  ")
    if told.facts:
        yield texts.fold(told.facts_plain, "  ", "  ")
    yield from (texts.fold(paragraph, "  ", "  ") for paragraph in part.paragraphs)
    yield f"  {told.url}"


def _look_back(back: LookBack) -> str:
    lines = []
    for part in back.entry.parts:
        lines.append(texts.fold(part.telling.title.value, "* ", "  "))
        lines += [texts.fold(paragraph, "  ", "  ") for paragraph in part.paragraphs]
        lines.append(f"  {part.telling.url}")
    if back.label:
        lines.append(f"  ({back.label.plain})")
    return "\n".join(lines)


def foot(feet: Sequence[Foot]) -> Iterator[str]:
    """The end of every mail, after the two hyphens that begin a signature."""
    ends = []
    for each in feet:
        links = [texts.labelled(link.label.value, link.url.removeprefix("mailto:")) for link in each.links]
        ends.append("\n".join([texts.fold(each.why), *links]))
    if settings.POSTAL_ADDRESS:
        ends.append(texts.fold(settings.POSTAL_ADDRESS))
    yield "-- \n" + "\n\n".join(ends)
