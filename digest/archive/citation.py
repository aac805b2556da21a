"""Citations to copy: the original in APA 7 or GB/T 7714, and the digest's own entry."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.models import Item
from digest.common.dates import format_date
from digest.common.languages import LANGUAGES, Text, bcp47

PUBLISHER = "FFTC Smart & Net-Zero (SNZ)"
_MARKS = {"paper": "J", "dataset": "DB/OL", "news": "N/OL", "report": "R/OL", "handbook": "R/OL", "standard": "S/OL"}


@dataclass(frozen=True)
class Citation:
    """A citation in one style, as HTML with its italics."""

    label: str
    html: SafeString
    language: str  # code, of the title it cites

    @property
    def tag(self) -> str:
        return bcp47(self.language)


def citations(item: Item, language: str) -> list[Citation]:
    """What the item page offers to copy: the original (where we know enough of it), then our own entry."""
    found = []
    if item.source and item.kind != "event":
        style = LANGUAGES[language].citation_style
        cited = gbt7714(item) if style == "GB/T 7714" else apa(item)
        found.append(
            Citation(_("The original (%(style)s)") % {"style": style}, cited, item.shown_title("en").language)
        )
    found.append(Citation(_("This digest entry"), own_entry(item, language), item.title.language))
    return found


def apa(item: Item) -> SafeString:
    """APA 7: authors, year, title, container, volume(number), pages, DOI."""
    year = item.date.year if item.date else "n.d."
    place = _volume(item, ", ")
    author = _apa_authors([apa_name(name) for name in item.author_list])
    title = _cited_title(item)
    container = format_html("{}{}", _container(item, "i"), format_html(", {}", place) if place else "")
    if author:
        return format_html("{} ({}). {} {}. {}", author, year, _closed(title), container, _address(item))
    return format_html("{} ({}). {}. {}", _closed(title), year, container, _address(item))


def gbt7714(item: Item) -> SafeString:
    """GB/T 7714-2015: authors in capitals, the document's mark, year, volume(number): pages."""
    names = [gbt_name(name) for name in item.author_list]
    author = ", ".join(names[:3]) + (", et al" if len(names) > 3 else "")
    parts = [_container(item, "span"), str(item.date.year) if item.date else "", _volume(item, ": ")]
    title = f"{_cited_title(item)}[{_MARKS.get(item.genre, 'EB/OL')}]"
    where = format_html_join(", ", "{}", ((part,) for part in parts if part))
    pieces = [piece for piece in (author, title, where) if piece]
    return format_html("{}. {}", format_html_join(". ", "{}", ((piece,) for piece in pieces)), _address(item))


def own_entry(item: Item, language: str) -> SafeString:
    """The summary here as a page of this site."""
    home = item.home
    issue = ""
    if home is not None and home.issue.is_published:
        date = format_date(home.issue.date, "day", language)
        issue = _("issue %(number)s") % {"number": home.issue.number} + (f", {date}" if date else "")
    address = f"{settings.SITE_URL}{item.get_absolute_url()}"
    pieces = [PUBLISHER, str(item.title), issue]
    return format_html("{}. {}", ". ".join(p for p in pieces if p), address)


def apa_name(name: str) -> str:
    """`Ana Luisa Barbosa` -> `Barbosa, A. L.`; names in Han characters stay, and `{World Bank}`, a body."""
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
    """`Ana Luisa Barbosa` -> `BARBOSA A L`; bodies as they are."""
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


def _cited_title(item: Item) -> str:
    # The title of the work itself: most originals here are in English, whatever the page's language.
    return str(item.shown_title("en")).rstrip(".")


def _container(item: Item, tag: str) -> SafeString:
    # Named in the language of the title; a name that is there only in another says so.
    language = item.shown_title("en").language
    name = item.source.text("name", language) if item.source else Text("", language, language)
    return format_html("<{0}{1}>{2}</{0}>", tag, name.attr, name)


def _closed(title: str) -> str:
    return title if title.endswith(("?", "!", "？", "！")) else f"{title}."


def _volume(item: Item, separator: str) -> str:
    volume = f"{item.volume}({item.number})" if item.volume and item.number else item.volume
    return separator.join(part for part in (volume, item.pages) if part)


def _address(item: Item) -> SafeString:
    url = item.doi_url or next((link.url for link in item.open_links if link.role == "original"), "")
    return format_html("{}", url)
