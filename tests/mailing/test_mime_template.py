"""A mail put together from frozen pieces is the mail built afresh, byte for byte, and reads back as what was meant."""

import base64
import email
import email.policy
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mailing import header_fields, mime_template
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.mime_template import MimeTemplate, build, slot

NAMES = ("unsubscribe", "preferences")
TOKENS = st.text("ABCXYZabcxyz0189-_", min_size=43, max_size=43)
WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=130)
BODIES = st.lists(st.one_of(WORDS, st.sampled_from([slot(name) for name in NAMES])), max_size=6).map("".join)
LINES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=150).filter(
    lambda text: not header_fields.NOT_ALLOWED.search(text) and text.strip(" ")
)
HEADERS = [("To", slot("to")), ("Message-ID", slot("message_id")), ("List-Unsubscribe", f"<{slot('unsubscribe')}>")]


def values(one: str = "u" * 43, two: str = "p" * 43) -> dict[str, bytes]:
    own = {"unsubscribe": one, "preferences": two, "to": "rice@field.test", "message_id": "<m1.2.ab@portal.test>"}
    return {name: value.encode() for name, value in own.items()}


def written_out(text: str, own: dict[str, bytes]) -> str:
    for name, value in own.items():
        text = text.replace(slot(name), value.decode())
    return text


def read(message: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(message, policy=email.policy.default)  # type: ignore[return-value]


@given(BODIES, BODIES, LINES, TOKENS, TOKENS)
@example(slot("unsubscribe") * 2 + "稻", "x" + slot("preferences"), "稻", "u" * 43, "p" * 43)
def test_filling_the_pieces_gives_the_message_built_afresh(text, html, subject, one, two):
    own = values(one, two)
    headers = [*HEADERS, ("Subject", subject)]
    afresh = build(
        [(name, written_out(value, own)) for name, value in headers], written_out(text, own), written_out(html, own)
    )
    filled = b"".join(build(headers, text, html).fill(own))
    # A value in a header field may be folded where a slot is not.
    assert re.sub(rb"\r\n (?=<)", b" ", b"".join(afresh.fill({}))) == filled


@given(BODIES, BODIES, LINES)
def test_a_mail_parser_reads_back_what_was_written(text, html, subject):
    own = values()
    message = read(b"".join(build([*HEADERS, ("Subject", subject)], text, html).fill(own)))
    plain, rich = message.iter_parts()
    assert [plain.get_content_type(), rich.get_content_type()] == ["text/plain", "text/html"]
    assert plain.get_payload(decode=True).decode() == mime_template.canonical_lines(written_out(text, own))
    assert rich.get_payload(decode=True).decode() == mime_template.canonical_lines(written_out(html, own))
    assert (message["Subject"], message["To"]) == (subject.strip(" "), "rice@field.test")
    assert not message.defects


@given(BODIES, BODIES, LINES)
def test_every_line_is_short_seven_bit_and_begins_with_no_dot(text, html, subject):
    message = b"".join(build([*HEADERS, ("Subject", subject)], text, html).fill(values()))
    assert message.isascii() and message.endswith(b"\r\n")
    head, _blank, body = message.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    # Only a word that is longer by itself makes a longer line.
    assert all(len(line) <= 78 or b" " not in line.strip().partition(b": ")[2] for line in head.split(b"\r\n"))
    assert not [line for line in message.split(b"\r\n") if line.startswith(b".") or b"\r" in line or b"\n" in line]


@given(BODIES, BODIES, LINES)
def test_pieces_come_back_from_the_database_as_they_were(text, html, subject):
    pieces = build([*HEADERS, ("Subject", subject)], text, html)
    assert MimeTemplate.load(memoryview(pieces.dump())) == pieces
    assert pieces.slots >= {"to", "message_id", "unsubscribe"}


@pytest.mark.parametrize("code", [0, 9, 10, 11, 12, 13, 0x1C, 0x7F, 0x85, 0x200E, 0x2028, 0x202E, 0x2066, 0xD800])
def test_a_header_with_a_control_or_a_change_of_direction_is_refused(code):
    with pytest.raises(UnsafeContent, match=f"U\\+{code:04X}"):
        build([("Subject", f"Rice{chr(code)}fields")], "", "")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.test\r\nBcc: c@d.test",
        "",
        " a@b.test",
        "稻@b.test",
        "a@b.test\n",
        "a@b.test,c@d.test",
        "a b@c.test",
        "a@b.test\0",
    ],
)
def test_an_address_that_is_no_single_word_of_ascii_is_refused(address):
    with pytest.raises(UnsafeContent, match="to"):
        build(HEADERS, "", "").fill({**values(), "to": address.encode()})


def test_a_token_of_another_length_is_refused():
    with pytest.raises(UnsafeContent, match="43"):
        build([], slot("unsubscribe"), "").fill(values("short"))


def test_a_value_that_lacks_is_an_error():
    with pytest.raises(KeyError, match="unsubscribe"):
        build([], slot("unsubscribe"), "").fill({})


@given(LINES.map(lambda text: text[:9]).filter(str.strip))  # Python's parser puts a space between longer ones' words
def test_a_name_before_an_address_reads_back_as_it_was(name):
    line = header_fields.mailbox(name, "digest@portal.test")
    message = read(b"".join(build([("From", line)], "", "").fill({})))
    found = message["From"].addresses[0]
    assert found.addr_spec == "digest@portal.test"
    assert found.display_name.split() == name.split()


def test_the_size_told_is_the_size_on_its_way():
    html = "<p>稻田與土壤</p>\n" * 300
    message = b"".join(build([], "", html).fill({}))
    encoded = message.partition(b"text/html")[2].partition(b"\r\n\r\n")[2].partition(b"--=_")[0]
    assert len(encoded) == mime_template.encoded_size(html)
    assert base64.b64decode(encoded).decode() == mime_template.canonical_lines(html)
