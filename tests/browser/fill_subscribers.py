"""Fill a portal with topics and a subscriber of each state. Prints the paths of their pages as JSON."""

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from digest.archive.models import Topic  # noqa: E402
from digest.archive.topic_loader import load_topics  # noqa: E402
from digest.subscriptions import tokens  # noqa: E402
from tests.factories import make_issue, make_subscriber  # noqa: E402


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    load_topics(settings.BASE_DIR / "fixtures" / "topics.json")
    make_issue()
    topics = sorted(Topic.objects.exclude(facet="collection").values_list("pk", flat=True)[:3])
    now = timezone.now()
    pending = make_subscriber(address="pia@farm.example", state="pending", asked_at=now)
    active = make_subscriber(topics=",".join(map(str, topics)), sections="news,data", asked_at=now)
    moving = make_subscriber(address="max@farm.example", new_address="neu@farm.example", asked_at=now)
    left = make_subscriber(address="uwe@farm.example", state="unsubscribed")
    preferences = f"subscribe/preferences/{tokens.make('preferences', active)}/"
    paths = {
        "subscribe": "subscribe/",
        "link": "subscribe/link/",
        "confirm": f"subscribe/confirm/{tokens.make('confirm', pending)}/",
        "already confirmed": f"subscribe/confirm/{tokens.make('confirm', active)}/",
        "not me": f"subscribe/not-me/{tokens.make('not-me', pending)}/",
        "preferences": preferences,
        "preferences of one who left": f"subscribe/preferences/{tokens.make('preferences', left)}/",
        "erase": f"{preferences}erase/",
        "new address": f"subscribe/address/{tokens.make('new-address', moving)}/",
        "a link that does not work": "subscribe/preferences/cut-in-two/",
        "one click": f"../u/{tokens.make('unsubscribe', active)}/",
        "one click, left": f"../u/{tokens.make('unsubscribe', left)}/",
    }
    for code in ("zh-hant", "zh-hans", "en"):  # for confirming and unsubscribing in this language
        row = make_subscriber(address=f"pat-{code}@farm.example", state="pending", language=code, asked_at=now)
        paths[f"to press, {code}"] = f"subscribe/confirm/{tokens.make('confirm', row)}/"
    json.dump({"paths": paths}, sys.stdout)


if __name__ == "__main__":
    main()
