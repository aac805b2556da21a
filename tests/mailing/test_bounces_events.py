"""What events do to subscriptions and to uncertain mails: each once, in any order [S23]."""

import datetime as dt
import itertools

import pytest
from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.bounces import Event, RecordResult, record_event
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.results import DeliveryResult, DeliveryStatus
from digest.subscriptions import unsubscribing
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import ConsentEvent, Subscriber
from tests.factories import make_subscriber
from tests.mailing.mailbox import held, make_deliveries, make_delivery, make_mailing

pytestmark = pytest.mark.django_db
Kind = MailEvent.Kind
DAY = dt.timedelta(days=1)
START = timezone.now() - 60 * DAY


def tell(delivery: Delivery, kind: MailEvent.Kind, day: float = 0, name: str = "") -> RecordResult:
    return record_event(Event(name or f"{delivery.pk} {kind} {day}", delivery.pk, kind, at=START + day * DAY))


def state_of(subscriber: Subscriber) -> str:
    return Subscriber.objects.values_list("state", flat=True).get(pk=subscriber.pk)


def history(number: int = 4) -> list[Delivery]:
    """That many mailings to one subscriber."""
    subscriber = make_subscriber()
    return [make_delivery(make_mailing(n + 1), subscriber) for n in range(number)]


@pytest.mark.parametrize(("kind", "state"), [(Kind.HARD, "bounced"), (Kind.COMPLAINT, "complained")])
def test_a_hard_bounce_and_a_complaint_end_a_subscription_at_once_with_proof(kind: MailEvent.Kind, state: str) -> None:
    row = make_deliveries(1)[0]
    assert tell(row, kind) is RecordResult.NEW
    assert state_of(row.subscriber) == state
    assert row.subscriber.consent_events.get().kind == state


def test_an_event_told_again_is_known_and_changes_nothing() -> None:
    row = make_deliveries(1)[0]
    tell(row, Kind.HARD, name="same")
    unsubscribing.reinstate(row.subscriber, ConsentSource("admin:ana"))
    assert tell(row, Kind.HARD, name="same") is RecordResult.KNOWN
    assert state_of(row.subscriber) == "active"
    assert MailEvent.objects.count() == 1


@pytest.mark.parametrize("delivery_id", [999_999, 2**63, 10**18])
def test_an_event_of_no_mail_of_ours_is_not_kept(delivery_id: int) -> None:
    assert record_event(Event("x", delivery_id, Kind.HARD)) is RecordResult.NOT_OURS
    assert not MailEvent.objects.exists()


@pytest.mark.parametrize("kind", [Kind.POLICY, Kind.DELIVERED])
def test_policy_never_ends_a_subscription(kind: MailEvent.Kind) -> None:
    rows = history(6)
    for number, row in enumerate(rows):
        tell(row, kind, number * 7)
    assert state_of(rows[0].subscriber) == "active"
    assert MailEvent.objects.count() == 6


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ([0, 7, 14], "bounced"),
        ([0, 7, 13.9], "active"),  # too soon
        ([0, 20], "active"),  # two only
        ([0, 1, 2, 30], "bounced"),
    ],
)
def test_soft_bounces_end_it_after_three_mailings_and_a_fortnight(days: list[float], state: str) -> None:
    rows = history(len(days))
    for row, day in zip(rows, days, strict=True):
        tell(row, Kind.SOFT, day)
    assert state_of(rows[0].subscriber) == state


def test_many_soft_bounces_of_one_mailing_are_one() -> None:
    rows = history(2)
    for day in range(0, 40, 5):
        tell(rows[day % 2], Kind.SOFT, day)
    assert state_of(rows[0].subscriber) == "active"


def test_soft_bounces_of_notices_do_not_count_as_mailings() -> None:
    subscriber = make_subscriber()
    for day in (0, 10, 20):
        tell(make_delivery(None, subscriber, notice_kind="preferences"), Kind.SOFT, day)
    assert state_of(subscriber) == "active"


STORIES = [
    ([(0, Kind.SOFT, 0), (1, Kind.SOFT, 7), (2, Kind.SOFT, 14)], "bounced"),
    ([(0, Kind.SOFT, 0), (1, Kind.DELIVERED, 7), (2, Kind.SOFT, 14), (3, Kind.SOFT, 21)], "active"),
    ([(0, Kind.SOFT, 0), (1, Kind.SOFT, 7), (2, Kind.SOFT, 14), (0, Kind.DELIVERED, 3)], "active"),
    ([(0, Kind.DELIVERED, 0), (1, Kind.SOFT, 1), (2, Kind.SOFT, 8), (3, Kind.SOFT, 15)], "bounced"),
    ([(0, Kind.SOFT, 0), (1, Kind.SOFT, 7), (2, Kind.SOFT, 14), (3, Kind.DELIVERED, 21)], "active"),
    ([(0, Kind.SOFT, 0), (1, Kind.SOFT, 7), (2, Kind.SOFT, 14), (3, Kind.HARD, 2), (0, Kind.DELIVERED, 3)], "bounced"),
    ([(0, Kind.HARD, 0), (1, Kind.COMPLAINT, 1), (2, Kind.DELIVERED, 2), (3, Kind.POLICY, 3)], "complained"),
    ([(0, Kind.DELIVERED, 0), (0, Kind.HARD, 1), (0, Kind.SOFT, 0)], "bounced"),
]


@pytest.mark.parametrize(("story", "state"), STORIES)
def test_in_whatever_order_events_come_the_end_is_the_same(story: list[tuple[int, Kind, int]], state: str) -> None:
    rows = history()
    for order in itertools.permutations(story):
        MailEvent.objects.all().delete()
        Subscriber.objects.update(state="active", ended_at=None)
        for number, kind, day in order:
            tell(rows[number], kind, day)
        assert state_of(rows[0].subscriber) == state, order


def test_what_the_person_said_is_not_overruled_by_a_bounce() -> None:
    row = make_deliveries(1)[0]
    unsubscribing.unsubscribe(row.subscriber, ConsentSource("one-click"))
    tell(row, Kind.HARD)
    assert state_of(row.subscriber) == "unsubscribed"
    tell(row, Kind.COMPLAINT)
    assert state_of(row.subscriber) == "complained"


@pytest.mark.parametrize("kind", ["confirmed", "address", "lifted"])
def test_a_bounce_of_a_mail_from_before_the_address_was_known_to_be_right_ends_nothing(kind: str) -> None:
    row = make_deliveries(1)[0]
    ConsentEvent.objects.create(subscriber=row.subscriber, kind=kind, way="test", at=timezone.now() + DAY)
    assert tell(row, Kind.HARD) is RecordResult.NEW
    assert state_of(row.subscriber) == "active"


def test_a_bounce_from_a_new_address_that_is_not_confirmed_says_nothing_of_the_old_one() -> None:
    row = make_delivery(None, make_subscriber(new_address="typo@farm.example"), notice_kind="new-address")
    assert tell(row, Kind.HARD) is RecordResult.NEW
    assert state_of(row.subscriber) == "active"


def test_events_about_the_erased_are_kept_without_effect() -> None:
    row = make_deliveries(1)[0]
    unsubscribing.erase(row.subscriber, ConsentSource("preferences"))
    assert tell(row, Kind.COMPLAINT) is RecordResult.NEW
    assert state_of(row.subscriber) == "erased"


# --- uncertain mails ---------------------------------------------------------------------------------------------

SETTLED = [
    ([Kind.DELIVERED], "sent"),
    ([Kind.COMPLAINT], "sent"),
    ([Kind.HARD], "failed"),
    ([Kind.SOFT], "failed"),
    ([Kind.POLICY], "failed"),
    ([Kind.DELIVERED, Kind.SOFT], "failed"),
    ([Kind.SOFT, Kind.DELIVERED], "failed"),
]


def fate_of(row: Delivery) -> str:
    return Delivery.objects.values_list("state", flat=True).get(pk=row.pk)


@pytest.mark.parametrize(("kinds", "state"), SETTLED)
def test_events_settle_an_uncertain_mail(kinds: list[MailEvent.Kind], state: str) -> None:
    row = make_deliveries(1, "uncertain")[0]
    for kind in kinds:
        tell(row, kind)
    assert fate_of(row) == state


@pytest.mark.parametrize("state", ["pending", "claimed", "in-data", "sent", "deferred", "failed", "expired"])
@pytest.mark.parametrize("kind", [Kind.DELIVERED, Kind.HARD])
def test_no_other_state_is_changed_by_an_event(state: str, kind: MailEvent.Kind) -> None:
    row = make_deliveries(1, state)[0]
    tell(row, kind)
    assert fate_of(row) == state


@pytest.mark.parametrize(("kind", "state"), [(Kind.DELIVERED, "sent"), (Kind.HARD, "failed"), (None, "uncertain")])
def test_what_was_told_before_the_sender_wrote_its_doubt_down_settles_it(kind: MailEvent.Kind, state: str) -> None:
    row = make_deliveries(1, "in-data")[0]
    if kind:
        tell(row, kind)
    claimed = held(row)
    outbox.record_and_fence("o", [(claimed, DeliveryResult(DeliveryStatus.UNCERTAIN, "lost"))], [])
    assert fate_of(row) == state


@pytest.mark.parametrize(("kind", "state"), [(Kind.DELIVERED, "sent"), (Kind.SOFT, "failed"), (None, "uncertain")])
def test_what_was_told_of_a_mail_whose_sender_died_settles_it(kind: MailEvent.Kind, state: str) -> None:
    row = make_deliveries(1, "in-data")[0]
    if kind:
        tell(row, kind)
    Delivery.objects.update(lease_until=timezone.now() - DAY)
    outbox.run_maintenance()
    assert fate_of(row) == state


def test_a_delivery_told_before_our_own_commit_leaves_the_sender_its_word() -> None:
    row = make_deliveries(1, "in-data")[0]
    tell(row, Kind.DELIVERED)
    claimed = held(row)
    assert outbox.record_and_fence("o", [(claimed, DeliveryResult(DeliveryStatus.SENT, "250 ok"))], []) == (set(), [])
    assert fate_of(row) == "sent"
