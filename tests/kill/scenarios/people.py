"""Subscribers who leave, operators who change their mind, and a button pressed fifty times [S15, S16, S17]."""

import email
import email.policy
import hashlib
import multiprocessing
import random
import re
import threading
import time
from collections import Counter
from typing import Any

from django.db import connection, connections

from digest.archive.models import Issue, IssueTranslation, ItemTranslation
from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import Subscriber
from digest.subscriptions.unsubscribing import unsubscribe
from tests.concurrency import at_once
from tests.factories import make_issue, make_item, make_placement
from tests.kill import audience
from tests.kill.judge import Result
from tests.kill.scenarios.base import LIMIT, line, scene
from tests.kill.workers import Worker, until

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def leaving(short: bool) -> list[Result]:
    number, leavers = (400, 80) if short else (10_000, 2_000)
    with scene("S15", number, delay=0.004) as stage:
        audience.keep_diary()
        worker = Worker(stage.server.url, 4)
        people = list(Subscriber.objects.filter(deliveries__mailing=stage.mailing))
        for person in stage.chance.sample(people, leavers):
            unsubscribe(person, ConsentSource("one-click"))
            audience.note_end(person)
            # Spread over the run: the share of those who left keeps pace with the share of mails that went.
            until(lambda: stage.events / leavers <= 1 - stage.left / number or not worker.is_alive, 60)
            stage.events += 1
        worker.wait(LIMIT)
        stage.finish(4)
        suppressed = Delivery.objects.filter(mailing=stage.mailing, state="suppressed").count()
        load = f"{number:,} mails, 1 × 4 connections"
        result = stage.judge.verdict(line("S15", f"{leavers:,} unsubscribe meanwhile", load), suppressed=suppressed)
        result.note = f"{suppressed:,} of them in time"
        if late := audience.claimed_after_end():
            result.wrong.append(f"{len(late)} taken up for sending after they had left")
        active = Delivery.objects.filter(mailing=stage.mailing, state="suppressed", subscriber__state="active")
        if active.exists() or not suppressed:
            result.wrong.append(f"{active.count()} left out who had not left; {suppressed} left out in all")
        return [result]


# --- operators -----------------------------------------------------------------------------------------------------


def operating(short: bool) -> list[Result]:
    number, presses = (300, 20) if short else (5_000, 100)
    return [_pressed(number, presses), _cancelled(number)]


def _pressed(number: int, presses: int) -> Result:
    with scene("S16", number, delay=0.004) as stage:
        stage.server.offer.keep = max(1, number // 60)
        crew = stage.crew(1 if connection.vendor == "sqlite" else 2, 4)
        admins = [threading.Thread(target=_press, args=(stage.mailing.pk, presses // 2, seed)) for seed in (1, 2)]
        for admin in admins:
            admin.start()
        while any(admin.is_alive() for admin in admins):
            crew.tend()
            stage.judge.sample()
            time.sleep(0.05)
        outbox.resume(stage.mailing)
        stage.finish(4)
        load = f"{number:,} mails, {len(crew.workers)} × 4 connections"
        result = stage.judge.verdict(line("S16", f"{presses} × pause, resume, edit by two", load))
        contents = Counter(content_hash(message) for _, message in stage.server.kept)
        result.note = f"{len(stage.server.kept)} mails compared, {len(contents)} content"
        if len(contents) != 1:
            result.wrong.append(f"{len(contents)} different contents")
        return result


def _press(mailing_id: int, times: int, seed: int) -> None:
    """One admin: pauses, resumes, and edits the issue that is on its way."""
    chance = random.Random(seed)
    mailing = Mailing.objects.get(pk=mailing_id)
    for number in range(times):
        chance.choice([outbox.pause, outbox.resume])(mailing)
        if chance.random() < 0.3:
            changed = f"Changed {seed} {number}"
            IssueTranslation.objects.filter(owner_id=mailing.issue_id).update(themes=changed, intro_html=changed)
            ItemTranslation.objects.filter(owner__issues=mailing.issue_id).update(title=changed)
        time.sleep(chance.random() * 0.1)
    connections.close_all()


def _cancelled(number: int) -> Result:
    with scene("S16c", number, delay=0.004) as stage:
        senders = 1 if connection.vendor == "sqlite" else 2
        crew = stage.crew(senders, 4)
        until(lambda: stage.server.ledger.count > number // 4, 60)
        outbox.cancel(stage.mailing)
        count = stage.server.ledger.count
        until(lambda: not any(worker.is_alive for worker in crew.workers), 60)
        late = stage.server.ledger.count - count
        stage.finish(4)
        rest = number - stage.server.ledger.count
        load = f"{number:,} mails, {senders} × 4 connections"
        result = stage.judge.verdict(line("S16", "cancelled in the middle", load), suppressed=rest)
        result.note = f"{late} mails after it, {rest:,} never"
        if late > senders * 4:
            result.wrong.append(f"{late} mails after it was cancelled")
        return result


def content_hash(message: bytes) -> str:
    """Of what the parts say, with each person's own tokens left out."""
    parsed: Any = email.message_from_bytes(message.replace(b"\r\n..", b"\r\n."), policy=email.policy.default)
    parts = [part.get_content() for part in parsed.walk() if part.get_content_maintype() == "text"]
    return hashlib.sha256(_TOKEN.sub("token", "\0".join(parts)).encode()).hexdigest()


# --- a button pressed fifty times ----------------------------------------------------------------------------------


def double_click(short: bool) -> list[Result]:
    number, presses = (300, 50) if short else (5_000, 50)
    since = time.monotonic()
    audience.enlist(number)
    issue = make_issue("17")
    make_placement(make_item(), issue)
    connections.close_all()
    context = multiprocessing.get_context("fork")
    answers: Any = context.Queue()
    processes = [context.Process(target=_click, args=(issue.pk, presses // 2, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    given = [answers.get(timeout=300) for _ in range(presses)]
    for process in processes:
        process.join()
    result = line("S17", f"start × {presses} at once, 2 processes", f"{number:,} subscribers")
    mailings = list(Mailing.objects.filter(issue=issue))
    result.note = f"{len(mailings)} mailing"
    if len(mailings) != 1 or {str(mailings[0].pk)} != set(given):
        result.wrong.append(f"{len(mailings)} mailings; answers {Counter(given)}")
    rows = Delivery.objects.filter(mailing__in=mailings).count()
    if {rows, *(mailing.audience for mailing in mailings)} != {number}:
        result.wrong.append(f"{rows} rows for {number} subscribers")
    result.seconds = round(time.monotonic() - since, 1)
    return [result]


def _click(issue_id: int, times: int, answers: Any) -> None:
    issue = Issue.objects.get(pk=issue_id)
    for answer in at_once([lambda: outbox.start(issue)] * times):
        answers.put(str(answer.pk) if isinstance(answer, Mailing) else f"{type(answer).__name__}: {answer}")
