"""Requests per second of one worker on one core: the page cache compared with nginx, WSGI and Django."""

import contextlib
import gzip
import http.client
import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import brotli

from tests.bench import temporary_portal
from tests.bench.archive import build
from tests.bench.processes import LOAD_CORE, free_port, granian, on_core, running, with_batch_priority
from tests.bench.tables import Table

CONNECTIONS = 16
SECONDS = 2
ROUNDS = 5
CODINGS = {"identity": "", "gzip": "gzip", "br": "br"}


@dataclass
class Target:
    """A URL to load, with its request headers and the rate of each round."""

    name: str
    port: int
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    answer: str = ""

    def fetch(self) -> http.client.HTTPResponse:
        """Send one request, to check status, length and ETag."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", self.path, headers={"Host": temporary_portal.HOST, **self.headers})
        response = connection.getresponse()
        self.answer = f"{response.status}, {len(response.read()):,} B"
        connection.close()
        return response

    def load(self, seconds: int) -> None:
        """Measure requests per second with wrk. Unsuccessful responses are an error."""
        headers = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Host: {temporary_portal.HOST}", *headers]
        result = subprocess.run(
            on_core(LOAD_CORE, [*command, f"http://127.0.0.1:{self.port}{self.path}"]),
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
        self.fetch()  # wait for requests that wrk has abandoned, so that they do not slow the next round
        if "Non-2xx" in result.stdout:
            raise SystemExit(f"{self.name}: {result.stdout}")
        self.rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", result.stdout)[1]))  # type: ignore[index]

    @property
    def rate(self) -> float:
        """The best round, because other load can only lower the rate."""
        return max(self.rates)


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type text/html; types {{ }}
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port};
        # With tcp_nopush, the rate of responses just over 63 kB falls to a third.
        location = /identity {{ alias {folder}/payload; {fields} tcp_nopush off; }}
        location = /gzip {{ alias {folder}/payload.gz; {fields} add_header Content-Encoding gzip; }}
        location = /br {{ alias {folder}/payload.br; {fields} add_header Content-Encoding br; }}
    }}
}}
"""


# nginx sets these itself.
NGINX_OWN = {"content-type", "content-length", "etag", "last-modified", "date", "server", "connection"}


@contextlib.contextmanager
def nginx(folder: Path, page: http.client.HTTPResponse) -> Iterator[int]:
    """Run nginx with one worker, and with the same bodies (as files) and headers as the page cache."""
    port = free_port()
    payload = (folder / "payload").read_bytes()
    fields = [f'add_header {name} "{value}";' for name, value in page.getheaders() if name.lower() not in NGINX_OWN]
    (folder / "payload.gz").write_bytes(gzip.compress(payload, 6))
    (folder / "payload.br").write_bytes(brotli.compress(payload, quality=5))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, fields=" ".join(fields)))
    folder.chmod(0o755)  # the worker is another user if root runs the benchmark
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    with running(with_batch_priority(command), port, dict(os.environ)):
        yield port


def encodings_and_304(name: str, port: int, paths: dict[str, str]) -> list[Target]:
    """Return targets for a page in three codings, and for a 304 response."""
    targets = [
        Target(f"{name}, {coding}", port, paths[coding], {"Accept-Encoding": accepted} if accepted else {})
        for coding, accepted in CODINGS.items()
    ]
    etag = targets[-1].fetch().headers["ETag"]
    headers = {"Accept-Encoding": "br", "If-None-Match": etag}
    return [*targets, Target(f"{name}, 304", port, paths["br"], headers)]


def main() -> None:
    """Start all servers and load them in several rounds."""
    missing = [tool for tool in ("wrk", "nginx") if not shutil.which(tool)]
    if missing:
        print(f"Not installed: {', '.join(missing)} (Debian: apt install {' '.join(missing)}).", flush=True)
    if "wrk" in missing:
        print("Skipping requests per second, which need wrk.", flush=True)
        return
    number = build(1000, (62,))[62]
    folder = Path(os.environ["BENCH_FOLDER"])
    page = f"/zh-hant/issues/{number}/"
    environment = dict(os.environ)
    bare = environment | {"DJANGO_SETTINGS_MODULE": "tests.bench.no_middleware_settings"}
    with contextlib.ExitStack() as stack:
        port, _pid = stack.enter_context(granian("snz_portal.wsgi:application", environment))
        answer = _answer(port, page)
        (folder / "payload").write_bytes(answer.read())
        targets = encodings_and_304("page cache", port, dict.fromkeys(CODINGS, page))
        if "nginx" not in missing:
            targets += encodings_and_304(
                "nginx", stack.enter_context(nginx(folder, answer)), {c: f"/{c}" for c in CODINGS}
            )
        port, _pid = stack.enter_context(granian("tests.bench.minimal_responses:application", environment))
        targets.append(Target("minimal WSGI function", port, "/"))
        port, _pid = stack.enter_context(granian("tests.bench.applications:django", bare))
        targets.append(Target("minimal Django view, no middleware", port, "/bare/"))
        port, _pid = stack.enter_context(granian("tests.bench.applications:django", environment))
        targets.append(Target("Django (not in the store)", port, page))
        targets.append(Target("plain Django view of the issue", port, f"/zh-hant/plain/{number}/"))
        _load(targets)
    _print(targets)


def _answer(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": temporary_portal.HOST})
    return connection.getresponse()


def _load(targets: list[Target]) -> None:
    for target in targets:
        target.fetch()
        target.load(1)
        target.rates.clear()
    for _ in range(ROUNDS):
        for target in targets:
            target.load(SECONDS)


def _print(targets: list[Target]) -> None:
    by_name = {target.name: target for target in targets}
    table = Table(f"One worker, one core, {CONNECTIONS} connections", "answer", "requests/s", "middle", "of nginx")
    for target in targets:
        kind = target.name.rpartition(", ")[2]
        peer = by_name.get(f"nginx, {kind}") or by_name.get("nginx, identity")
        ratio = f"{target.rate / peer.rate:.2f}" if peer else "?"
        middle = f"{statistics.median(target.rates):,.0f}"
        wanted = ">= 0.6, aim 0.8" if target.name.startswith("page cache") else ""
        table.row(target.name, target.answer, f"{target.rate:,.0f}", middle, ratio, wanted=wanted)
    table.print()
