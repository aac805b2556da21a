"""One connection to the fault server: reads commands, goes wrong where it is told to, keeps what it accepts."""

import base64
import contextlib
import re
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kill.fault_server import FaultServer

_MESSAGE_ID = re.compile(rb"(?im)^message-id:[ \t]*(?:\r\n[ \t]+)?(<[^>\r\n]*>)")
_PATH = re.compile(r"<([^>]*)>")
_GARBAGE = b"\x16\x03\xff\x00 this is no reply \xfe\r\n"


class Closed(OSError):
    """The connection is over: closed by the client, or by us on purpose."""


class Session:
    def __init__(self, server: "FaultServer", client: socket.socket, number: int) -> None:
        self.server, self.client, self.number = server, client, number
        self.tls = False
        self.authenticated = False
        self.sender: str | None = None
        self.recipients: list[str] = []
        self._in = bytearray()
        self._out = bytearray()

    def run(self) -> None:
        if self.server.offer.tls and self.server.offer.tls_at_once:
            self._wrap()
        self._answer("CONNECT", "220 sink.test ESMTP ready")
        while True:
            self._command(self._line())

    def cut(self) -> None:
        """Close, whatever is under way; may be called by another thread and more than once."""
        with contextlib.suppress(OSError):
            self.client.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.client.close()

    # --- commands ----------------------------------------------------------------------------------------------------

    def _command(self, line: str) -> None:
        verb = line[:4].upper()
        self.server.verbs[verb] += 1
        match verb:
            case "EHLO" | "HELO":
                self._reset()
                self._answer("EHLO", self._greeting() if verb == "EHLO" else "250 sink.test")
            case "MAIL":
                self._mail(line)
            case "RCPT":
                self._rcpt(line)
            case "DATA":
                self._data()
            case "RSET":
                self._reset()
                self._say("250 2.0.0 reset")
            case "STAR":
                self._starttls()
            case "AUTH":
                self._auth(line)
            case "NOOP":
                self._say("250 2.0.0 ok")
            case "QUIT":
                self._answer("QUIT", "221 2.0.0 bye")
                self._flush()
                raise Closed
            case _:
                self._say("500 5.5.2 unknown command")

    def _greeting(self) -> str:
        offer = self.server.offer
        lines = ["sink.test", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES"]
        lines += ["PIPELINING"] if offer.pipelining else []
        lines += ["STARTTLS"] if offer.tls and not self.tls else []
        lines += ["AUTH PLAIN LOGIN"] if offer.users else []
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    def _mail(self, line: str) -> None:
        if self.server.offer.tls and not self.tls:
            self.server.verbs["MAIL in the clear"] += 1
        if self.server.offer.users and not self.authenticated:
            self._say("530 5.7.0 authentication required")
        elif self._answer("MAIL", "250 2.1.0 ok"):
            self.sender, self.recipients = _path(line), []

    def _rcpt(self, line: str) -> None:
        if self.sender is None:
            self._say("503 5.5.1 MAIL first")
        elif self._answer("RCPT", "250 2.1.5 ok", _path(line)):
            self.recipients.append(_path(line))

    def _data(self) -> None:
        if self.sender is None or not (self.recipients or self.server.offer.eager):
            self._say("503 5.5.1 RCPT first" if self.sender is None else "554 5.5.1 no valid recipients")
        elif self._answer("DATA", "354 go on", self._to):
            self._flush()
            self._end_of_data(self._message())
            self._reset()

    def _end_of_data(self, message: bytes) -> None:
        if not self.recipients:
            self._say("554 5.5.1 no valid recipients")
            return
        way = self.server.faults.draw("DOT", self._to)
        if not way or way in ("slow", "nul", "accept-drop", "accept-hang"):
            self._keep(message)
        self._go_wrong(way.removeprefix("accept-"), "250 2.0.0 accepted")

    def _keep(self, message: bytes) -> None:
        found = _MESSAGE_ID.search(message, 0, 16_384)
        message_id = found[1].decode("ascii", "replace") if found else ""
        for recipient in self.recipients:
            self.server.ledger.write(self.number, self.sender or "", recipient, message_id, len(message))
            if self.server.offer.keep and self.server.ledger.count % self.server.offer.keep == 0:
                self.server.kept.append((recipient, message))

    def _starttls(self) -> None:
        if not self.server.offer.tls or self.tls:
            self._say("502 5.5.1 not offered")
        elif self._answer("STARTTLS", "220 2.0.0 go on"):
            self._flush()
            self._wrap()

    def _wrap(self) -> None:
        assert self.server.offer.tls
        self._in.clear()  # RFC 3207 section 4.2: what came before is forgotten
        self.client = self.server.offer.tls.wrap_socket(self.client, server_side=True)
        self.tls = True
        self._reset()

    def _auth(self, line: str) -> None:
        words = line.split()
        if len(words) > 1 and words[1].upper() == "LOGIN":
            name = words[2] if len(words) > 2 else self._ask("334 VXNlcm5hbWU6")
            given = [_decoded(name), _decoded(self._ask("334 UGFzc3dvcmQ6"))]
        else:
            given = _decoded(words[2] if len(words) > 2 else self._ask("334 ")).split("\0")[1:]
        if len(given) != 2 or self.server.offer.users.get(given[0]) != given[1]:
            self._say("535 5.7.8 wrong name or password")
        elif self._answer("AUTH", "235 2.7.0 welcome"):
            self.authenticated = True

    def _reset(self) -> None:
        self.sender, self.recipients = None, []

    @property
    def _to(self) -> str:
        return self.recipients[0] if self.recipients else ""

    # --- answers -----------------------------------------------------------------------------------------------------

    def _answer(self, stage: str, good: str, recipient: str = "") -> bool:
        """Answer as this stage should, or go wrong; whether it went well."""
        way = self.server.faults.draw(stage, recipient)
        return self._go_wrong(way, good)

    def _go_wrong(self, way: str, good: str) -> bool:
        match way:
            case "":
                self._say(good)
            case "drop" | "reset":
                self._drop(way == "reset")
            case "hang":
                self._wait()
            case "garbage":
                self._out += _GARBAGE
            case "nul":
                self._say(good + " \0")
            case "slow":
                self._trickle(good.encode() + b"\r\n")
            case "endless":
                self._trickle(good[:3].encode() + b"-" + b"." * 1_000_000)
            case "tls":
                self._say(good)
                self._read()  # the client's half of the handshake
                self._say("this is no TLS")
                self._wait()
            case _:
                self._say(f"{way} {way[0]}.3.0 as told")
                if way == "421":
                    self._flush()
                    raise Closed
        return way in ("", "slow", "nul")

    def _say(self, text: str) -> None:
        self._out += text.encode() + b"\r\n"

    def _ask(self, text: str) -> str:
        self._say(text)
        return self._line()

    def _drop(self, reset: bool) -> None:
        self._flush()
        if reset:  # RST instead of FIN
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.client.close()
        raise Closed

    def _trickle(self, reply: bytes) -> None:
        self._flush()
        for position in range(len(reply)):
            if self.server.stopping.wait(self.server.offer.per_byte):
                raise Closed
            self.client.sendall(reply[position : position + 1])

    def _wait(self) -> None:
        """Say nothing more until the client gives up."""
        self._flush()
        while self.client.recv(65536):
            pass
        raise Closed

    # --- bytes -------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._out:
            if self.server.offer.delay:
                time.sleep(self.server.offer.delay)
            self.client.sendall(self._out)
            self._out.clear()

    def _read(self) -> None:
        self._flush()
        data = self.client.recv(262_144)
        if not data:
            raise Closed
        self._in += data

    def _line(self) -> str:
        while (end := self._in.find(b"\n")) < 0:
            self._read()
        line = bytes(self._in[:end]).rstrip(b"\r")
        del self._in[: end + 1]
        return line.decode("latin-1")

    def _message(self) -> bytes:
        """The message up to the line with only a dot, which is taken away."""
        if way := self.server.faults.draw("BODY", self._to):
            if not self._in:
                self._read()
            self._go_wrong(way, "250 2.0.0 accepted")
        seen = 0
        while True:
            if self._in.startswith(b".\r\n"):
                del self._in[:3]
                return b""
            if (end := self._in.find(b"\r\n.\r\n", seen)) >= 0:
                message = bytes(self._in[: end + 2])
                del self._in[: end + 5]
                return message
            seen = max(0, len(self._in) - 4)
            self._read()


def _path(line: str) -> str:
    found = _PATH.search(line)
    return found[1] if found else ""


def _decoded(text: str) -> str:
    return base64.b64decode(text + "==").decode("utf-8", "replace")
