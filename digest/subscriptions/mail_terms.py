"""On what terms a mail was made ready for somebody, asked again right before it is handed over."""

import datetime as dt


def terms(secret: str, paused_until: dt.date | None) -> str:
    """What must not have changed meanwhile: a new secret comes with a new address."""
    return f"{secret}{paused_until or ''}"


def terms_sql() -> str:
    """The same in SQL: a query with `id`, `terms` and `is_active` of every subscriber, and without parameters."""
    return (
        "SELECT id, secret || COALESCE(CAST(paused_until AS text), '') AS terms, state = 'active' AS is_active"
        " FROM subscriptions_subscriber"
    )
