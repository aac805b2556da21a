"""An SMTP client that records how far each message got (RFC 5321).

A message is safe to send again if the connection was lost before the final dot, and not afterwards. smtplib, called
command by command, distinguishes these too; but it has no time limit for a whole reply, reports a reply that is too
long as code 500, and does not support pipelining.
"""

import base64
import contextlib
import enum
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from digest.mailing.models import Delivery
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage

# Seconds to wait for a reply (RFC 5321, 4.5.3.2). Long after the final dot, because giving up there is ambiguous.
TIMEOUTS = {"connect": 30, "ehlo": 60, "mail": 300, "rcpt": 300, "data": 120, "body": 180, "dot": 600, "quit": 5}
_LONGEST_REPLY = 64 * 1024  # bytes
_OF_THE_SERVER = (421, 454)  # service not available, or throttled, after any command


class Phase(enum.IntEnum):
    """How far the current message got. From DOT on, a lost connection makes it uncertain."""

    CONNECT = 0
    MAIL = 1
    RCPT = 2
    DATA = 3
    BODY = 4
    DOT = 5


_VERBS = {Phase.MAIL: "mail", Phase.RCPT: "rcpt", Phase.DATA: "data"}
_WANTED = {Phase.MAIL: (250,), Phase.RCPT: (250, 251), Phase.DATA: (354,)}


@dataclass(frozen=True)
class SmtpServer:
    """The server of SMTP_URL."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    starttls: bool = True  # required; never skipped
    timeout: float | None = None  # seconds for every command, instead of TIMEOUTS

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """`smtp://user:password@host:port?starttls=off&timeout=30`; STARTTLS is required unless it says off."""
        parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
        implicit = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if implicit else 587),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            implicit_tls=implicit,
            starttls=not implicit and query.get("starttls", ["required"])[0] != "off",
            timeout=float(query["timeout"][0]) if "timeout" in query else None,
        )


class ConnectionLost(Exception):
    """The connection was closed, timed out, or does not speak SMTP."""


class SmtpRefusal(Exception):
    """The server's reply is not the one needed to continue."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code


class SmtpTransport:
    """One connection to an SMTP server, opened when first needed and again after it was lost."""

    batch = 1  # one message at a time

    def __init__(self, server: SmtpServer, name: str = "localhost") -> None:
        self._server = server
        self._name = name  # our name for EHLO
        self._socket: socket.socket | None = None
        self._buffer = b""
        self._pipelining = False
        self.phase = Phase.CONNECT

    def send(self, message: OutgoingMessage) -> DeliveryResult:
        """Send one message. The result follows from the server's reply, or without one from the phase."""
        was_open = self._socket is not None
        result = self._try(message)
        if was_open and self._socket is None and self.phase is Phase.MAIL:
            # Servers close connections that were idle or brought many messages; nothing of this one was sent yet.
            result = self._try(message)
        return result

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[DeliveryResult]:
        """Send the messages one by one."""
        return [self.send(message) for message in messages]

    def _try(self, message: OutgoingMessage) -> DeliveryResult:
        self.phase = Phase.CONNECT
        try:
            if self._socket is None:
                self._open()
            return self._transact(message)
        except SmtpRefusal as error:
            self._drop()  # raised only while connecting; the next connection would be refused too
            return DeliveryResult(DeliveryStatus.POSTPONED, str(error), is_fault=True)
        except (ConnectionLost, OSError) as error:
            self._drop()
            return self._lost(str(error) or type(error).__name__)

    def close(self) -> None:
        """Send QUIT and close the connection; errors do not matter."""
        with contextlib.suppress(ConnectionLost, SmtpRefusal, OSError):
            if self._socket is not None:
                self._command(b"QUIT\r\n", "quit")
        self._drop()

    def abort(self) -> None:
        """Close the connection, also from another thread; the result of the current message follows from its phase."""
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _lost(self, why: str) -> DeliveryResult:
        if self.phase is Phase.CONNECT:
            return DeliveryResult(DeliveryStatus.POSTPONED, why, Delivery.Reason.NO_CONNECTION, is_fault=True)
        if self.phase is Phase.DOT:
            return DeliveryResult(DeliveryStatus.UNCERTAIN, why, Delivery.Reason.LOST_AT_END, is_lost=True)
        return DeliveryResult(DeliveryStatus.DEFERRED, f"{self.phase.name}: {why}", Delivery.Reason.LOST, is_lost=True)

    # --- one message --------------------------------------------------------------------------------------------

    def _transact(self, message: OutgoingMessage) -> DeliveryResult:
        commands = {
            Phase.MAIL: b"MAIL FROM:<%s>\r\n" % message.sender.encode("ascii"),
            Phase.RCPT: b"RCPT TO:<%s>\r\n" % message.recipient.encode("ascii"),
            Phase.DATA: b"DATA\r\n",
        }
        self.phase = Phase.MAIL
        if self._pipelining:
            self._write(b"".join(commands.values()), "mail")
        refused: DeliveryResult | None = None
        for phase, command in commands.items():
            self.phase = phase
            if not self._pipelining:
                self._write(command, _VERBS[phase])
            code, text = self._reply(_VERBS[phase])
            if refused is None and code not in _WANTED[phase]:
                refused = self._result_of_refusal(phase, code, text)
                if refused.is_fault or not self._pipelining:
                    break
            elif refused is not None and code == 354:
                # The server would accept a message without recipients: end it empty (RFC 2920, 3.1).
                self._command(b".\r\n", "dot")
        if refused is not None:
            self._reset(refused)
            return refused
        return self._message(message.chunks)

    def _message(self, chunks: list[bytes]) -> DeliveryResult:
        self.phase = Phase.BODY
        self._write(b"".join(chunks), "body", more=True)
        # From here on the server may have the whole message.
        self.phase = Phase.DOT
        self._write(b".\r\n", "dot")
        code, text = self._reply("dot")
        if 200 <= code < 300:
            return DeliveryResult(DeliveryStatus.SENT, f"{code} {text}")
        result = self._result_of_refusal(Phase.DOT, code, text)
        self._reset(result)
        return result

    @staticmethod
    def _result_of_refusal(phase: Phase, code: int, text: str) -> DeliveryResult:
        """The result of a refusal: 421 and 454 concern the server, MAIL us, all others this recipient."""
        reply = f"{code} {text}"
        # 552 at MAIL: this message is too large.
        if code in _OF_THE_SERVER or (phase is Phase.MAIL and 400 <= code < 600 and code != 552):
            return DeliveryResult(DeliveryStatus.POSTPONED, reply, is_fault=True)
        if 400 <= code < 500:
            return DeliveryResult(DeliveryStatus.DEFERRED, reply)
        if 500 <= code < 600:
            return DeliveryResult(DeliveryStatus.FAILED, reply)
        raise ConnectionLost(f"unexpected reply: {reply}")

    def _reset(self, result: DeliveryResult) -> None:
        """Prepare the connection for the next message, or close it."""
        try:
            if not result.is_fault and self._command(b"RSET\r\n", "mail")[0] == 250:
                return
        except (ConnectionLost, OSError):
            pass  # treated as refused
        self._drop()

    # --- connection ------------------------------------------------------------------------------------------

    def _open(self) -> None:
        server = self._server
        self._socket = socket.create_connection((server.host, server.port), timeout=self._limit("connect"))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        if server.implicit_tls:
            self._encrypt()
        self._expect(self._reply("connect"), 220)
        extensions = self._ehlo()
        if server.starttls:
            # Without STARTTLS the connection ends here: nothing is sent in plain text.
            if "STARTTLS" not in extensions:
                raise SmtpRefusal(0, "the server offers no STARTTLS, which SMTP_URL requires")
            self._expect(self._command(b"STARTTLS\r\n", "ehlo"), 220)
            if self._buffer:
                raise ConnectionLost(
                    "bytes sent before TLS began"
                )  # data injected before encryption, as in CVE-2021-38371
            self._encrypt()
            extensions = self._ehlo()
        if server.user:
            credentials = base64.b64encode(f"\0{server.user}\0{server.password}".encode())
            self._expect(self._command(b"AUTH PLAIN " + credentials + b"\r\n", "ehlo"), 235)
        self._pipelining = "PIPELINING" in extensions

    def _encrypt(self) -> None:
        self._open_socket.settimeout(self._limit("connect"))
        context = ssl.create_default_context()
        self._socket = context.wrap_socket(self._open_socket, server_hostname=self._server.host)

    def _ehlo(self) -> set[str]:
        code, text = self._command(f"EHLO {self._name}\r\n".encode("ascii"), "ehlo")
        self._expect((code, text), 250)
        return {line.partition(" ")[0].upper() for line in text.split("\n")[1:]}

    @staticmethod
    def _expect(reply: tuple[int, str], code: int) -> None:
        if reply[0] != code:
            raise SmtpRefusal(*reply)

    def _command(self, line: bytes, verb: str) -> tuple[int, str]:
        self._write(line, verb)
        return self._reply(verb)

    def _limit(self, verb: str) -> float:
        return self._server.timeout or TIMEOUTS[verb]

    def _write(self, data: bytes, verb: str, *, more: bool = False) -> None:
        sock = self._open_socket
        sock.settimeout(self._limit(verb))
        # MSG_MORE: the final dot needs no packet of its own (Linux; not with TLS).
        flags = getattr(socket, "MSG_MORE", 0) if more and not isinstance(sock, ssl.SSLSocket) else 0
        sock.sendall(data, flags)

    @property
    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost("not connected")
        return self._socket

    def _reply(self, verb: str) -> tuple[int, str]:
        """The next reply: its code and text, lines joined by LF. The time limit is for the whole reply."""
        deadline = time.monotonic() + self._limit(verb)
        lines: list[str] = []
        while True:
            line = self._line(deadline)
            if len(line) < 3 or not line[:3].isdigit() or line[3:4] not in (b"", b" ", b"-"):
                raise ConnectionLost(f"no SMTP reply: {line[:80]!r}")
            lines.append(line[4:].decode("utf-8", "replace").strip())
            if line[3:4] != b"-":
                return int(line[:3]), "\n".join(lines)

    def _line(self, deadline: float) -> bytes:
        line, newline, rest = self._buffer.partition(b"\n")
        while not newline:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConnectionLost("no answer in time")
            self._open_socket.settimeout(left)
            data = self._open_socket.recv(4096)
            if not data:
                raise ConnectionLost("closed by the server")
            self._buffer += data
            if len(self._buffer) > _LONGEST_REPLY:
                raise ConnectionLost("an endless reply")
            line, newline, rest = self._buffer.partition(b"\n")
        self._buffer = rest
        return line.rstrip(b"\r")

    def _drop(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None
        self._buffer = b""
