"""The admin of subscribers and suppressions. Operators can end and correct subscriptions, but cannot give consent."""

from digest.subscriptions.admin import subscribers, suppressions  # noqa: F401  registers admin classes
