"""Send the same email to many recipients in one way: python -m tests.bench.mailers WAY PORT COUNT."""

import json
import smtplib
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django

CONNECTIONS = {
    "ours, 2 connections": 2,
    "ours, 4 connections": 4,
    "ours, 8 connections": 8,
    "ours, 16 connections": 16,
}


def messages(count: int) -> Iterator[tuple[str, list[bytes]]]:
    """Yield recipients and messages, built while they are sent, as our sender does."""
    from digest.mailing.mime_template import MimeTemplate
    from digest.mailing.models import Edition

    pieces = MimeTemplate.load(Edition.objects.get().mime_template)
    for number in range(count):
        to = f"reader{number}@farm.example"
        values = dict.fromkeys(pieces.slots, b"x" * 43) | {"to": to.encode(), "message_id": b"<%d@x>" % number}
        yield to, pieces.fill(values)


def raw_socket(port: int, count: int) -> None:
    """(a) Write prebuilt messages to a socket with pipelining, and record nothing."""
    wire = socket.create_connection(("127.0.0.1", port))
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    replies = wire.makefile("rb")
    replies.readline()
    wire.sendall(b"EHLO bench\r\n")
    while replies.readline()[3:4] == b"-":
        pass
    for to, chunks in messages(count):
        wire.sendall(b"MAIL FROM:<bounces@digest.example>\r\nRCPT TO:<%s>\r\nDATA\r\n" % to.encode())
        for _ in range(3):
            replies.readline()
        wire.sendall(b"".join([*chunks, b".\r\n"]))
        assert replies.readline().startswith(b"250")
    wire.close()


def bare_smtplib(port: int, count: int) -> None:
    """(b) Send one message to all with smtplib on one connection."""
    _to, chunks = next(messages(1))
    message = b"".join(chunks)
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(count):
            server.sendmail("bounces@digest.example", [f"reader{number}@farm.example"], message)


def django_mail(port: int, count: int) -> None:
    """(c) Build an EmailMultiAlternatives for each recipient, and send all on one connection."""
    from django.core.mail import EmailMultiAlternatives
    from django.core.mail.backends.smtp import EmailBackend

    from digest.mailing.models import Edition

    edition = Edition.objects.get()
    with EmailBackend(host="127.0.0.1", port=port, use_tls=False) as connection:
        for number in range(count):
            token = f"{number:043d}"
            mail = EmailMultiAlternatives(
                edition.subject,
                edition.text.replace("~unsubscribe", token),
                "digest@digest.example",
                [f"reader{number}@farm.example"],
                connection=connection,
                headers={"List-Unsubscribe": f"<https://digest.example/u/{token}/>"},
            )
            mail.attach_alternative(edition.html.replace("~unsubscribe", token), "text/html")
            mail.send()


def ours(port: int, count: int, connections: int = 1) -> None:
    """Send with our outbox: claim, check and record each email on disk."""
    from digest.mailing.sender import Sender
    from digest.mailing.smtp import SmtpServer, SmtpTransport

    server = SmtpServer("127.0.0.1", port, starttls=False)
    sender = Sender(lambda: SmtpTransport(server), connections=connections)
    sender.run(once=True)
    assert sum(sender.stats.statuses.values()) == count, sender.stats


def shared(port: int, connections: int) -> dict[str, float]:
    """Run one of several senders of a mailing. Return how many emails it sent, and its start and end."""
    from digest.mailing.results import DeliveryStatus
    from digest.mailing.sender import Sender
    from digest.mailing.smtp import SmtpServer, SmtpTransport

    server = SmtpServer("127.0.0.1", port, starttls=False)
    sender = Sender(lambda: SmtpTransport(server), connections=connections)
    began = time.time()
    sender.run(once=True)
    return {"sent": sender.stats.statuses[DeliveryStatus.SENT], "began": began, "ended": time.time()}


WAYS: dict[str, Callable[[int, int], None]] = {
    "(a) raw socket": raw_socket,
    "(b) smtplib": bare_smtplib,
    "(c) Django": django_mail,
    "ours": ours,
    **{name: lambda port, count, n=n: ours(port, count, n) for name, n in CONNECTIONS.items()},  # type: ignore[misc]
}


def main(way: str, port: str, count: str) -> None:
    django.setup()
    start, cpu = time.perf_counter(), time.process_time()
    told = {}
    if way.startswith("shared, "):
        told = shared(int(port), int(way.removeprefix("shared, ")))
    else:
        WAYS[way](int(port), int(count))
    took, used = time.perf_counter() - start, time.process_time() - cpu
    # Not ru_maxrss, which includes the size of the parent process.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    print(json.dumps({"rate": int(count) / took, "cpu": used / int(count), "peak": peak, **told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
