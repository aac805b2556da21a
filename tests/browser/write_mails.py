"""Print the mails of the demo portal as JSON: the issue's in each language, and the notices."""

import json
import sys

import django

django.setup()

from digest.archive.models import Issue  # noqa: E402  models can be had once Django is set up
from digest.mailing import composing  # noqa: E402
from digest.subscriptions.models import Notice, Subscriber  # noqa: E402

LANGUAGES = ("zh-hant", "zh-hans", "en", "bilingual")


def main() -> None:
    issues = Issue.objects.filter(number="17")
    mails = {language: composing.compose(issues, language).html for language in LANGUAGES}
    for kind in Notice.Kind.values:
        mails[kind] = composing.notice(kind, Subscriber(language="bilingual")).html
    json.dump(mails, sys.stdout)


if __name__ == "__main__":
    main()
