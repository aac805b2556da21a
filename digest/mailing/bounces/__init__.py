"""Bounces, complaints and delivery reports, received by email or from a provider's webhook.

reports.py   parses a message: delivery status notifications (RFC 3464) and feedback reports (RFC 5965)
statuses.py  classifies bounces by their status code (RFC 3463)
events.py    records each event once, in any order, and its effects in the same transaction
"""

from digest.mailing.bounces import statuses
from digest.mailing.bounces.events import Event, RecordResult, record_event, record_events
from digest.mailing.bounces.receiving import receive

__all__ = ["Event", "RecordResult", "receive", "record_event", "record_events", "statuses"]
