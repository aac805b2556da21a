"""The old site's readers and its mails, made with the verbs of commit c96d6a8: see make.py."""

import csv
import re
import time
import uuid
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from digest.editorial import demo_readers
from digest.mailing import bounces, outbox
from digest.mailing.bounces.events import Event, take
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.outcomes import Fate, Letter, Outcome
from digest.mailing.sender import Sender
from digest.subscriptions import choosing, joining, leaving, tokens
from digest.subscriptions.addresses import canonical
from digest.subscriptions.choices import Choices
from digest.subscriptions.consent import Way
from digest.subscriptions.models import Subscriber
from tests.mailing.bounce_styles import Returned, postfix
from tests.upgrade import questions
from tests.upgrade.portal import ROOT

LINK = re.compile(r"/(?:u|[a-z-]+/subscribe/[a-z-]+)/[A-Za-z0-9_-]{43}/")
# Readers of the demo whose choices come to few editions: those are what makes the file large.
LEFT_OUT = ("ministry", "tea-hill", "greenhouse", "seed-bank", "delta", "exchange", "example.com")
LOST = Outcome(Fate.UNCERTAIN, "connection lost after the final dot: no answer in time", is_lost=True)
SENT = Outcome(Fate.SENT, "250 2.0.0 taken")


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


def make_readers(folder: Path) -> None:
    rows = list(csv.reader((ROOT / "fixtures/demo/subscribers.csv").open(encoding="utf-8")))
    kept = folder / "subscribers.csv"
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


def make_mails(folder: Path) -> dict[str, Any]:
    make_readers(folder)
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
