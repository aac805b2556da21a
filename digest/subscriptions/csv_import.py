"""Import of subscribers from CSV. An import never gives consent: unsubscribed and suppressed addresses stay so.

Existing subscribers keep their state and preferences; only an ended state in the file (`unsubscribed`, `bounced`,
`complained`, `blocked`) is applied. New subscribers with `consented_at` and `consent_text` become active; others are
asked to confirm.

Rows are imported in batches, each in one transaction, so that other requests do not wait for the end of a long file.
An interrupted import can be repeated: subscribers already imported stay unchanged.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from digest.subscriptions import limits, subscribing, unsubscribing
from digest.subscriptions.consent import ConsentSource, record_event
from digest.subscriptions.csv_reader import RowResult, SubscriberRow, read_columns, read_rows
from digest.subscriptions.models import ConsentEvent, Subscriber, Suppression

State = Subscriber.State
_ENDS = (State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED, State.BLOCKED)
_AT_ONCE = 100  # rows in one transaction


@dataclass(frozen=True)
class _RowPlan:
    """What to do with a row: the result's kind, the subscriber's state afterwards ("" for none), and the reason."""

    kind: str
    state: str = ""
    reason: str = ""


def import_csv(text: str, language: str, source: ConsentSource, *, dry_run: bool = False) -> list[RowResult]:
    """Import the rows of a file. `language` is the default language; with `dry_run`, nothing is written.

    Raises UnreadableFile, before anything is written, if any part of the file cannot be read.
    """
    columns = read_columns(text)
    rows = read_rows(text, columns, language)
    results: list[RowResult] = []
    planned: dict[str, str] = {}
    while chunk := list(islice(rows, _AT_ONCE)):
        if dry_run:
            results += _process_rows(chunk, planned, None)
            continue
        with limits.one_at_a_time():
            limits.lock_counters()  # so that nobody subscribes between the check and the insert
            results += _process_rows(chunk, {}, source)
    return results


def _process_rows(
    rows: list[SubscriberRow | RowResult], states: dict[str, str], source: ConsentSource | None
) -> list[RowResult]:
    """Plan each row in order and, if there is a `source`, apply the plan.

    `states` holds the state by address key after the rows before; it is updated.
    """
    csv_rows = [row for row in rows if isinstance(row, SubscriberRow)]
    stored = Subscriber.objects.filter(address_key__in=[csv_row.address.key for csv_row in csv_rows])
    for key, state in stored.values_list("address_key", "state"):
        states.setdefault(str(key), state)
    suppressed = subscribing.suppressed_among(csv_row.address for csv_row in csv_rows)
    results = []
    for row in rows:
        if isinstance(row, RowResult):
            results.append(row)
            continue
        key = row.address.key
        plan = _plan_row(row, states.get(key, ""), is_suppressed=key in suppressed)
        if source:
            _apply(row, plan, source)
        if plan.state:
            states[key] = plan.state
        results.append(RowResult(row.line, plan.kind, plan.reason))
    return results


def _plan_row(csv_row: SubscriberRow, known: str, *, is_suppressed: bool) -> _RowPlan:
    """What to do with a row whose address is `known` in this state ("" if it is unknown)."""
    if known:
        softens = known == State.BOUNCED and csv_row.state == State.UNSUBSCRIBED
        has_ended = csv_row.state in _ENDS and unsubscribing.can_end(known, csv_row.state) and not softens
        state = csv_row.state if has_ended else known
        reason = _("Already on the list: %(state)s.") % {"state": State(state).label}
        return _RowPlan("ended" if has_ended else "kept", state, reason)
    if is_suppressed:
        return _RowPlan("kept out", reason=_("Deleted or blocked: only the owner of the address can resubscribe."))
    if csv_row.state in _ENDS:
        return _RowPlan("added", csv_row.state, _("State: %(state)s.") % {"state": State(csv_row.state).label})
    if not csv_row.address.is_accepted:
        return _RowPlan("kept out", reason=_("We do not send email to addresses of this kind."))
    if csv_row.is_proven:
        return _RowPlan("added", State.ACTIVE)
    return _RowPlan("to confirm", State.PENDING, _("No proof of consent: a confirmation email will be sent."))


def _apply(csv_row: SubscriberRow, plan: _RowPlan, source: ConsentSource) -> None:
    if plan.kind == "to confirm":
        subscribing.request_confirmation(_add(csv_row, State.PENDING, source))
    elif plan.kind == "added" and plan.state == State.ACTIVE:
        _add(csv_row, State.ACTIVE, source, confirmed_at=csv_row.consented_at)
    elif plan.kind == "added":
        _add(csv_row, plan.state, source, ended_at=timezone.now())
        if plan.state == State.BLOCKED:
            unsubscribing.add_suppression(csv_row.address.key, Suppression.Reason.BLOCKED)
    elif plan.kind == "ended" and (row := Subscriber.objects.filter(address_key=csv_row.address.key).first()):
        if plan.state == State.UNSUBSCRIBED:
            unsubscribing.unsubscribe(row, source)
        elif plan.state == State.BLOCKED:
            unsubscribing.block(row, source)
        else:
            unsubscribing.record_bounce_or_complaint(row, plan.state, source)


def _add(csv_row: SubscriberRow, state: str, source: ConsentSource, **times: dt.datetime | None) -> Subscriber:
    address, fields = csv_row.address, csv_row.preferences.as_fields()
    row = Subscriber.objects.create(
        address=address.address,
        address_key=address.key,
        state=state,
        paused_until=csv_row.paused_until,
        **fields,
        **times,
    )
    proof: dict[str, Any] = {
        "consented_at": csv_row.consented_at.isoformat() if csv_row.consented_at else "",
        "state": state,
        "history": csv_row.history,
        "consent_text": csv_row.consent_text,
    }
    record_event(row, ConsentEvent.Kind.IMPORTED, source, detail=proof)
    return row
