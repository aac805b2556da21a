"""Citations of an item to copy: the original in APA 7 or GB/T 7714, and the entry in this digest."""

import calendar
import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from digest.archive.models import Item, Section, TitleOrigin
from digest.common.dates import Precision, format_date
from digest.common.languages import LANGUAGES, Text, bcp47

_GBT_DOCUMENT_TYPES = {
    "paper": "J",
    "dataset": "DB/OL",
    "news": "N/OL",
    "report": "R/OL",
    "handbook": "R/OL",
    "standard": "S/OL",
}


@dataclass(frozen=True)
class Citation:
    """A citation in one style, as HTML with its italics."""

    label: str
    html: SafeString
    language: str  # code; the language of the title in the citation

    @property
    def tag(self) -> str:
        return bcp47(self.language)


def citations(item: Item, language: str) -> list[Citation]:
    """The citations of the item page: the original, if its source and title are known, then the digest entry."""
    result = []
    title = original_title(item)
    if title and item.source and item.kind != "event":
        style = LANGUAGES[language].citation_style
        html = gbt7714(item) if style == "GB/T 7714" else apa(item)
        result.append(Citation(_("The original (%(style)s)") % {"style": style}, html, title.language))
    result.append(Citation(_("This summary"), digest_entry(item, language), item.title.language))
    return result


def original_title(item: Item) -> Text | None:
    """The title of the original, in the language in which it was published; None if we know only a title of ours.

    A title that editors marked as published comes first. Otherwise it is the English one: most originals are in
    English, whatever the language of the page.
    """
    for row in item.translations.all():
        if row.title_origin == TitleOrigin.ORIGINAL and not row.is_converted:
            return Text(row.title, row.language, row.language)
    title = item.shown_title("en")
    return None if item.title_origin(title) in (TitleOrigin.TRANSLATED, TitleOrigin.SUPPLIED) else title


def apa(item: Item) -> SafeString:
    """APA 7: authors, date, title, container, volume(number), pages, DOI."""
    date = _apa_date(item)
    volume = _volume(item, ", ")
    author = _apa_authors([apa_name(name) for name in item.author_list])
    title = _apa_title(item)
    container = format_html("{}{}", _container(item, "i"), format_html(", {}", volume) if volume else "")
    if author:
        return format_html("{} ({}). {} {}. {}", author, date, title, container, _link(item))
    return format_html("{} ({}). {}. {}", title, date, container, _link(item))


def gbt7714(item: Item) -> SafeString:
    """GB/T 7714-2015: authors in capitals, title with document type, container, year, volume(number): pages."""
    names = [gbt_name(name) for name in item.author_list]
    author = ", ".join(names[:3]) + (", et al" if len(names) > 3 else "")
    parts = [_container(item, "span"), str(item.date.year) if item.date else "", _volume(item, ": ")]
    title = f"{str(_cited_title(item)).rstrip('.')}[{_GBT_DOCUMENT_TYPES.get(item.genre, 'EB/OL')}]"
    source = format_html_join(", ", "{}", ((part,) for part in parts if part))
    elements = [element for element in (author, title, source) if element]
    return format_html("{}. {}", format_html_join(". ", "{}", ((element,) for element in elements)), _link(item))


def digest_entry(item: Item, language: str) -> SafeString:
    """The summary here as a page of this site, cited as each language cites."""
    home = item.home
    if home is None or not home.issue.is_published:
        work = pgettext("cited", "SNZ Digest")
    elif date := format_date(home.issue.date, "day", language):
        work = _("SNZ Digest, issue %(number)s, %(date)s") % {"number": home.issue.number, "date": date}
    else:
        work = _("SNZ Digest, issue %(number)s") % {"number": home.issue.number}
    elements = {
        "author": _("FFTC Smart & Net-Zero (SNZ) team"),
        "title": _end_sentence(str(item.title)) if language == "en" else str(item.title),
        "work": work,
        "address": f"{settings.SITE_URL}{item.get_absolute_url()}",
    }
    return format_html("{}", _("%(author)s. %(title)s %(work)s. %(address)s") % elements)


def apa_name(name: str) -> str:
    """`Ana Luisa Barbosa` -> `Barbosa, A. L.`; Chinese names and `{World Bank}`, an organisation, as they are."""
    if name.startswith("{"):
        return name.strip("{}")
    words = name.split()
    if len(words) < 2 or (not name.isascii() and re.search(r"[\u3400-\u9fff]", name)):
        return name
    family, given = words[-1], words[:-1]
    while len(given) > 1 and given[-1].islower():  # van Noordwijk
        family = f"{given.pop()} {family}"
    initials = " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in given)
    return f"{family}, {initials}"


def gbt_name(name: str) -> str:
    """`Ana Luisa Barbosa` -> `BARBOSA A L`; organisations as they are."""
    if name.startswith("{"):
        return name.strip("{}")
    family, _comma, initials = apa_name(name).partition(", ")
    return f"{family.upper()} {initials.replace('.', '').replace('-', ' ')}".strip()


def _apa_authors(names: list[str]) -> SafeString:
    if len(names) > 20:
        names = [*names[:19], f"… {names[-1]}"]
        return format_html_join(", ", "{}", ((name,) for name in names))
    if len(names) > 1:
        names = [*names[:-1], f"& {names[-1]}"]
    return format_html_join(", ", "{}", ((name,) for name in names))


def _apa_date(item: Item) -> str:
    """The year; for news the day or the month, too."""
    if item.date is None:
        return "n.d."
    if item.kind != Section.NEWS or item.date_precision == Precision.YEAR:
        return str(item.date.year)
    day = f" {item.date.day}" if item.date_precision == Precision.DAY else ""
    return f"{item.date.year}, {calendar.month_name[item.date.month]}{day}"


def _cited_title(item: Item) -> Text:
    return original_title(item) or item.shown_title("en")


def _apa_title(item: Item) -> SafeString:
    """The title of the original as a sentence, followed by an English translation in brackets."""
    title = _cited_title(item)
    english = item.text("title", "en")
    if title.language == "en" or english.language != "en":
        return format_html("{}", _end_sentence(str(title).rstrip(".")))
    return format_html('{} <span lang="en">[{}]</span>.', title, str(english).rstrip("."))


def _container(item: Item, tag: str) -> SafeString:
    # The name in the language of the title; a name in another language is marked as such.
    language = _cited_title(item).language
    name = item.source.text("name", language) if item.source else Text("", language, language)
    return format_html("<{0}{1}>{2}</{0}>", tag, name.attr, name)


def _end_sentence(title: str) -> str:
    return title if title.endswith(("?", "!", "？", "！")) else f"{title}."


def _volume(item: Item, separator: str) -> str:
    volume = f"{item.volume}({item.number})" if item.volume and item.number else item.volume
    return separator.join(part for part in (volume, item.pages) if part)


def _link(item: Item) -> SafeString:
    url = item.doi_url or next((link.url for link in item.links_with_address if link.role == "original"), "")
    return format_html("{}", url)
