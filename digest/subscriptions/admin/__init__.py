"""The operators' view of subscribers: they see, end and correct; they never raise anybody's consent."""

from digest.subscriptions.admin import subscribers  # noqa: F401  registers
