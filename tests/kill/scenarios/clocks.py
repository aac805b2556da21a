"""Two senders, of which one has a wrong clock: only the database's counts [S18]."""

from digest.mailing.models import Delivery
from digest.subscriptions.models import Notice
from tests.kill import audience
from tests.kill.judge import Result
from tests.kill.scenarios.base import DAY, LIMIT, line, scene
from tests.kill.workers import Worker, until

CLOCKS = {
    "an hour fast": "clock:3600",
    "an hour slow": "clock:-3600",
    "a day fast": "clock:86400",
    "put back by 10 min meanwhile": "clock:-600:1",
}
WAITING = 20  # notices that the server defers meanwhile, and that a fast clock would give up


def skewed(short: bool) -> list[Result]:
    number = 150 if short else 5_000
    return [_skewed(number, name, way) for name, way in list(CLOCKS.items())[2 if short else 0 : 3 if short else 4]]


def _skewed(number: int, name: str, way: str) -> Result:
    with scene("S18", number, delay=0.004) as stage:
        people = audience.enlist(WAITING, prefix=f"wait-{stage.mailing.pk}-")
        Notice.objects.bulk_create(Notice(subscriber=person, kind=Notice.Kind.PREFERENCES) for person in people)
        notices = Delivery.objects.filter(notice_kind=Notice.Kind.PREFERENCES, subscriber__in=people)
        stage.server.fail("RCPT:451/wait-")
        crews = [stage.crew(1, 2), stage.crew(1, 2, way)]
        until(lambda: stage.server.ledger.count >= number // 2, LIMIT)
        early = notices.filter(attempts__gt=1).count()
        stage.finish(2, rounds=1, way=way)
        load = f"{number:,} mails, 2 × 2 connections"
        result = stage.judge.verdict(line("S18", f"one sender's clock is {name}", load))
        if sum(crew.odd_ends for crew in crews) or early:
            result.wrong.append(f"{early} of {WAITING} tried again too early")
        stage.server.fail()
        audience.pass_time(DAY)
        Worker(stage.server.url, 2, way).wait(LIMIT)
        arrived = notices.filter(state=Delivery.State.SENT).count()
        result.note = f"{arrived} of {WAITING} deferred notices sent when they were due"
        if arrived != WAITING:
            result.wrong.append(f"{WAITING - arrived} notices were given up before their time")
        return result
