"""What a sender's process does. Importing this sets Django up, once, for the process that all senders are forked from.

So a sender is at work some hundredths of a second after its birth, and kills are not spent on the import of Django.
"""

import os
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings
from django.core.management import call_command

django.setup()

from digest.mailing import sender  # noqa: E402
from digest.mailing.management.commands import send_mailings  # noqa: E402, F401  all that a sender imports
from tests.kill import wrong_clock  # noqa: E402
from tests.kill.careless_sender import WAYS  # noqa: E402


def send(name: str, url: str, connections: int, log: Path, way: str) -> None:
    """send_mailings, and nothing else: unless a way to be careless is named."""
    # The harness has to know which rows are whose, and which connection to the database.
    sender.uuid = SimpleNamespace(uuid4=lambda: name)
    os.environ["PGAPPNAME"] = name
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for standard in (1, 2):
        os.dup2(file, standard)
    settings.SMTP_URL = url
    if way.startswith("clock:"):
        wrong_clock.set_wrong(*map(float, way.split(":")[1:]))
    elif way:
        WAYS[way]()
    call_command("send_mailings", once=True, connections=connections)
