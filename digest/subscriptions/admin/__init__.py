"""The operators' view of subscribers: they see, end and correct; they never raise anybody's consent."""

from digest.subscriptions.admin import subscribers, suppressions  # noqa: F401  they register
