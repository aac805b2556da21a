"""The admin of mailings, deliveries, delivery reports, and the lock of the outbox."""

from digest.mailing.admin import deliveries, mailings, outbox, subscribers  # noqa: F401  register themselves
