"""The page of one item, and the pictures of published items."""

from django.core.files.storage import default_storage
from django.db.models import Prefetch, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from digest.archive import structured_data
from digest.archive.citation import citations
from digest.archive.decorators import public_page
from digest.archive.full_text import full_text
from digest.archive.models import Deletion, Figure, Item, Placement, Topic
from digest.archive.pictures import original_name
from digest.common.languages import ENGLISH, HANT, Text, sort_key
from digest.common.sanitising import plain_text

DESCRIPTION_LENGTH = 160  # characters


@public_page
def item(request: HttpRequest, language: str, pk: str) -> HttpResponse:
    item = _items_with_details().filter(pk=pk).first()
    if item is None:
        return _redirect_merged_item(language, int(pk))
    other_titles = _other_titles(item)
    context = {
        "item": item,
        "title": item.title,
        "title_notes": _title_notes(item, [item.title, *other_titles]),
        "description": _description(item),
        "share_image": item.posters[0].address if item.posters and item.posters[0].picture else "",
        "other_titles": other_titles,
        "summary": item.text("summary_html"),
        "abstract": item.text("abstract_html"),
        "full_text": full_text(item),
        "place": item.text("place"),
        "placements": list(item.placements.all()),
        "topics": sorted((row.tag for row in item.topic_ties.all()), key=lambda topic: sort_key(str(topic.label))),
        "citations": citations(item, language),
        "json_ld": structured_data.item(item, language),
    }
    return render(request, "archive/item.html", context)


def _description(item: Item) -> str:
    """The text of the page's meta description."""
    if summary := item.text("summary_html"):
        return Truncator(plain_text(str(summary))).chars(DESCRIPTION_LENGTH)
    return _("%(kind)s: %(title)s") % {"kind": item.get_kind_display(), "title": item.title}


def _redirect_merged_item(language: str, pk: int) -> HttpResponse:
    """Redirect permanently to the item that this one was merged into."""
    deletion = Deletion.objects.filter(kind=Deletion.Kind.ITEM, object_id=pk, merged_into__isnull=False).first()
    if deletion is None or not Item.objects.published().filter(pk=deletion.merged_into).exists():
        raise Http404
    return redirect("archive:item", language, deletion.merged_into, permanent=True)


def _other_titles(item: Item) -> list[Text]:
    """The title in the other language, Chinese or English: readers search for the original by it."""
    shown = item.text("title")
    other = item.text("title", HANT.code if shown.language == ENGLISH.code else ENGLISH.code)
    is_different = bool(other) and other.language[:2] != shown.language[:2]
    return [other] if is_different else []


def _title_notes(item: Item, titles: list[Text]) -> list[str]:
    """What readers are told about these titles, each note once."""
    return list(dict.fromkeys(note for title in titles if (note := item.title_note(title))))


def _items_with_details() -> "QuerySet[Item]":
    placements = Placement.objects.public().select_related("issue").order_by("issue__whole", "issue__part")
    related = Item.objects.published().newest_first().with_texts()
    topics = Topic.objects.prefetch_related("translations")
    return (
        Item.objects.published()
        .with_texts()
        .prefetch_related(
            "links",
            "references",
            "figures__translations",
            "corrections__translations",
            Prefetch("placements", placements),
            Prefetch("related", related),
            Prefetch("further_reading", topics),
            "topic_ties__tag__translations",
        )
    )


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:
    """A picture or one of its renditions, if a published item has it."""
    stored = f"pictures/{name}.webp"
    figures = Figure.objects.filter(
        Q(picture=stored) | Q(picture=original_name(stored)), item__in=Item.objects.published()
    )
    if not figures.exists() or not default_storage.exists(stored):
        raise Http404
    response = FileResponse(default_storage.open(stored), content_type="image/webp")
    # The content of a name never changes, but the picture of a withdrawn item must disappear: so not a year.
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Emails show it, too, and people read them on webmail sites.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
