"""The header fields of newsletters and notices (RFC 5322, 2369, 2919, 3834, 8058)."""

import datetime as dt
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from digest.mailing import header_fields
from digest.mailing.message_ids import site_host
from digest.mailing.mime_template import slot
from digest.mailing.rendering import subscription_urls
from digest.mailing.rendering.localized_text import MailLanguages

Headers = list[tuple[str, str]]


def newsletter(subject: str, languages: MailLanguages, date: dt.datetime, campaign: str) -> Headers:
    """Headers of a newsletter. `campaign` is what Gmail's feedback loop groups complaints by, e.g. `issue-17`."""
    archive = f"<{settings.SITE_URL}/{languages.main.code}/issues/>"
    return [
        *_common(subject, languages, date),
        ("List-Id", f"{header_fields.phrase(settings.MAIL_FROM_NAME)} <digest.{site_host()}>"),
        ("List-Unsubscribe", f"<{subscription_urls.unsubscribe()}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Archive", archive),
        *([("List-Help", f"<mailto:{settings.CONTACT_EMAIL}>")] if settings.CONTACT_EMAIL else []),
        ("List-Post", "NO"),
        ("Feedback-ID", f"{campaign}:{languages.main.code}:newsletter:{settings.MAIL_FEEDBACK_ID}"),
        ("Precedence", "bulk"),
    ]


def notice(subject: str, languages: MailLanguages, date: dt.datetime, kind: str) -> Headers:
    return [
        *_common(subject, languages, date),
        ("Auto-Submitted", "auto-generated"),
        ("Feedback-ID", f"{kind}:{languages.main.code}:notice:{settings.MAIL_FEEDBACK_ID}"),
    ]


def _common(subject: str, languages: MailLanguages, date: dt.datetime) -> Headers:
    return [
        ("From", header_fields.mailbox(settings.MAIL_FROM_NAME, settings.MAIL_FROM)),
        ("To", slot("to")),
        *([("Reply-To", settings.CONTACT_EMAIL)] if settings.CONTACT_EMAIL else []),
        ("Subject", subject),
        ("Date", format_datetime(timezone.localtime(date))),
        ("Message-ID", slot("message_id")),
        ("Content-Language", ", ".join(language.tag for language in languages.languages)),
    ]
