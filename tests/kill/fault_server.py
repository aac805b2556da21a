"""An SMTP server that fails as told: `python -m tests.kill.fault_server --ledger FILE --fault RCPT:451@0.1`.

It speaks RFC 5321 with STARTTLS, AUTH and PIPELINING, keeps every accepted message in a `Ledger` before it replies,
and refuses nothing by itself. Without faults it is a sink: a thread for each connection, and no needless work.
"""

import argparse
import contextlib
import itertools
import signal
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.kill.faults import Faults
from tests.kill.ledger import Ledger
from tests.kill.session import Session


@dataclass
class Offer:
    """What the server offers; times in seconds."""

    pipelining: bool = False
    tls: ssl.SSLContext | None = None  # STARTTLS is offered with it
    tls_at_once: bool = False  # smtps://
    users: dict[str, str] = field(default_factory=dict)  # AUTH is asked for if there are any
    delay: float = 0.0  # before each answer, as a long link has
    per_byte: float = 1.0  # of a slow answer
    eager: bool = False  # says 354 to DATA even where nobody was accepted
    keep: int = 0  # each so many-th message, in memory


class FaultServer:
    """Listens from the start of the `with` block to its end; faults and offer may be changed at any time."""

    def __init__(
        self,
        ledger: Path | None = None,
        faults: Sequence[str] = (),
        *,
        seed: int = 1,
        offer: Offer | None = None,
        port: int = 0,
    ) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if ledger is None:
            self._folder = tempfile.TemporaryDirectory(prefix="snz-sink-")
            ledger = Path(self._folder.name) / "ledger"
        self.ledger = Ledger(ledger)
        self.faults = Faults(faults, seed)
        self.offer = offer or Offer()
        self.verbs: Counter[str] = Counter()  # EHLO, MAIL ...; "MAIL in the clear" where TLS was offered and not used
        self.kept: list[tuple[str, bytes]] = []  # recipient and message, dot-stuffed as it came
        self.stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self._numbers = itertools.count(1)
        self._sessions: set[Session] = set()

    @property
    def url(self) -> str:
        """For SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}?starttls=off"

    @property
    def connections(self) -> int:
        """Open ones."""
        return len(self._sessions)

    def fail(self, *specs: str, seed: int = 1) -> None:
        """From now on these faults and no others."""
        self.faults = Faults(specs, seed)

    def __enter__(self) -> "FaultServer":
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for session in list(self._sessions):
            session.cut()
        self.drain(5)
        self.ledger.close()
        if self._folder:
            self._folder.cleanup()

    def drain(self, seconds: float = 30) -> bool:
        """Wait until all connections are closed: what was on its way is then accepted or lost."""
        until = time.monotonic() + seconds
        while self._sessions and time.monotonic() < until:
            time.sleep(0.01)
        return not self._sessions

    def _listen(self) -> None:
        while not self.stopping.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, client, next(self._numbers))
            self._sessions.add(session)
            threading.Thread(target=self._serve, args=(session,), daemon=True).start()

    def _serve(self, session: Session) -> None:
        try:
            session.run()
        except OSError:
            pass  # the client is gone, or TLS failed: both are what these tests are about
        finally:
            session.cut()
            self._sessions.discard(session)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill.fault_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any; the one that it has is printed")
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--fault", action="append", default=[], metavar="STAGE:WHAT[@RATE][xTIMES][/RECIPIENT]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--per-byte", type=float, default=1.0, help="seconds for each byte of a slow answer")
    parser.add_argument("--pipelining", action="store_true")
    parser.add_argument("--certificate", type=Path, help="PEM file with key: offers STARTTLS")
    parser.add_argument("--user", default="", metavar="NAME:PASSWORD", help="asks for AUTH")
    options = parser.parse_args()
    offer = Offer(pipelining=options.pipelining, delay=options.delay, per_byte=options.per_byte)
    if options.certificate:
        offer.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        offer.tls.load_cert_chain(options.certificate)
    if options.user:
        offer.users = dict([options.user.split(":", 1)])
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with FaultServer(options.ledger, options.fault, seed=options.seed, offer=offer, port=options.port) as server:
        print(server.port, flush=True)
        while not ended.wait(0.2):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
