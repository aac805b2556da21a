"""`manage.py demo`: a working portal with the demo archive and a login for its editor."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from digest.archive.models import Issue, Item, Topic
from digest.archive.vocabulary import load_topics
from digest.editorial import demo

FIXTURES = settings.BASE_DIR / "fixtures"


class Command(BaseCommand):
    help = "Migrate, load the demo archive if there is nothing yet, and give the login “editor” a new password."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS:
            raise CommandError(
                f"demo makes a login with all rights, and {settings.SITE_URL} looks like a public site."
            )
        call_command("migrate", interactive=False, verbosity=0)
        password = secrets.token_urlsafe(12)
        with transaction.atomic():
            self.load()
            demo.reset_editor(password)
        self.stdout.write(f"  Address   {settings.SITE_URL}/")
        self.stdout.write(f"  Editors   {settings.SITE_URL}/admin/")
        self.stdout.write("  Login     editor")
        self.stdout.write(f"  Password  {password}   (made for this run)")

    def load(self) -> None:
        """Topics where there are none but collections, and the archive where there is none; else keep both."""
        if not Topic.objects.exclude(facet=Topic.Facet.COLLECTION).exists():
            load_topics(FIXTURES / "topics.json")
        is_new = demo.archive_is_empty()
        if is_new:
            demo.load_archive(FIXTURES / "demo", self.show_progress)
        holds = f"{Issue.objects.count()} issues, {Item.objects.count()} items, {Topic.objects.count()} topics"
        self.stdout.write(f"Demo archive loaded: {holds}." if is_new else f"The archive was kept as it is: {holds}.")

    def show_progress(self, done: int, total: int) -> None:
        """One line on a terminal, nothing in a pipe."""
        if self.stderr.isatty():
            self.stderr.write(f"\rLoading items {done}/{total}", ending="\n" if done == total else "")
