"""Fill an empty portal with the demo archive and an item with edge cases. Prints the paths of pages."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402  after Django is set up
from django.db.models import Count  # noqa: E402

from digest.archive.models import Item, ItemTranslation, Placement, Reference, Source, Topic  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.factories import announce_change  # noqa: E402

LONG = "Supercalifragilistic" * 12
HARD = f"""
## A heading with a [link](https://example.org/{"a" * 150})

One note.[^1] Another.[^2] The first again.[^1] Cited [@1], by page [@2:38], and again [@1].

[[figure:1]]

| Crop | Yield | {"Very wide column " * 6} |
|:-----|------:|:---:|
| rice | 1.5   | {"x" * 60} |

    code that is not broken {"= " * 80}

> {LONG}

[^1]: A first note.
[^2]: A second note, with `code`.
"""
NOTED = f"Noted.[^1] {LONG}\n\n{'- item ' * 3}\n\n[^1]: Of *this* text."
TEXTS = {
    "en": {"title": f"A hard case {LONG}", "summary": NOTED, "abstract": NOTED, "body": HARD, "place": LONG},
    "zh-hant": {"title": f"難題{LONG}", "summary": NOTED, "abstract": NOTED, "body": HARD, "place": LONG},
}


def make_hard_item() -> Item:
    source = make.make_source(LONG, name_zh=f"難{LONG[:150]}")
    item = make.make_item("policy", texts=TEXTS, source=source, doi=f"10.1/{'d' * 150}", authors=f"{LONG}\nA B")
    make.make_link(item, url=f"https://{'sub-domain.' * 10}example.org/{'p' * 300}")
    make.make_link(item, "data", "")
    make.make_correction(item)
    make.make_figure(item, "figure", size=None)
    for number in (1, 2, 3):
        Reference.objects.create(item=item, number=number, text=f"Someone. {LONG}" if number < 3 else "")
    announce_change([item])
    return item


def paths() -> dict[str, str]:
    """Return the paths of pages after the language, by name."""
    items = Item.objects.published().order_by("pk")
    role = Placement.Role
    new = {item.kind: item for item in items.filter(placements__role=role.NEW).reverse()}
    paper = ItemTranslation.objects.exclude(body="").earliest("pk").owner
    topic = Topic.objects.exclude(facet="collection").annotate(size=Count("item_ties")).order_by("-size", "pk")[0]
    source = Source.objects.annotate(size=Count("items")).order_by("-size", "pk")[0]
    return {
        "home": "",
        "issues": "issues/",
        "issue": "issues/17/",
        "partial issue": "issues/13-2/",
        "bilingual": "issues/17/bilingual/",
        **{kind: f"items/{item.pk}/" for kind, item in new.items()},
        "promoted": f"items/{items.filter(placements__role=role.PROMOTED).first().pk}/",
        "look-back": f"items/{items.filter(placements__role=role.LOOK_BACK).first().pk}/",
        "paper": f"items/{paper.pk}/",
        "section": "sections/research/",
        "second page": "sections/research/?page=2",
        "events": "events/",
        "topics": "topics/",
        "about": "about/",
        "topic": f"topics/{topic.slug}/",
        "collection": f"topics/{Topic.objects.filter(facet='collection').first().slug}/",
        "source": f"sources/{source.slug}/",
        "missing": "no/such/page/",
        "hard": f"items/{make_hard_item().pk}/",
    }


def main() -> None:
    call_command("demo", stdout=sys.stderr)
    json.dump({"paths": paths()}, sys.stdout)


if __name__ == "__main__":
    main()
