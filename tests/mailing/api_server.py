"""A provider's HTTP API on a real socket that answers, refuses, falls silent or hangs up, as it is told."""

import json
import socket
import ssl
import threading
from typing import Any

OK = json.dumps({"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "ana@farm.example"})


class ApiServer:
    """`way`: `answer`, `silent`, `garbage`, `half`, or `close-` with `at-once`, `in-head`, `in-body`, `after-body`."""

    def __init__(self, way: str = "answer", status: int = 200, body: str = OK, *, tls: ssl.SSLContext | None = None):
        self.way, self.status, self.body, self.tls = way, status, body, tls
        self.bodies: list[bytes] = []  # of the requests that came whole
        self.connections = 0
        self.keeps_open = True
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = self._listening.getsockname()[1]
        self.silent = threading.Event()  # set once a client waits in vain

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What those that came whole hold, in JSON."""
        return [json.loads(body) for body in self.bodies]

    def __enter__(self) -> "ApiServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_args: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            threading.Thread(target=self._serve, args=[sock], daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            if self.way == "close-at-once":
                return
            while self._answer(sock) and self.keeps_open:
                pass
        except OSError:
            pass  # the client hung up: what a test may want
        finally:
            sock.close()

    def _answer(self, sock: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(64)
            if not more or self.way == "close-in-head":
                return False
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            if self.way == "close-in-body":
                return False
            body += sock.recv(65536)
        self.bodies.append(body)
        return self._reply(sock)

    def _reply(self, sock: socket.socket) -> bool:
        text = self.body.encode()
        fields = f"Content-Type: application/json\r\nContent-Length: {len(text)}"
        head = f"HTTP/1.1 {self.status} x\r\n{fields}\r\n\r\n".encode()
        if self.way == "silent":
            self.silent.set()
            sock.recv(1)
        elif self.way == "garbage":
            sock.sendall(b"\0\xff what? \r\n\r\n")
        elif self.way == "half":
            sock.sendall((head + text)[:-9])
        elif self.way == "answer":
            sock.sendall(head + text)
            return True
        return False
