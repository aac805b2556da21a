"""Print emails of the demo portal as JSON: newsletters in all languages, a monthly one, long words, notices."""

import json
import sys

import django

django.setup()

from django.db import transaction  # noqa: E402

from digest.archive.models import Issue  # noqa: E402  after Django is set up
from digest.mailing import composing  # noqa: E402
from digest.subscriptions.models import Notice, Subscriber  # noqa: E402
from tests.mailing.email_checks import every_mail_checked  # noqa: E402
from tests.mailing.test_composing_hostile import issue_of  # noqa: E402

NOTICES = tuple(Notice.Kind.values)
LANGUAGES = ("zh-hant", "zh-hans", "en", "bilingual")


def main() -> None:
    with every_mail_checked():
        json.dump(mails(), sys.stdout)


def mails() -> dict[str, str]:
    """Return the HTML of emails by name."""
    issues = Issue.objects.filter(number="17")
    made = {language: composing.compose(issues, language).html for language in LANGUAGES}
    made["round-up"] = composing.compose(Issue.objects.published(), "bilingual").html
    made["long words"] = long_words()
    for kind in NOTICES:
        made[kind] = composing.notice(kind, Subscriber(language="bilingual")).html
    return made


def long_words() -> str:
    """Return an email with very long words. Its issue is rolled back."""
    with transaction.atomic():
        mail = composing.compose([issue_of("x" * 500, "99", themes="x" * 500)], "bilingual")
        transaction.set_rollback(True)
    return mail.html


if __name__ == "__main__":
    main()
