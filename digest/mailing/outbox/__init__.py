"""The outbox: the only place that changes a delivery's state.

    pending -> claimed -> in-data -> sent | deferred | failed | uncertain | pending
    deferred -> claimed ...; pending | deferred -> suppressed | expired; claimed -> pending | suppressed
    by an operator: uncertain | failed | expired -> pending; by what is told later: uncertain -> sent | failed

A sender claims some rows, fences each right before it hands the mail over, and records what came of it. Every change
asks who holds the row and in which state it is, so that a sender that was frozen, killed or overtaken changes nothing.
"""

from digest.mailing.outbox.claiming import (
    Claimed,
    claim,
    has_notices,
    has_work,
    keep_house,
    record_and_fence,
    release,
    release_strays,
    take_back,
)
from digest.mailing.outbox.freezing import start, start_round_up
from digest.mailing.outbox.operating import (
    accounts,
    cancel,
    pause,
    resend_uncertain,
    resume,
    retry_failed,
    settle,
)
from digest.mailing.outbox.post import Holding, check_restore, is_locked, lock, note_fault, note_success, unlock
from digest.mailing.outbox.sql import make_durable

__all__ = [
    "Claimed",
    "Holding",
    "accounts",
    "cancel",
    "check_restore",
    "claim",
    "has_notices",
    "has_work",
    "is_locked",
    "keep_house",
    "lock",
    "make_durable",
    "note_fault",
    "note_success",
    "pause",
    "record_and_fence",
    "release",
    "release_strays",
    "resend_uncertain",
    "resume",
    "retry_failed",
    "settle",
    "start",
    "start_round_up",
    "take_back",
    "unlock",
]
