"""The plain text of an email: the same content and links as the HTML in the same order, at most 76 columns wide."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from django.conf import settings

from digest.mailing.rendering import text_layout
from digest.mailing.rendering.issue_renderer import RenderedIssue, RenderedItem, RenderedLookBack, RenderedSection
from digest.mailing.rendering.item_content import ItemExcerpt
from digest.mailing.rendering.layout import Footer
from digest.mailing.rendering.localized_text import LocalizedText

DOUBLE_RULE = "=" * text_layout.COLUMNS
RULE = "-" * text_layout.COLUMNS


def join_blocks(blocks: Iterable[str]) -> str:
    """Join blocks with an empty line; leave out empty ones."""
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def underline(text: str, with_: str = "-") -> str:
    return f"{text_layout.fold(text)}\n{with_ * min(text_layout.width(text), text_layout.COLUMNS)}"


def issue_blocks(issue: RenderedIssue, focus: LocalizedText, look_backs: LocalizedText) -> Iterator[str]:
    """The blocks of an issue after its heading. `focus` and `look_backs` are the labels of those groups."""
    for intro in issue.intro:
        yield from (text_layout.fold(text) for text in text_layout.paragraphs(intro.html, issue.url))
    if len(issue.sections) > 1:
        yield _contents(issue, look_backs)
    for section in issue.sections:
        yield from _section(section, issue, focus, look_backs)


def _contents(issue: RenderedIssue, look_backs: LocalizedText) -> str:
    """A line for each section with its numbers of new items and of look-backs."""
    lines = []
    for section in issue.sections:
        counts = [
            (section.name, section.new_count),
            (replace(look_backs, separator=" "), section.look_back_count),
        ]
        lines.append(" · ".join(f"{label.plain} {count}" for label, count in counts if count))
    return "\n".join(lines)


def titles(issue: RenderedIssue) -> str:
    return "\n".join(text_layout.fold(title.value) for title in issue.titles)


def themes(issue: RenderedIssue) -> str:
    return "\n".join(text_layout.fold(f"{text.value}", "* ", "  ") for theme in issue.themes for text in theme.texts)


def _section(
    section: RenderedSection, issue: RenderedIssue, focus: LocalizedText, look_backs: LocalizedText
) -> Iterator[str]:
    yield "\n" + underline(section.label.plain, "=")
    yield from (_item(item) for item in section.promoted)
    if section.focus:
        yield underline(focus.plain)
    yield from (_item(item) for item in section.focus)
    if section.focus and section.others:
        yield RULE
    yield from (_item(item) for item in section.others)
    if section.look_backs:
        theme = [issue.look_back_theme.plain] if issue.look_back_theme else []
        yield underline(" · ".join([section.name.plain, look_backs.plain, *theme]))
        yield from (_look_back(look_back) for look_back in section.look_backs)
    if section.more:
        yield text_layout.labelled(section.more.plain, issue.url)


def _item(item: RenderedItem) -> str:
    lines = [line for excerpt in item.excerpts for line in _excerpt(excerpt)]
    lines += [text_layout.fold(f"[{poster.alternative.value}]", "  ", "  ") for poster in item.posters]
    lines += [text_layout.labelled(label.plain, url, "  ") for label, url in item.links]
    return "\n".join(lines)


def _excerpt(excerpt: ItemExcerpt) -> Iterator[str]:
    content = excerpt.content
    if content.day:
        yield text_layout.fold(content.day)
    yield text_layout.fold(content.title.value, "* ", "  ")
    if content.facts:
        yield text_layout.fold(content.facts_plain, "  ", "  ")
    yield from (text_layout.fold(paragraph, "  ", "  ") for paragraph in excerpt.paragraphs)
    yield f"  {content.url}"


def _look_back(look_back: RenderedLookBack) -> str:
    lines = []
    for excerpt in look_back.item.excerpts:
        lines.append(text_layout.fold(excerpt.content.title.value, "* ", "  "))
        lines += [text_layout.fold(paragraph, "  ", "  ") for paragraph in excerpt.paragraphs]
        lines.append(f"  {excerpt.content.url}")
    if look_back.label:
        lines.append(f"  {look_back.label.plain}")
    return "\n".join(lines)


def footer_blocks(footers: Sequence[Footer]) -> Iterator[str]:
    """The end of every email, after the two hyphens that begin a signature."""
    ends = []
    for footer in footers:
        links = [text_layout.labelled(link.label.value, link.url.removeprefix("mailto:")) for link in footer.links]
        ends.append("\n".join([text_layout.fold(footer.why), *links]))
    if settings.POSTAL_ADDRESS:
        ends.append(text_layout.fold(settings.POSTAL_ADDRESS))
    yield "-- \n" + "\n\n".join(ends)
