"""What an email says of one item in one language: title, facts, summary and links, for HTML and plain text."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.fragments import fragment_context
from digest.archive.models import Placement, Section
from digest.common.languages import Language, Text
from digest.common.sanitising import plain_text
from digest.mailing.rendering import text_layout
from digest.mailing.rendering.localized_text import in_current_language, with_lang

POSTER_WIDTH = 240  # CSS pixels; the image file has more, for high-resolution screens
ALTERNATIVE_COLUMNS = 320


class LabelledUrl(NamedTuple):
    """A link of an email."""

    label: Text
    url: str


@dataclass(frozen=True)
class ItemContent:
    """One item in one language."""

    language: Language
    url: str  # of its page
    title: Text
    day: str  # of an event; empty for other kinds
    facts: tuple[Text, ...]
    summary: Text  # HTML
    is_short: bool  # whether the summary was written for this issue
    links: tuple[LabelledUrl, ...]  # besides the link to its page

    @property
    def facts_html(self) -> SafeString:
        return format_html_join(" · ", "{}", [(with_lang(fact, self.language.code),) for fact in self.facts])

    @property
    def facts_plain(self) -> str:
        return " · ".join(fact.value for fact in self.facts)


class Poster(NamedTuple):
    """An image with its display size in CSS pixels and its text alternative."""

    url: str
    width: int
    height: int
    alternative: Text


def item_content(placement: Placement, language: Language) -> ItemContent:
    """The content of a placement that comes from `load_content`."""
    item = placement.item
    with translation.override(language.code):
        context = fragment_context(placement, language.code)
        return ItemContent(
            language=language,
            url=settings.SITE_URL + item.get_absolute_url(),
            title=context["title"],
            day=_day(placement) if item.kind == Section.EVENT else "",
            facts=tuple(_facts(placement, context["place"])),
            summary=context["summary"],
            is_short=placement.text("summary_html", language.code) == context["summary"],
            links=tuple(_links(placement)),
        )


def _day(placement: Placement) -> str:
    return placement.item.date_text or _("Date not given")


def _facts(placement: Placement, place: Text) -> list[Text]:
    """Date, source, place, kind; for an event, whose day has a line of its own, place and attendance."""
    item = placement.item
    text = in_current_language
    if item.kind == Section.EVENT:
        facts = [place or text(item.place_names), text(item.get_attendance_display() if item.attendance else "")]
    else:
        date = text(item.date_text or _("No date in the source"))
        genre = text(item.get_genre_display() if item.genre else "")
        facts = [date, item.source_name, text(item.place_names), genre]
    return [fact for fact in facts if fact]


def _links(placement: Placement) -> list[LabelledUrl]:
    item = placement.item
    page, text = settings.SITE_URL + item.get_absolute_url(), in_current_language
    links = [LabelledUrl(text(item.abstract_label), abstract_url(page))] if item.has_abstract else []
    links += [LabelledUrl(text(link.get_role_display()), link.url) for link in item.links_with_address]
    if item.corrections.all():
        links.append(LabelledUrl(text(_("Corrected")), f"{page}#corrections"))
    for topic in item.further_reading.all():
        label = topic.label if topic.label.is_foreign else text(f"{_('Further reading: ')}{topic.label}")
        links.append(LabelledUrl(label, settings.SITE_URL + topic.get_absolute_url()))
    return links


def abstract_url(page: str) -> str:
    return f"{page}#abstract"


def posters(placement: Placement, language: Language) -> list[Poster]:
    """The posters of a promoted event that have a picture."""
    if placement.role != Placement.Role.PROMOTED:
        return []
    return [
        Poster(
            settings.SITE_URL + figure.small_address,
            POSTER_WIDTH,
            round(POSTER_WIDTH * figure.height / figure.width),
            _alternative(figure.text("alternative", language.code) or placement.item.shown_title(language.code)),
        )
        for figure in placement.item.posters
        if figure.picture and figure.width
    ]


def _alternative(text: Text) -> Text:
    # It may be short: the email has what the poster says as text beside it.
    return replace(text, value=text_layout.shorten(" ".join(text.value.split()), ALTERNATIVE_COLUMNS))


class ItemExcerpt(NamedTuple):
    """An item's content, its summary shortened to what the email has room for."""

    content: ItemContent
    body: SafeString
    paragraphs: tuple[str, ...]
    is_cut: bool
    has_links: bool
    more: str = ""  # label of the link to the rest


def full_excerpt(content: ItemContent) -> ItemExcerpt:
    """With the whole summary."""
    body = SafeString(text_layout.for_email(content.summary.html, content.url))
    paragraphs = tuple(text_layout.paragraphs(content.summary.html, content.url))
    return ItemExcerpt(content, body, paragraphs, False, bool(content.links))


def short_excerpt(content: ItemContent, columns: int, *, has_links: bool = False) -> ItemExcerpt:
    """With the short summary, or at most `columns` columns of the item's; a Han character takes two."""
    full = plain_text(content.summary.html) if columns else ""
    short = full if content.is_short else text_layout.shorten_to_sentence(full, columns)
    paragraphs = (short,) if short else ()
    with translation.override(content.language.code):
        more = _("Read more")
    is_cut = short != full
    return ItemExcerpt(content, format_html("{}", short), paragraphs, is_cut, has_links and bool(content.links), more)
