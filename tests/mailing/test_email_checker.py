"""The checker of mails finds each fault it is there for."""

import base64
import re
from collections.abc import Callable

import pytest
from django.core.management import call_command

from digest.mailing import composing, outbox
from digest.subscriptions.models import Subscriber
from tests.factories import make_full_issue, make_subscriber
from tests.mailing import email_checks
from tests.mailing.email_checker import checked
from tests.mailing.emails import DATE, filled

pytestmark = pytest.mark.django_db
BASE64 = re.compile(rb"(?<=base64\r\n\r\n)[A-Za-z0-9+/=\r\n]+(?=\r\n--)")


@pytest.fixture
def raw() -> bytes:
    return filled(composing.compose([make_full_issue()], "en", date=DATE))


def in_html(raw: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The message with its HTML changed and encoded again."""
    old = BASE64.findall(raw)[1]
    new = base64.encodebytes(change(base64.b64decode(old))).strip().replace(b"\n", b"\r\n")
    return raw.replace(old, new)


def test_a_good_mail_passes(raw):
    assert checked(raw).message["Subject"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda raw: raw.replace(b"\r\n", b"\n"), "F4: a line ends in something else"),
        (lambda raw: raw.replace(b"Subject: ", b"Subject: \xe7\xa8\xbb "), "7-bit"),
        (lambda raw: raw.replace(b"=One-Click", b"=one-click"), "F1: List-Unsubscribe-Post"),
        (lambda raw: raw.replace(b"List-Unsubscribe: <", b"List-Unsubscribe: <mailto:x@y.test>, <"), "F1"),
        (lambda raw: raw.replace(b"/u/", b"/u/short"), "F1"),
        (lambda raw: re.sub(rb"Message-ID: <[^>]+>", b"Message-ID: <1@testserver>", raw), "F7"),
        (lambda raw: raw.replace(b"To: ", b"To: other@field.test, "), "one bare address"),
        (lambda raw: raw.replace(b"Precedence: bulk\r\n", b""), "bulk"),
        (lambda raw: raw.replace(b"Date: ", b"X-Date: "), "Date occurs 0 times"),
        (lambda raw: raw.replace(b"List-Id: ", b"X-List: "), "no List-Id"),
        (lambda raw: raw.replace(b"text/plain", b"text/other", 1), "F5: not text first"),
        (lambda raw: raw.replace(b"Subject: ", b"Subject: " + b"long words " * 9), "folded"),
    ],
)
def test_a_fault_of_the_message_is_found(raw, change, fault):
    assert change(raw) != raw
    with pytest.raises(AssertionError, match=fault):
        checked(change(raw))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda html: html.replace(b"</body>", b"<img src=http://testserver/p.gif width=1 height=1></body>"), "F9"),
        (lambda html: html.replace(b"</body>", b"<script>1</script></body>"), "F9: <script>"),
        (lambda html: html.replace(b"</body>", b"<p style='background:url(//x.test)'></p></body>"), "F9: a style"),
        (lambda html: html.replace(b"</body>", b"<a href='https://x.test/'>x</a></body>"), "F5: only in the HTML"),
        (lambda html: html.replace(b"/issues/17/", b"/issues/17/?to=me"), "F9: tells who clicked"),
        (lambda html: html.replace(b'"http://testserver/u/', b'"https://x.test/u/'), "F9: hands a token on"),
        (lambda html: html.replace(b"uuu", b"~~~", 1), "F5"),
        (lambda html: html.replace(b"</body>", b"<p>" + b"rice " * 20_000 + b"</p></body>"), "F6"),
        (lambda html: html.replace(b' lang="en"', b"", 1), "does not say its language"),
        (lambda html: html.replace(b'href="#', b'href="#x', 1), "leads nowhere"),
    ],
)
def test_a_fault_of_the_html_is_found(raw, change, fault):
    with pytest.raises(AssertionError, match=fault):
        checked(in_html(raw, change))


def test_a_signature_that_leaves_out_the_way_out_is_found(raw):
    signature = b"DKIM-Signature: v=1; h=from:to:subject; b=x\r\n"
    with pytest.raises(AssertionError, match="F1: DKIM leaves out list-unsubscribe-post"):
        checked(signature + raw)


def test_no_mail_escapes_it_whatever_a_test_is_about(settings, monkeypatch):
    settings.SITE_URL = "http://elsewhere.test"  # of the checker only: the mail was made for another
    monkeypatch.setattr(email_checks, "settings", type("Other", (), {"SITE_URL": "http://testserver"}))
    with pytest.raises(AssertionError, match="F1"):
        composing.compose([make_full_issue()], "en")
    with pytest.raises(AssertionError, match="F7"):
        composing.notice("confirm", Subscriber(language="en"))
    assert len(email_checks.faults) == 2  # either would fail this test, too, had it been caught on its way
    email_checks.faults.clear()


@pytest.mark.django_db(transaction=True)
def test_whoever_sends_a_mail_has_it_checked(settings, tmp_path):
    settings.MAIL_STATE_DIR = tmp_path
    before = email_checks.seen["built"]
    make_subscriber(language="en")
    outbox.start(make_full_issue())
    call_command("send_mailings", once=True, connections=1)
    assert email_checks.seen["built"] == before + 1
