"""Our own DKIM signatures verify, cover both unsubscribe headers, and leave no room for a second From or Subject."""

import dkim
import pytest

from digest.mailing import dkim as own
from digest.mailing.mime_template import MimeTemplate, build, slot
from tests.mailing.dkim_key import make_key
from tests.mailing.emails import TOKENS

HEADERS = [
    ("From", "digest@testserver"),
    ("To", slot("to")),
    ("Subject", "稻田與土壤"),
    ("Message-ID", "<m1.2.0123456789abcdef@testserver>"),
    ("List-Unsubscribe", f"<https://testserver/u/{slot('unsubscribe')}/>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
]


@pytest.fixture(scope="module")
def key() -> tuple[str, bytes]:
    return make_key()


@pytest.fixture
def signed(key, settings, tmp_path) -> bytes:
    file = tmp_path / "dkim.pem"
    file.write_text(key[0])
    settings.DKIM_KEY_FILE, settings.DKIM_SELECTOR, settings.MAIL_FROM = str(file), "s2024", "digest@testserver"
    return b"".join(own.signed(message()))


def message() -> list[bytes]:
    pieces: MimeTemplate = build(HEADERS, "Text\n", "<p>稻</p>\n")
    return pieces.fill({"to": b"rice@field.test", "unsubscribe": TOKENS["unsubscribe"].encode() * 43})


def is_good(raw: bytes, record: bytes) -> bool:
    return dkim.verify(raw, dnsfunc=lambda name, timeout=5: record, minkey=1024)


def test_the_signature_verifies_and_covers_what_it_must(signed, key):
    assert is_good(signed, key[1])
    head = signed.partition(b"\r\nFrom")[0].decode().lower()
    assert "d=testserver" in head and "s=s2024" in head
    names = [name.strip() for name in head.partition("h=")[2].partition(";")[0].split(":")]
    assert {"list-unsubscribe", "list-unsubscribe-post", "to", "message-id"} <= set(names)
    assert (names.count("from"), names.count("subject")) == (2, 2)
    assert max(len(line) for line in head.split("\r\n")) <= 78


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"rice@field.test", b"soil@field.test"),
        (b"/u/u", b"/u/x"),
        (b"One-Click", b"Two-Click"),
        (b"From: digest@testserver", b"From: other@testserver\r\nFrom: digest@testserver"),
        (b"Subject: ", b"Subject: Win!\r\nSubject: "),
        (b"\r\nVGV4", b"\r\nVGV5"),
    ],
)
def test_a_changed_message_does_not_verify(signed, key, before, after):
    assert before in signed
    assert not is_good(signed.replace(before, after, 1), key[1])


def test_without_a_key_the_message_goes_as_it_is(settings):
    settings.DKIM_KEY_FILE = ""
    assert own.signed(message()) == message()
