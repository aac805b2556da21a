"""States of the rows there are.

What has a time of publication is published. Of the rest, an item that stands in a published issue had been withdrawn by
itself: nothing else hides it there. All others are drafts.
"""

from django.db import migrations
from django.db.models import F
from django.utils import timezone


def fill(apps, schema_editor):
    now = timezone.now()
    Issue, Item = apps.get_model("archive", "Issue"), apps.get_model("archive", "Item")
    for model in (Issue, Item):
        rows = model.objects.filter(published_at__isnull=False)
        rows.update(state="published", updated_at=F("published_at"))
    shown = Issue.objects.filter(state="published").values("placements__item")
    hidden = Item.objects.filter(published_at__isnull=True, pk__in=shown)
    hidden.update(state="withdrawn", withdrawn_at=now, withdrawal="by_itself")
    for model in (Issue, Item):
        model.objects.filter(state__isnull=True).update(state="draft")
    # The number's row is a lock: it is there from the beginning.
    apps.get_model("archive", "Generation").objects.get_or_create(pk=1)


def unfill(apps, schema_editor):
    """Before there were states, what readers do not see had no time of publication."""
    for model in (apps.get_model("archive", "Issue"), apps.get_model("archive", "Item")):
        model.objects.exclude(state="published").update(published_at=None)


class Migration(migrations.Migration):
    dependencies = [("archive", "0002_state_columns")]

    operations = [migrations.RunPython(fill, unfill)]
