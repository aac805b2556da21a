"""The operators' view of sending: every mailing's progress, every mail's fate, and the lock. They press verbs."""

from digest.mailing.admin import deliveries, mailings, outbox, subscribers  # noqa: F401  register themselves
