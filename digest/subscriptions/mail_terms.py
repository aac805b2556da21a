"""The subscriber's values that an email was prepared with, compared again right before it is sent."""

import datetime as dt


def terms(secret: str, paused_until: dt.date | None) -> str:
    """What must not have changed since: the secret (which changes with the address) and the pause."""
    return f"{secret}{paused_until or ''}"


def terms_sql() -> str:
    """The same in SQL: a query without parameters for `id`, `terms` and `is_active` of all subscribers."""
    return (
        "SELECT id, secret || COALESCE(CAST(paused_until AS text), '') AS terms, state = 'active' AS is_active"
        " FROM subscriptions_subscriber"
    )
