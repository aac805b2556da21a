from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Left, Substr

# What the column `reply` said so far where the portal itself spoke: in these words and no others ...
WHOLE = {
    "left or paused before it was sent": "left",
    "nothing of what was chosen": "not-chosen",
    "the mailing was cancelled": "cancelled",
    "its sender ended in the middle": "sender-ended",
    "was uncertain; it arrived, as was told later": "arrived",
    "was uncertain; it came back, as was told later": "came-back",
    "kept on this machine": "kept",
}
# ... or in these, with what the system said behind them, which stays. A server's reply begins otherwise.
BEGINNINGS = {
    "no connection: ": "no-connection",
    "connection lost at ": "lost",
    "connection lost after the final dot: ": "lost-at-end",
    "could not be written: ": "not-written",
}


def fill(apps: Any, schema_editor: Any) -> None:
    """Name the reasons. Any other reply stays as it is."""
    rows = apps.get_model("mailing", "Delivery").objects.using(schema_editor.connection.alias)
    for words, reason in WHOLE.items():
        rows.filter(reply=words).update(reason=reason, reply="")
    for words, reason in BEGINNINGS.items():
        rows.filter(reply__startswith=words).update(reason=reason, reply=Substr("reply", len(words) + 1))


def empty(apps: Any, schema_editor: Any) -> None:
    """Back to sentences, for the code before."""
    rows = apps.get_model("mailing", "Delivery").objects.using(schema_editor.connection.alias)
    for words, reason in WHOLE.items():
        rows.filter(reason=reason).update(reason="", reply=words)
    for words, reason in BEGINNINGS.items():
        rows.filter(reason=reason).update(reason="", reply=Left(Concat(Value(words), "reply"), 500))


class Migration(migrations.Migration):
    dependencies = [("mailing", "0002_delivery_reason")]

    operations = [migrations.RunPython(fill, empty)]
