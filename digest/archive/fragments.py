"""The HTML fragment of each item in an issue: rendered on first request, then cached until the item changes."""

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

from digest.archive.models import Issue, Placement
from digest.common.languages import Text

_PREFETCH = (
    *("translations", "item__translations", "item__source__translations", "item__links", "item__places"),
    *("item__corrections", "item__figures__translations", "item__further_reading__translations"),
)
RenderedText = tuple[str, str, str]  # what the cache holds: title, code of the title's language, HTML


class Fragment(NamedTuple):
    """The HTML of one placement, with what a page needs to sort it and wrap it in an <article>."""

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
    def css_class(self) -> str:
        """The CSS classes of its <article>."""
        if self.role != Placement.Role.NEW:
            return self.role.replace("_", "-")
        return "entry focus" if self.focus else "entry"

    @property
    def pair_class(self) -> str:
        """The CSS classes of its row on the bilingual page; the style sheet knows how high each usually is."""
        if self.role == Placement.Role.NEW:
            return "pair focus" if self.focus else "pair"
        return f"pair {self.css_class}"


def render_articles(fragments: Iterable[Fragment]) -> SafeString:
    """The fragments, each in its <article>. In Python, since a template loop took longer than the rest of the page."""
    articles = [f'<article class="{f.css_class}" id="item-{f.item_id}">\n{f.html}\n</article>\n' for f in fragments]
    return SafeString("".join(articles))


@memoize
def _memoized_template_hash() -> str:
    return _hash_templates()


def _hash_templates() -> str:
    """A hash of the template files, so that a change of templates invalidates all cached fragments."""
    files = sorted((Path(settings.BASE_DIR) / "templates" / "archive").rglob("*.html"))
    return hashlib.blake2b(b"".join(f.read_bytes() for f in files), digest_size=8).hexdigest()


def template_version() -> str:
    """The hash of the templates; computed once, but each time if DEBUG is on, where templates change while running."""
    return _hash_templates() if settings.DEBUG else _memoized_template_hash()


def issue_fragments(
    issue: Issue, language: str, placements: "models.QuerySet[Placement] | None" = None
) -> list[Fragment]:
    """The fragments of an issue in reading order: by default those of its public placements.

    Takes one query if all are cached, otherwise a fixed number more, however long the issue. Other `placements`, such
    as those of a preview, are rendered without the cache.
    """
    return issue_fragments_by_language(issue, [language], placements)[language]


def issue_fragments_by_language(
    issue: Issue, languages: Iterable[str], placements: "models.QuerySet[Placement] | None" = None
) -> dict[str, list[Fragment]]:
    """Like `issue_fragments` for several languages, with no more queries than for one."""
    visible = Placement.objects.public() if placements is None else placements
    rows = list(_placement_values(visible, issue))
    if placements is None:
        version = template_version()
        keys = {(row[0], code): _cache_key(row, code, version) for row in rows for code in languages}
        cached = cache.get_many(keys.values())
        rendered = _render(visible, [wanted for wanted, key in keys.items() if key not in cached])
        # Stored under the version read above: if an item changed since, its new version has another key.
        cache.set_many({keys[wanted]: text for wanted, text in rendered.items()})
        rendered |= {wanted: cached[key] for wanted, key in keys.items() if key in cached}
    else:
        rendered = _render(visible.filter(issue=issue), [(row[0], code) for row in rows for code in languages])
    # A placement that was removed since the first query is not in `rendered`.
    return {
        code: [_make_fragment(row, rendered[row[0], code], code) for row in rows if (row[0], code) in rendered]
        for code in languages
    }


def _cache_key(row: tuple[Any, ...], language: str, version: str) -> str:
    """Contains `updated_at`, which every visible change of the item sets to a new time (see `archive.changes`)."""
    pk, _item_id, _section, role, focus, _home, updated_at = row
    return f"{language}-{pk}-{role}-{focus}-{int(updated_at.timestamp() * 1_000_000)}-{version}"


def _placement_values(placements: "models.QuerySet[Placement]", issue: Issue) -> "models.QuerySet[Any, Any]":
    """The values of each placement in the issue that sorting and the cache key need."""
    home = placements.filter(item=models.OuterRef("item")).exclude(role=Placement.Role.LOOK_BACK)
    return (
        placements.filter(issue=issue)
        .order_by("position", "pk")
        .annotate(home=models.Subquery(home.values("issue__number")[:1]))
        .values_list("pk", "item_id", "section", "role", "focus", "home", "item__updated_at")
    )


def _make_fragment(row: tuple[Any, ...], rendered: RenderedText, language: str) -> Fragment:
    _pk, item_id, section, role, focus, home, _updated_at = row
    title, title_language, html = rendered
    return Fragment(item_id, section, role, focus, home or "", Text(title, title_language, language), SafeString(html))


def _render(
    placements: "models.QuerySet[Placement]", wanted: list[tuple[int, str]]
) -> dict[tuple[int, str], RenderedText]:
    """Render the `wanted` (placement id, language) pairs, leaving out ids that are no longer among `placements`."""
    if not wanted:
        return {}
    rows = placements.filter(pk__in={pk for pk, _language in wanted}).select_related("item__source")
    by_pk = {row.pk: row for row in rows.prefetch_related(*_PREFETCH)}
    return {(pk, code): _render_fragment(by_pk[pk], code) for pk, code in wanted if pk in by_pk}


def _render_fragment(placement: Placement, language: str) -> RenderedText:
    with translation.override(language):
        context = fragment_context(placement, language)
        html = render_to_string(f"archive/fragments/{placement.role}.html", context)
    title: Text = context["title"]
    return title.value, title.language, html.strip()


def fragment_context(placement: Placement, language: str) -> dict[str, Any]:
    """The context of a fragment's template."""
    item = placement.item
    summary: Text = placement.text("summary_html", language)
    if not summary or summary.is_foreign:
        # The item's own summary in the reader's language is better than a short summary in another language.
        item_summary = item.text("summary_html", language)
        summary = item_summary if item_summary and not (summary and item_summary.is_foreign) else summary
    return {
        "placement": placement,
        "item": item,
        "language": language,
        "title": item.shown_title(language),
        "summary": summary,
        "place": item.text("place", language),
    }
