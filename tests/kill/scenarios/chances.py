"""Faults by chance, a throttling server, and recipients that cannot be sent to [S11, S12, S13, S14]."""

import contextlib
import datetime as dt
import os
import time

from django.db import OperationalError
from django.db.models import F

from digest.mailing.models import Delivery, Edition, Mailing, OutboxState
from digest.subscriptions.models import Subscriber
from tests.kill import audience
from tests.kill.judge import Result
from tests.kill.scenarios.base import DAY, LIMIT, Scene, line, scene
from tests.kill.workers import Worker, until

# The drops are before the dot: after it nobody could say which of the uncertain were accepted.
RATES = ("RCPT:451@0.1", "RCPT:drop@0.02", "DATA:drop@0.03", "MAIL:421@0.01", "DOT:421@0.01", "DOT:accept-drop@0.01")
FEW = 10  # errors until the sender pauses by itself


def random_faults(short: bool) -> list[Result]:
    number = 400 if short else 10_000
    with scene("S11", number, delay=0) as stage:
        stage.server.fail(*RATES, seed=11)
        for _ in range(200):
            _send_and_let_time_pass(stage)
            stage.judge.sample()
            if audience.is_done(stage.mailing):
                break
        drawn = stage.server.faults.drawn
        stage.server.fail()
        stage.finish(8, rounds=1)
        fault = "10 % 4xx, 5 % drop, 2 % 421, 1 % accept-then-drop"
        result = stage.judge.verdict(line("S11", fault, f"{number:,} mails, 1 × 8 connections"))
        held = drawn["DOT:accept-drop"]
        result.bound = held
        result.note = f"{sum(drawn.values()):,} faults, {held} of them accept-then-drop"
        if not held == result.uncertain == result.accepted:
            result.wrong.append(
                f"{held} accepted and dropped, {result.uncertain} uncertain, {result.accepted} accepted"
            )
        return [result]


def _send_and_let_time_pass(stage: Scene) -> None:
    """One sender, for which the minutes of pauses and of back-off pass in a moment."""
    worker = Worker(stage.server.url, 8)
    until(lambda: not worker.is_alive, LIMIT, step=0.1, each=_let_pauses_pass)
    audience.pass_time(DAY)


def _let_pauses_pass() -> None:
    # The sender writes the same rows at the same time: where the two meet, another time will do.
    with contextlib.suppress(OperationalError):
        audience.pass_pauses(600)


def throttled(short: bool) -> list[Result]:
    number, seconds = (200, 4) if short else (2_000, 600)
    os.environ["MAIL_PAUSE_SECONDS"] = "6"  # long enough to be seen before it is over, on a busy machine too
    with scene("S12", number, delay=0.01) as stage:
        worker = Worker(stage.server.url, 8)
        until(lambda: stage.server.ledger.count > number // 10, 60)
        stage.server.fail("RCPT:454")
        drawn = stage.server.faults.drawn
        until(lambda: OutboxState.objects.filter(paused_until__isnull=False).exists(), 60)
        until(lambda: not Delivery.objects.filter(mailing=stage.mailing, state="in-data").exists(), 60)
        before_pause = drawn["RCPT:454"]
        time.sleep(seconds)
        refusals = drawn["RCPT:454"]
        charged = Delivery.objects.filter(mailing=stage.mailing, state="pending", attempts__gt=0).count()
        stage.server.fail()
        until(lambda: not worker.is_alive, 120 + 2 * seconds, step=0.05)  # alone
        stage.judge.sample()
        fault = f"454 for {seconds} s"
        result = stage.judge.verdict(line("S12", fault, f"{number:,} mails, 1 × 8 connections"))
        result.note = f"paused after {before_pause} refusals, {refusals} in all"
        if before_pause >= FEW:
            result.wrong.append(f"{before_pause} refusals before it paused")
        if charged:
            result.wrong.append(f"{charged} recipients were charged with the server's fault")
        return [result]


def never_back(short: bool) -> list[Result]:
    """A server that is away for longer than mails live: all are given up, and nobody's address is blamed [S13]."""
    number, faults = (60, 2) if short else (500, 12)
    with scene("S13", number) as stage:
        stage.server.fail("CONNECT:421")
        worker = Worker(stage.server.url, 8)
        for fault in range(1, faults + 1):
            until(lambda: OutboxState.objects.filter(faults__gte=fault).exists(), 60, each=_let_pauses_pass)  # noqa: B023
            stage.judge.sample()
        Mailing.objects.filter(pk=stage.mailing.pk).update(expires_at=F("expires_at") - dt.timedelta(seconds=DAY))
        code = worker.wait(LIMIT)
        result = line("S13", "away for longer than a mail lives", f"{number:,} mails, 1 × 8 connections")
        stage.judge.verdict(result, expired=number)
        told = worker.log.read_text(errors="replace").count("deliveries expired")
        blamed = Delivery.objects.filter(mailing=stage.mailing).exclude(attempts=0).count()
        ended = Subscriber.objects.filter(deliveries__mailing=stage.mailing).exclude(state="active").count()
        result.note = f"all expired after {faults} pauses; the operator told {told} time"
        if code or told != 1 or blamed or ended:
            result.wrong.append(f"exit code {code}, told {told} times, {blamed} tried, {ended} no longer active")
        return [result]


def poison(short: bool) -> list[Result]:
    number = 150 if short else 5_000
    with scene("S14", number) as stage:
        victims = list(
            Subscriber.objects.filter(deliveries__mailing=stage.mailing).order_by("pk")[: number : number // 5]
        )
        odd = ["ü{}@farm.example", "a{}@farm.example>\r\nRCPT TO:<b@farm.example", "refused-{}@farm.example"]
        for victim, address in zip(victims, odd, strict=False):
            made = address.format(victim.pk)
            Subscriber.objects.filter(pk=victim.pk).update(address=made, address_key=made)
        stage.server.fail("RCPT:550/refused-", "DOT:554/" + victims[3].address)
        _break_edition(stage, victims[4])
        code = Worker(stage.server.url, 8).wait(LIMIT)
        stage.finish(8)
        result = stage.judge.verdict(line("S14", "5 poison recipients", f"{number:,} mails"), refused=5)
        reasons = Delivery.objects.filter(mailing=stage.mailing, state="failed").values_list("subscriber", "reply")
        if {pk for pk, reason in reasons if reason} != {victim.pk for victim in victims}:
            result.wrong.append(f"not the five that should: {list(reasons)}")
        if code:
            result.wrong.append(f"the sender ended with exit code {code}")
        return [result]


def _break_edition(stage: Scene, victim: Subscriber) -> None:
    """A frozen mail that cannot be read any more, for one person alone."""
    edition = Edition.objects.filter(mailing=stage.mailing).first()
    assert edition
    edition.pk, edition.selection, edition.mime_template = None, "broken", b"no pieces"
    edition.save(force_insert=True)
    Delivery.objects.filter(mailing=stage.mailing, subscriber=victim).update(edition=edition)
