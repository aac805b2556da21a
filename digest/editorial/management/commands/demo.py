"""`manage.py demo`: sets up a portal with the demo archive and a login for an editor."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from digest.archive.models import Issue, Item, Topic
from digest.archive.topic_loader import load_topics
from digest.common.commands import LocalizedCommand
from digest.editorial import demo, demo_subscribers
from digest.mailing import demo_outbox

FIXTURES = settings.BASE_DIR / "fixtures"


class Command(LocalizedCommand):
    help = (
        "Migrate, load the demo archive and its subscribers into an empty database, and give “editor” a new password."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS:
            params = {"site": settings.SITE_URL}
            raise CommandError(
                _("demo creates an account with full permissions, but %(site)s appears to be a public site.") % params
            )
        call_command("migrate", interactive=False, verbosity=0)
        password = secrets.token_urlsafe(12)
        with transaction.atomic():
            self.load()
            self.load_subscribers()
            demo.reset_editor_password(password)
        self.stdout.write(_("  Address   %(address)s") % {"address": f"{settings.SITE_URL}/"})
        self.stdout.write(_("  Editors   %(address)s") % {"address": f"{settings.SITE_URL}/admin/"})
        if demo_outbox.is_open():
            self.stdout.write(_("  Emails    %(address)s") % {"address": f"{settings.SITE_URL}/outbox/"})
        self.stdout.write(_("  Login     %(name)s") % {"name": "editor"})
        self.stdout.write(_("  Password  %(password)s   (set for this run)") % {"password": password})

    def load(self) -> None:
        """Load topics and archive if the database has none; otherwise keep them, and update unedited demo rows."""
        if not Topic.objects.exclude(facet=Topic.Facet.COLLECTION).exists():
            load_topics(FIXTURES / "topics.json")
        is_new = demo.archive_is_empty()
        if is_new:
            demo.load_archive(FIXTURES / "demo", self.show_progress)
            done = _("Demo archive loaded.")
        elif count := demo.update_archive(FIXTURES / "demo"):
            done = _("Demo rows updated from their files: %(count)s.") % {"count": count}
        else:
            done = _("The archive was left unchanged.")
        counts = {"issues": Issue.objects.count(), "items": Item.objects.count(), "topics": Topic.objects.count()}
        self.stdout.write(f"{done} " + _("Issues: %(issues)s · items: %(items)s · topics: %(topics)s") % counts)

    def load_subscribers(self) -> None:
        """Load invented subscribers if there are none, and start a mailing to them; only if no email can leave."""
        if demo_outbox.is_open() and demo_subscribers.load_subscribers(FIXTURES / "demo" / "subscribers.csv"):
            mailing = demo_subscribers.start_mailing()
            params = {"issue": demo_subscribers.ISSUE, "count": mailing.audience if mailing else 0}
            self.stdout.write(_("Sample subscribers loaded. Emails queued for issue %(issue)s: %(count)s") % params)

    def show_progress(self, done: int, total: int) -> None:
        """Show progress in one line on a terminal; write nothing to a pipe."""
        if self.stderr.isatty():
            params = {"done": done, "all": total}
            self.stderr.write(
                "\r" + _("Loading items %(done)s/%(all)s") % params, ending="\n" if done == total else ""
            )
