"""`manage.py tidy_subscribers`: for cron, once an hour."""

from typing import Any

from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.subscriptions.maintenance import run_maintenance


class Command(LocalizedCommand):
    help = "Remind unconfirmed subscribers, erase them after seven days, and delete old counts and tokens."

    def handle(self, *args: Any, **options: Any) -> None:
        told = _(
            "%(reminded)s reminded; %(forgotten)s unconfirmed deleted; %(counts)s old counts and "
            "%(tokens)s form tokens removed."
        )
        self.stdout.write(told % run_maintenance())
