"""A DKIM key made for one test run, by arithmetic alone: no tool, and no key in the repository."""

import base64
import random
from functools import cache


@cache
def make_key() -> tuple[str, bytes]:
    """A private key of 1024 bits as PEM (PKCS#1), and the DNS record of its public half (RFC 6376, 3.6.1)."""
    chance = random.Random(1)
    p, q = prime(512, chance), prime(512, chance)
    d = pow(65537, -1, (p - 1) * (q - 1))
    private = integers(0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    rsa = der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    public = der(0x30, rsa + der(0x03, b"\0" + integers(p * q, 65537)))
    body = base64.encodebytes(private).decode()
    kind = "RSA PRIVATE KEY"
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n", b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def prime(bits: int, chance: random.Random) -> int:
    while True:
        n = chance.getrandbits(bits) | (3 << (bits - 2)) | 1
        if n % 65537 != 1 and all(pow(a, n - 1, n) == 1 for a in (2, 3, 5, 7, 11, 13)):
            return n


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    head = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + head + content


def integers(*numbers: int) -> bytes:
    return der(0x30, b"".join(der(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in numbers))
