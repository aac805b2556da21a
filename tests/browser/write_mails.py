"""Print the mails of the demo portal as JSON: the issue's in each language, a round-up, and the notices."""

import json
import sys

import django

django.setup()

from digest.archive.models import Issue  # noqa: E402  models can be had once Django is set up
from digest.mailing import composing  # noqa: E402
from digest.subscriptions.models import Notice, Subscriber  # noqa: E402

NOTICES = tuple(Notice.Kind.values)
LANGUAGES = ("zh-hant", "zh-hans", "en", "bilingual")


def main() -> None:
    issues = Issue.objects.filter(number="17")
    mails = {language: composing.compose(issues, language).html for language in LANGUAGES}
    mails["round-up"] = composing.compose(Issue.objects.published(), "bilingual").html
    for kind in NOTICES:
        mails[kind] = composing.notice(kind, Subscriber(language="bilingual")).html
    json.dump(mails, sys.stdout)


if __name__ == "__main__":
    main()
