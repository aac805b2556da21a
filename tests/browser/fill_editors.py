"""Fill an empty portal with the demo archive and an editor. Prints the password and ids of some rows."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402  after Django is set up

from digest.archive.models import Figure, Issue, Item, Placement  # noqa: E402
from digest.editorial.demo import reset_editor_password  # noqa: E402

PASSWORD = "only-for-browser-tests"


def main() -> None:
    call_command("demo", stdout=sys.stderr)
    reset_editor_password(PASSWORD)
    event = Item.objects.filter(placements__role=Placement.Role.PROMOTED).earliest("pk")
    rows = {
        "issue": Issue.objects.get(number="17").pk,
        "item": event.pk,
        "figure": Figure.objects.get(item=event).pk,
        "text": event.written("en").pk,
    }
    json.dump({"password": PASSWORD, "rows": rows}, sys.stdout)


if __name__ == "__main__":
    main()
