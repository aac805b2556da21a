"""A certificate for 127.0.0.1 that lives as long as a test, made by the machine's openssl."""

import shutil
import ssl
import subprocess
from pathlib import Path


def openssl() -> str | None:
    return shutil.which("openssl")


def make_certificate(folder: Path) -> Path:
    """A PEM file with a key and a certificate that signs itself: for a server, and for clients to trust."""
    both, key = folder / "server.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(both)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    both.write_text(both.read_text() + key.read_text())
    return both


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
