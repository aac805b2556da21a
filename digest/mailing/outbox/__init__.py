"""The outbox: the only code that changes the state of a delivery.

    pending -> claimed -> in-data -> sent | deferred | failed | uncertain | pending
    deferred -> claimed ...; pending | deferred -> suppressed | expired; claimed -> pending | suppressed
    by an operator: uncertain | failed | expired -> pending; by a later bounce or report: uncertain -> sent | failed
    by the command mark_sent, after a restore: pending -> sent

A sender claims rows, fences each one right before it sends the message, and records the result. Every change checks
the row's owner and state, so that a sender that was suspended, killed or overtaken changes nothing.
"""

from digest.mailing.outbox.claiming import (
    Claimed,
    claim,
    has_notices,
    has_work,
    record_and_fence,
    release,
    release_orphaned_claims,
    run_maintenance,
    undo_fences,
)
from digest.mailing.outbox.freezing import start, start_round_up
from digest.mailing.outbox.operations import (
    cancel,
    counts_by_state,
    pause,
    resend_uncertain,
    resolve_uncertain,
    resume,
    retry_failed,
)
from digest.mailing.outbox.sql import make_durable
from digest.mailing.outbox.state import (
    InFlightFile,
    check_restore,
    is_locked,
    lock,
    record_fault,
    record_success,
    unlock,
)

__all__ = [
    "Claimed",
    "InFlightFile",
    "cancel",
    "check_restore",
    "claim",
    "counts_by_state",
    "has_notices",
    "has_work",
    "is_locked",
    "lock",
    "make_durable",
    "pause",
    "record_and_fence",
    "record_fault",
    "record_success",
    "release",
    "release_orphaned_claims",
    "resend_uncertain",
    "resolve_uncertain",
    "resume",
    "retry_failed",
    "run_maintenance",
    "start",
    "start_round_up",
    "undo_fences",
    "unlock",
]
