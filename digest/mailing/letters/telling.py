"""What a mail tells of one item in one language: title, facts, summary and links, for HTML and for plain text."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.fragments import fragment_context
from digest.archive.models import Placement, Section
from digest.common.languages import Language, Text, current
from digest.common.sanitising import plain_text
from digest.mailing.letters import texts
from digest.mailing.letters.words import marked

POSTER_WIDTH = 240  # pixels on the screen; the rendition has more for sharp screens


class Link(NamedTuple):
    """Where a mail leads, with the words that say so."""

    label: Text
    url: str


@dataclass(frozen=True)
class Telling:
    """One item in one language."""

    language: Language
    url: str  # of its page
    title: Text
    day: str  # of an event; empty for everything else
    facts: tuple[Text, ...]
    summary: Text  # HTML
    links: tuple[Link, ...]  # beside that to its page

    @property
    def facts_html(self) -> SafeString:
        return format_html_join(" · ", "{}", [(marked(fact, self.language.code),) for fact in self.facts])

    @property
    def facts_plain(self) -> str:
        return " · ".join(fact.value for fact in self.facts)


class Poster(NamedTuple):
    """A picture with its size on the screen in pixels, and the words that stand for it."""

    url: str
    width: int
    height: int
    alternative: Text


def tell(placement: Placement, language: Language) -> Telling:
    """What a mail tells of an item; its placement comes from `source.gather`."""
    item = placement.item
    with translation.override(language.code):
        context = fragment_context(placement, language.code)
        return Telling(
            language=language,
            url=settings.SITE_URL + item.get_absolute_url(),
            title=context["title"],
            day=_day(placement) if item.kind == Section.EVENT else "",
            facts=tuple(_facts(placement, context["place"])),
            summary=context["summary"],
            links=tuple(_links(placement)),
        )


def _day(placement: Placement) -> str:
    return placement.item.date_text or _("Date not given")


def _facts(placement: Placement, place: Text) -> list[Text]:
    """The line of facts: date, source, place, kind; of an event place and attendance, its day standing above."""
    item = placement.item

    if item.kind == Section.EVENT:
        found = [place or own(item.place_names), own(item.get_attendance_display() if item.attendance else "")]
    else:
        date = own(item.date_text or _("No date in the source"))
        genre = own(item.get_genre_display() if item.genre else "")
        found = [date, item.source_name, own(item.place_names), genre]
    return [fact for fact in found if fact]


def _links(placement: Placement) -> list[Link]:
    item = placement.item
    page = settings.SITE_URL + item.get_absolute_url()
    links = [Link(own(item.abstract_label), abstract_url(page))] if item.has_abstract else []
    links += [Link(own(link.get_role_display()), link.url) for link in item.links_with_address]
    if item.corrections.all():
        links.append(Link(own(_("Corrected")), f"{page}#corrections"))
    for topic in item.further_reading.all():
        label = topic.label if topic.label.is_foreign else own(f"{_('Further reading:')} {topic.label}")
        links.append(Link(label, settings.SITE_URL + topic.get_absolute_url()))
    return links


def abstract_url(page: str) -> str:
    return f"{page}#abstract"


def own(text: str) -> Text:
    """Words in the language of the moment."""
    return Text(text, current().code, current().code)


def posters(placement: Placement, language: Language) -> list[Poster]:
    """The posters of a promoted event that have a picture, each at its size on the screen."""
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
    # What a poster says stands beside it as text.
    return replace(text, value=texts.shorten(" ".join(text.value.split()), 320))


class Part(NamedTuple):
    """A telling at the length that a mail has room for."""

    telling: Telling
    body: SafeString
    paragraphs: tuple[str, ...]
    is_cut: bool
    has_links: bool
    more: str = ""  # words for the way to the rest


def whole(telling: Telling) -> Part:
    """With everything."""
    body = SafeString(texts.for_mail(telling.summary.html, telling.url))
    return Part(telling, body, tuple(texts.paragraphs(telling.summary.html, telling.url)), False, bool(telling.links))


def cut(telling: Telling, columns: int, *, has_links: bool = False) -> Part:
    """With at most so many columns of the summary, a Han character taking two."""
    full = plain_text(telling.summary.html) if columns else ""
    short = texts.shorten(full, columns)
    paragraphs = (short,) if short else ()
    with translation.override(telling.language.code):
        more = _("Read on")
    return Part(telling, format_html("{}", short), paragraphs, short != full, has_links and bool(telling.links), more)
