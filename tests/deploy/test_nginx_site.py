"""The nginx site of docs/deploy/: nginx accepts it, and no token of a subscriber's link gets into a log."""

import getpass
import http.client
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from tests.deploy.files import DEPLOY, free_port, path_with
from tests.kill.certificate import make_certificate, openssl

NGINX = shutil.which("nginx", path=path_with("/usr/sbin"))
TOKEN = "aB3-" * 10 + "_9z"
pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.skipif(openssl() is None, reason="openssl, which makes the test's certificate, is not installed"),
]
WRAPPER = """
user {user}; daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    include {folder}/site.conf;
}}
"""


class Site(NamedTuple):
    folder: Path
    plain: int  # ports
    tls: int
    portal: int

    def ask(self, method: str, path: str, *, tls: bool = True) -> http.client.HTTPResponse:
        if tls:
            context = ssl.create_default_context(cafile=str(self.folder / "server.pem"))
            context.check_hostname = False
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.tls, timeout=10, context=context
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=10)
        connection.request(method, path, headers={"Host": "digest.example.org"})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    @property
    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The site's file with ports and a certificate of the test's own."""
    made = Site(tmp_path, free_port(), free_port(), free_port())
    certificate = make_certificate(tmp_path)
    text = (DEPLOY / "nginx-site.conf").read_text()
    for before, after in {
        "listen 80;": f"listen 127.0.0.1:{made.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{made.tls} ssl http2;",
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2;": "",
        "/etc/letsencrypt/live/digest.example.org/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/digest.example.org/privkey.pem": str(certificate),
        "127.0.0.1:8000": f"127.0.0.1:{made.portal}",
        "/srv/snz": str(tmp_path),
    }.items():
        assert before in text, before
        text = text.replace(before, after)
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(WRAPPER.format(folder=tmp_path, user=getpass.getuser()))
    (tmp_path / "var" / "static").mkdir(parents=True)
    (tmp_path / "var" / "static" / "digest.css").write_text("body {}")
    return made


@pytest.fixture
def running(site: Site) -> Iterator[Site]:
    nginx = subprocess.Popen([str(NGINX), "-p", str(site.folder), "-c", str(site.folder / "nginx.conf")])
    try:
        for _attempt in range(100):
            try:
                site.ask("GET", "/", tls=False)
                break
            except OSError:
                time.sleep(0.1)
        yield site
    finally:
        nginx.terminate()
        nginx.wait(timeout=30)


@pytest.fixture
def portal(running: Site) -> Iterator[list[dict[str, str]]]:
    """What the portal is asked: each request's header fields."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", running.portal), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield asked
    server.shutdown()
    server.server_close()


def test_nginx_accepts_the_site(site: Site) -> None:
    done = subprocess.run(
        [str(NGINX), "-t", "-p", str(site.folder), "-c", str(site.folder / "nginx.conf")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_plain_http_is_redirected_but_for_one_click_requests(running: Site, portal: list[dict[str, str]]) -> None:
    response = running.ask("GET", "/en/?page=2", tls=False)
    assert response.status == 301 and response.headers["Location"] == "https://digest.example.org/en/?page=2"
    assert not portal
    assert running.ask("POST", f"/u/{TOKEN}/", tls=False).status == 200
    assert portal[0]["X-Forwarded-Proto"] == "http" and portal[0]["Host"] == "digest.example.org"
    assert portal[0]["X-Forwarded-For"] == "127.0.0.1"


def test_the_portal_is_told_of_https_and_static_files_come_from_the_disk(
    running: Site, portal: list[dict[str, str]]
) -> None:
    assert running.ask("GET", "/en/").status == 200
    assert portal[0]["X-Forwarded-Proto"] == "https" and portal[0]["Host"] == "digest.example.org"
    static = running.ask("GET", "/static/digest.css")
    assert static.status == 200 and "immutable" in ", ".join(static.headers.get_all("Cache-Control") or [])
    assert len(portal) == 1


def test_no_log_holds_a_token_while_the_portal_is_down(running: Site) -> None:
    paths = [f"/u/{TOKEN}/", *(f"/en/subscribe/{name}/{TOKEN}/" for name in ("confirm", "preferences"))]
    for path in paths:
        assert running.ask("POST", path).status == 502
    assert running.ask("POST", paths[0], tls=False).status == 502
    assert running.ask("GET", paths[1], tls=False).status == 301
    assert running.ask("GET", "/en/").status == 502
    assert '"GET /en/' in running.logs and TOKEN not in running.logs


def test_too_many_requests_are_answered_by_429(running: Site, portal: list[dict[str, str]]) -> None:
    answers = [running.ask("GET", "/admin/login/").status for _request in range(13)]
    assert answers.count(200) >= 11 and answers[-1] == 429
    assert {running.ask("POST", f"/u/{TOKEN}/").status for _request in range(60)} == {200}
    forms = [running.ask("GET", f"/en/subscribe/confirm/{TOKEN}/").status for _request in range(60)]
    assert forms[-1] == 429 and TOKEN not in running.logs
