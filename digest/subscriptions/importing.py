"""Subscribers from CSV, row by row. An import never raises consent: who left or was kept out stays so.

Who is known already keeps state and choices; only an end that the file tells of (`unsubscribed`, `bounced`,
`complained`, `blocked`) is taken over. Who is new and comes with `consented_at` and `consent_text` is active; others
are asked to confirm.

Some rows at a time are one transaction, so that nobody waits for the end of a long file. An import that was broken off
is run again: who is in already is kept as is.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from digest.subscriptions import joining, leaving, limits
from digest.subscriptions.consent import Way, record
from digest.subscriptions.csv_rows import Entry, Outcome, read_columns, read_rows
from digest.subscriptions.models import ConsentEvent, Subscriber, Suppression

State = Subscriber.State
_ENDS = (State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED, State.BLOCKED)
_AT_ONCE = 100  # rows of one transaction


@dataclass(frozen=True)
class _Fate:
    """What is to become of a row: its `kind`, the state of the subscriber after it ("" for none), and why."""

    kind: str
    state: str = ""
    reason: str = ""


def import_csv(text: str, language: str, way: Way, *, is_dry: bool = False) -> list[Outcome]:
    """Import the rows of a file; `language` is for those that name none. `is_dry`: nothing is written.

    Raises NotReadable, before anything is written, if a part of the file cannot be read.
    """
    columns = read_columns(text)
    rows = read_rows(text, columns, language)
    outcomes: list[Outcome] = []
    planned: dict[str, str] = {}
    while chunk := list(islice(rows, _AT_ONCE)):
        if is_dry:
            outcomes += _go_through(chunk, planned, None)
            continue
        with limits.turn():
            limits.queue_up()  # nobody subscribes between the look and the deed
            outcomes += _go_through(chunk, {}, way)
    return outcomes


def _go_through(rows: list[Entry | Outcome], states: dict[str, str], way: Way | None) -> list[Outcome]:
    """Judge rows one after the other and, by a `way`, do what follows.

    `states`, by address key, hold what earlier rows would have made; they are brought up to date.
    """
    entries = [row for row in rows if isinstance(row, Entry)]
    stored = Subscriber.objects.filter(address_key__in=[entry.address.key for entry in entries])
    for key, state in stored.values_list("address_key", "state"):
        states.setdefault(str(key), state)
    kept_out = joining.suppressed_among(entry.address for entry in entries)
    outcomes = []
    for row in rows:
        if isinstance(row, Outcome):
            outcomes.append(row)
            continue
        key = row.address.key
        fate = _judge(row, states.get(key, ""), is_kept_out=key in kept_out)
        if way:
            _do(row, fate, way)
        if fate.state:
            states[key] = fate.state
        outcomes.append(Outcome(row.line, fate.kind, fate.reason))
    return outcomes


def _judge(entry: Entry, known: str, *, is_kept_out: bool) -> _Fate:
    """What follows from a row, where the address is `known` in this state ("" for not at all)."""
    if known:
        softens = known == State.BOUNCED and entry.state == State.UNSUBSCRIBED
        has_ended = entry.state in _ENDS and leaving.ends(known, entry.state) and not softens
        state = entry.state if has_ended else known
        reason = _("Known already: %(state)s.") % {"state": State(state).label}
        return _Fate("ended" if has_ended else "kept", state, reason)
    if is_kept_out:
        return _Fate("kept out", reason=_("Erased or blocked: only the address’s owner can come back."))
    if entry.state in _ENDS:
        return _Fate("added", entry.state, _("As %(state)s.") % {"state": State(entry.state).label})
    if not entry.address.is_served:
        return _Fate("kept out", reason=_("This address is one that we do not write to."))
    if entry.is_proven:
        return _Fate("added", State.ACTIVE)
    return _Fate("to confirm", State.PENDING, _("Without proof of consent: a mail asks for confirmation."))


def _do(entry: Entry, fate: _Fate, way: Way) -> None:
    if fate.kind == "to confirm":
        joining.notify_pending(_add(entry, State.PENDING, way))
    elif fate.kind == "added" and fate.state == State.ACTIVE:
        _add(entry, State.ACTIVE, way, confirmed_at=entry.consented_at)
    elif fate.kind == "added":
        _add(entry, fate.state, way, ended_at=timezone.now())
        if fate.state == State.BLOCKED:
            leaving.keep_out(entry.address.key, Suppression.Reason.BLOCKED)
    elif fate.kind == "ended" and (row := Subscriber.objects.filter(address_key=entry.address.key).first()):
        if fate.state == State.UNSUBSCRIBED:
            leaving.unsubscribe(row, way)
        elif fate.state == State.BLOCKED:
            leaving.block(row, way)
        else:
            leaving.suppress(row, fate.state, way)


def _add(entry: Entry, state: str, way: Way, **times: dt.datetime | None) -> Subscriber:
    address, fields = entry.address, entry.choices.as_fields()
    row = Subscriber.objects.create(
        address=address.address,
        address_key=address.key,
        state=state,
        paused_until=entry.paused_until,
        **fields,
        **times,
    )
    proof: dict[str, Any] = {
        "consented_at": entry.consented_at.isoformat() if entry.consented_at else "",
        "state": state,
        "history": entry.history,
        "consent_text": entry.consent_text,
    }
    record(row, ConsentEvent.Kind.IMPORTED, way, detail=proof)
    return row
