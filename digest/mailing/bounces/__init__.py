"""What comes back of mails, by mail or by a provider's webhook, and what follows from it.

reports.py   reads a message: RFC 3464's delivery reports and RFC 5965's complaints, and nothing else
statuses.py  judges by status code (RFC 3463), never by words
events.py    keeps each event once, in any order, with its effect in the same transaction
"""

from digest.mailing.bounces import statuses
from digest.mailing.bounces.events import Event, RecordResult, take, take_all
from digest.mailing.bounces.receiving import receive

__all__ = ["Event", "RecordResult", "receive", "statuses", "take", "take_all"]
