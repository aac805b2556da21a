"""An item's HTML in an issue: rendered when a reader asks for it, kept in Django's cache until the item changes."""

import hashlib
from collections.abc import Iterable
from functools import cache as memoize
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from digest.archive.models import Issue, Placement, Section
from digest.common.languages import Text

_EVERYTHING = (
    *("translations", "item__translations", "item__source__translations", "item__links", "item__places"),
    *("item__corrections", "item__figures__translations", "item__further_reading__translations"),
)
Fragment = tuple[str, str, str]  # the title, the code of the language it is in, the HTML


class Shown(NamedTuple):
    """A fragment with what a page needs to sort and frame it."""

    item_id: int
    section: str
    role: str
    focus: bool
    home: str  # number of the issue where the item first appeared
    title: Text
    html: SafeString

    @property
    def is_look_back(self) -> bool:
        return self.role == Placement.Role.LOOK_BACK

    @property
    def is_promoted(self) -> bool:
        return self.role == Placement.Role.PROMOTED

    @property
    def style(self) -> str:
        """The classes of its frame in the style sheet."""
        if self.role != Placement.Role.NEW:
            return self.role.replace("_", "-")
        if self.focus:
            return "entry focus"
        return "entry diary" if self.section == Section.EVENT else "entry"


def articles(shown: Iterable[Shown]) -> SafeString:
    """Fragments in their frames, one after another: a template's loop would cost more than all the rest of a page."""
    framed = [f'<article class="{s.style}" id="item-{s.item_id}">\n{s.html}\n</article>\n' for s in shown]
    return SafeString("".join(framed))


@memoize
def _fixed_version() -> str:
    return _hash_templates()


def _hash_templates() -> str:
    """A fingerprint of the template files, so that no fragment outlives a change of them."""
    files = sorted((Path(settings.BASE_DIR) / "templates" / "archive").rglob("*.html"))
    return hashlib.blake2b(b"".join(f.read_bytes() for f in files), digest_size=8).hexdigest()


def template_version() -> str:
    """Read once, but where DEBUG is on: templates change under runserver."""
    return _hash_templates() if settings.DEBUG else _fixed_version()


def of_issue(issue: Issue, language: str, placements: "models.QuerySet[Placement] | None" = None) -> list[Shown]:
    """An issue's placements in reading order with their HTML, by default those that the public may see.

    One query where the cache has all of them, else a fixed number more, whatever the issue's length. Other
    `placements`, such as a preview's, are rendered without the cache.
    """
    return in_languages(issue, [language], placements)[language]


def in_languages(
    issue: Issue, languages: Iterable[str], placements: "models.QuerySet[Placement] | None" = None
) -> dict[str, list[Shown]]:
    """Likewise in several languages, with no more queries than in one."""
    visible = Placement.objects.public() if placements is None else placements
    rows = list(_rows(visible, issue))
    if placements is None:
        version = template_version()
        keys = {(row[0], code): _key(row, code, version) for row in rows for code in languages}
        found = cache.get_many(keys.values())
        made = _render(visible, [place for place, key in keys.items() if key not in found])
        # Kept under the version read first: what changed in between is rendered anew under its own.
        cache.set_many({keys[place]: fragment for place, fragment in made.items()})
        made |= {place: found[key] for place, key in keys.items() if key in found}
    else:
        made = _render(visible.filter(issue=issue), [(row[0], code) for row in rows for code in languages])
    # A placement that went since the first query is not shown.
    return {
        code: [_shown(row, made[row[0], code], code) for row in rows if (row[0], code) in made] for code in languages
    }


def _key(row: tuple[Any, ...], language: str, version: str) -> str:
    """Of a fragment in the cache. Each change of an item that readers can see has its own time (`archive.changes`)."""
    pk, _item_id, _section, role, focus, _home, updated_at = row
    return f"{language}-{pk}-{role}-{focus}-{int(updated_at.timestamp() * 1_000_000)}-{version}"


def _rows(placements: "models.QuerySet[Placement]", issue: Issue) -> "models.QuerySet[Any, Any]":
    """What of each of these placements in the issue a page sorts by; the last column is the item's version."""
    home = placements.filter(item=models.OuterRef("item")).exclude(role=Placement.Role.LOOK_BACK)
    return (
        placements.filter(issue=issue)
        .order_by("position", "pk")
        .annotate(home=models.Subquery(home.values("issue__number")[:1]))
        .values_list("pk", "item_id", "section", "role", "focus", "home", "item__updated_at")
    )


def _shown(row: tuple[Any, ...], fragment: Fragment, language: str) -> Shown:
    _pk, item_id, section, role, focus, home, _updated_at = row
    title, title_language, html = fragment
    return Shown(item_id, section, role, focus, home or "", Text(title, title_language, language), SafeString(html))


def _render(
    placements: "models.QuerySet[Placement]", wanted: list[tuple[int, str]]
) -> dict[tuple[int, str], Fragment]:
    """Fragments of these placements by key and language, as far as they are still among `placements`."""
    if not wanted:
        return {}
    rows = placements.filter(pk__in={pk for pk, _language in wanted}).select_related("item__source")
    by_key = {row.pk: row for row in rows.prefetch_related(*_EVERYTHING)}
    return {(pk, code): _fragment(by_key[pk], code) for pk, code in wanted if pk in by_key}


def _fragment(placement: Placement, language: str) -> Fragment:
    with translation.override(language):
        context = block_context(placement, language)
        html = render_to_string(f"archive/blocks/{placement.role}.html", context)
    title: Text = context["title"]
    return title.value, title.language, html.strip()


def block_context(placement: Placement, language: str) -> dict[str, Any]:
    """What a block's template is given."""
    item = placement.item
    summary: Text = placement.text("summary_html", language)
    if not summary or summary.is_foreign:
        # The item's own words in the reader's language before a shorter version in another.
        whole = item.text("summary_html", language)
        summary = whole if whole and not (summary and whole.is_foreign) else summary
    return {
        "placement": placement,
        "item": item,
        "language": language,
        "title": item.shown_title(language),
        "summary": summary,
        "place": item.text("place", language),
    }
