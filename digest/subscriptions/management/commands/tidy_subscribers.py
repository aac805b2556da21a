"""`manage.py tidy_subscribers`: for cron, once an hour."""

from typing import Any

from django.core.management.base import BaseCommand

from digest.subscriptions.housekeeping import tidy


class Command(BaseCommand):
    help = "Remind those who have not confirmed, forget them after seven days, and remove old counts and tokens."

    def handle(self, *args: Any, **options: Any) -> None:
        done = tidy()
        self.stdout.write(
            f"{done['reminded']} reminded, {done['forgotten']} forgotten unconfirmed; "
            f"removed {done['counts']} old counts and {done['tokens']} form tokens."
        )
