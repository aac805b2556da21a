"""The demo's sender: a thread of the portal that saves emails on this machine."""

import logging
import threading

from digest.mailing.demo_outbox import is_open
from digest.mailing.sender import Sender
from digest.mailing.transports import open_transport

logger = logging.getLogger(__name__)


def start() -> None:
    """Start the thread, if emails are only saved. In production `send_mailings` runs as a service of its own."""
    if is_open():
        threading.Thread(target=Sender(open_transport, connections=1).run, name="demo-sender", daemon=True).start()
    else:
        logger.warning("DEMO_SENDER is for demos only: nothing is sent by the portal itself")
