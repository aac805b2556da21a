"""Blocks: the finished HTML of an item in an issue, made once per language when the item changes, then only joined."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from digest.archive.models import Block, Issue, Item, Placement, Section
from digest.common.languages import LANGUAGES, Text
from digest.common.statements import Statement

CHUNK = 200  # items rendered at a time, so that a rebuild of a large archive stays small in memory


class Shown(NamedTuple):
    """A block with what a page needs to sort and frame it."""

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
    """Blocks in their frames, one after another: a template's loop would cost more than all the rest of a page."""
    framed = [f'<article class="{s.style}" id="item-{s.item_id}">\n{s.html}\n</article>\n' for s in shown]
    return SafeString("".join(framed))


@cache
def version() -> str:
    """A fingerprint of the block templates and texts: after a change of them, no old block is shown."""
    files = sorted(
        [
            *(Path(settings.BASE_DIR) / "templates" / "archive" / "blocks").glob("*.html"),
            *(Path(settings.BASE_DIR) / "templates" / "archive" / "parts").glob("*.html"),
            *(Path(settings.BASE_DIR) / "digest" / "common").glob("*.py"),  # dates, places, languages
            *(Path(settings.BASE_DIR) / "digest" / "common").glob("*.json"),  # CLDR's words for them
            *(Path(settings.BASE_DIR) / "digest" / "archive" / "models").glob("*.py"),
            *Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"),
        ]
    )
    return hashlib.blake2b(b"".join(f.read_bytes() for f in files), digest_size=8).hexdigest()


def refresh(items: Iterable[Item]) -> None:
    """Render the blocks of these items anew, in all languages, wherever they are placed."""
    ids = [item.pk for item in items]
    for start in range(0, len(ids), CHUNK):
        placements = _with_everything(Placement.objects.filter(item__in=ids[start : start + CHUNK]))
        _save([render(placement, code) for placement in placements for code in LANGUAGES])


def stale() -> "models.QuerySet[Item]":
    """Items with a block missing or made from older templates."""
    fresh = models.Q(placements__blocks__version=version())
    return Item.objects.annotate(
        wanted=models.Count("placements", distinct=True) * len(LANGUAGES),
        have=models.Count("placements__blocks", filter=fresh, distinct=True),
    ).filter(have__lt=models.F("wanted"))


def of_issue(issue: Issue, language: str) -> list[Shown]:
    """The blocks of an issue that the public may see, in reading order: one query, whatever the issue's length.

    A block that is missing or old (just after an update of the portal) is rendered on the spot, and not kept.
    """
    rows = _ROWS.rows(issue.pk, language, version())
    lacking = [row[0] for row in rows if row[-1] is None]
    made = _made_now(lacking, language) if lacking else {}
    # A row that lost its placement since the first query is gone: it is not shown.
    return [_shown(row, made, language) for row in rows if row[-1] is not None or row[0] in made]


def _rows(issue: int, language: str, version: str) -> "models.QuerySet[Any, Any]":
    home = Placement.objects.public().filter(item=models.OuterRef("item")).exclude(role=Placement.Role.LOOK_BACK)
    mine = models.Q(blocks__language=language, blocks__version=version)
    return (
        Placement.objects.public()
        .filter(issue=issue)
        .in_reading_order()
        .annotate(
            home=models.Subquery(home.values("issue__number")[:1]),
            block=models.FilteredRelation("blocks", condition=mine),
        )
        .values_list(
            "pk", "item_id", "section", "role", "focus", "home", "block__title", "block__title_language", "block__html"
        )
    )


_ROWS = Statement(_rows, 2**31 - 1, "<language>", "<version>")


def _shown(row: tuple[Any, ...], made: dict[int, Block], language: str) -> Shown:
    pk, item_id, section, role, focus, home, title, title_language, html = row
    if html is None:
        title, title_language, html = made[pk].title, made[pk].title_language, made[pk].html
    return Shown(item_id, section, role, focus, home or "", Text(title, title_language, language), SafeString(html))


def _made_now(ids: list[int], language: str) -> dict[int, Block]:
    placements = _with_everything(Placement.objects.filter(pk__in=ids))
    return {placement.pk: render(placement, language) for placement in placements}


def _with_everything(placements: "models.QuerySet[Placement]") -> "models.QuerySet[Placement]":
    return placements.select_related("item__source").prefetch_related(
        "translations",
        "item__translations",
        "item__source__translations",
        "item__links",
        "item__places",
        "item__corrections",
        "item__figures__translations",
        "item__further_reading__translations",
    )


def _save(blocks: list[Block]) -> None:
    Block.objects.bulk_create(
        blocks,
        update_conflicts=True,
        unique_fields=["placement", "language"],
        update_fields=["version", "title", "title_language", "html"],
    )


def render(placement: Placement, language: str) -> Block:
    """A placement's block in one language, unsaved. The placement comes with everything prefetched."""
    with translation.override(language):
        context = block_context(placement, language)
        html = render_to_string(f"archive/blocks/{placement.role}.html", context)
    title: Text = context["title"]
    return Block(
        placement=placement,
        language=language,
        version=version(),
        title=title.value,
        title_language=title.language,
        html=html.strip(),
    )


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
