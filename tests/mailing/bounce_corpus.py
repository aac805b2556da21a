"""Bounces as the usual systems write them, made by ourselves, each with the class it must be given.

None as class: nothing may follow. Texts are misleading on purpose where the codes decide.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.mailing.bounce_styles import (
    Returned,
    exchange,
    exim,
    fields_of,
    gmail,
    message,
    postfix,
    report,
    returned_headers,
    sendmail,
)


@dataclass(frozen=True)
class Case:
    """A message, made for the mail that it is about; `status` is the code that decides."""

    name: str
    build: Callable[[Returned], bytes]
    kind: str | None
    status: str = ""


# --- codes that every system sends, with words that say something else -------------------------------------------

_CODES = [
    ("5.1.1", "550 5.1.1 User unknown", "hard"),
    ("5.1.2", "550 5.1.2 Domain not found, please try again later", "hard"),
    ("5.1.3", "553 5.1.3 Address of wrong form", "hard"),
    ("5.1.6", "551 5.1.6 Mailbox has moved", "hard"),
    ("5.1.10", "556 5.1.10 Domain takes no mail (null MX)", "hard"),
    ("5.2.1", "550 5.2.1 Mailbox disabled", "hard"),
    ("5.2.2", "552 5.2.2 Mailbox full, user unknown", "soft"),
    ("4.2.2", "452 4.2.2 Over quota; no such user", "soft"),
    ("4.4.1", "connect to mx.farm.example: Connection timed out", "soft"),
    ("4.4.7", "451 4.4.7 Message expired: user unknown", "soft"),
    ("5.3.4", "552 5.3.4 Message too big", "soft"),
    ("5.0.0", "550 no such mailbox here", "soft"),
    ("5.7.1", "550 5.7.1 Rejected as spam; mailbox does not exist", "policy"),
    ("5.7.26", "550 5.7.26 Unauthenticated mail", "policy"),
    ("5.7.515", "550 5.7.515 Access denied", "policy"),
]
_SYSTEMS = {"Postfix": postfix, "Exim": exim, "Exchange": exchange, "Gmail": gmail, "sendmail": sendmail}


def codes() -> Iterator[Case]:
    """Each code by each system: 75 reports."""
    for name, system in _SYSTEMS.items():
        for status, reply, kind in _CODES:
            yield Case(f"{name} {status}", system(status, reply), kind, status)


# --- peculiar reports --------------------------------------------------------------------------------------------

_UNKNOWN = "550 5.1.1 User unknown"


def _with_fields(fields: Callable[[Returned], str], **options: str) -> Callable[[Returned], bytes]:
    return lambda mail: report(mail, "MAILER-DAEMON@mx.farm.example", "Sorry.", fields(mail), **options)


def _two(first: str, second: str) -> Callable[[Returned], bytes]:
    """An alias with two mailboxes behind it, one field block each."""

    def fields(mail: Returned) -> str:
        other = f"Final-Recipient: rfc822; second@farm.example\n{second}"
        return f"Final-Recipient: rfc822; first@farm.example\n{first}\n{other}"

    return _with_fields(fields)


def peculiar() -> Iterator[Case]:
    failed, delivered = "Action: failed\nStatus: 5.1.1\n", "Action: delivered\nStatus: 2.0.0\n"
    yield Case(
        "Exim 5.0.0 with the code in the answer", exim("5.0.0", "550-5.1.1 Unknown\n 550 5.1.1 x"), "hard", "5.1.1"
    )
    yield Case("5.1.1 made of an answer about policy", postfix("5.1.1", "550 5.7.1 Blocked"), "policy", "5.7.1")
    yield Case("reputation for now", postfix("4.7.28", "421-4.7.28 Unusual rate"), "policy", "4.7.28")
    yield Case("our own address disliked", postfix("5.1.8", "550 5.1.8 Bad sender domain"), "policy", "5.1.8")
    yield Case("no report-type", postfix("5.1.1", _UNKNOWN, report_type=""), "hard", "5.1.1")
    yield Case("headers only", postfix("5.1.1", _UNKNOWN, returned="text/rfc822-headers"), "hard", "5.1.1")
    yield Case("a comment behind the code", postfix("5.1.1 (bad destination)", "x"), "hard", "5.1.1")
    yield Case("zeros before numbers", postfix("5.01.001", "x"), "hard", "5.1.1")
    yield Case("the action in capitals", postfix("5.1.1", _UNKNOWN, "FAILED"), "hard", "5.1.1")
    yield Case("no action", _with_fields(lambda mail: fields_of(mail, "5.1.1", _UNKNOWN, "")), "hard", "5.1.1")
    yield Case("no status", _with_fields(lambda mail: fields_of(mail, "", _UNKNOWN)), "hard", "5.1.1")
    yield Case("neither status nor code", _with_fields(lambda mail: fields_of(mail, "", "550 user unknown")), None)
    yield Case("failed with a code of success", postfix("2.0.0", "250 2.0.0 Fine"), None)
    yield Case(
        "internationalized", postfix("5.1.1", _UNKNOWN, status_type="message/global-delivery-status"), "hard", "5.1.1"
    )
    yield Case("a folded diagnostic", postfix("5.2.2", "552 5.2.2 Mailbox\n full of\n\tuser unknown"), "soft", "5.2.2")
    yield Case("an alias whose mailboxes all failed", _two(failed, failed), "hard", "5.1.1")
    yield Case("an alias with one mailbox full", _two(failed, "Action: failed\nStatus: 5.2.2\n"), "soft", "5.2.2")
    yield Case("an alias with one mailbox reached", _two(failed, delivered), "delivered")
    yield Case("an alias with one mailbox that waits", _two(failed, "Action: delayed\nStatus: 4.4.1\n"), None)
    for system in ("Postfix", "Exchange", "Gmail", "sendmail"):
        yield Case(f"{system} delayed", _SYSTEMS[system]("4.4.1", "451 4.4.1 User unknown", "delayed"), None)
    yield Case("delayed with a hard code", postfix("5.1.1", _UNKNOWN, "delayed"), None)
    yield Case("relayed", postfix("2.1.9", "250 2.1.9 Relayed", "relayed"), None)
    yield Case("expanded", postfix("2.1.5", "250 2.1.5 Expanded", "expanded"), None)
    yield Case("delivered", postfix("2.1.5", "250 2.1.5 Delivered", "delivered"), "delivered", "2.1.5")
    for seen in ("Delivered-To", "X-Original-To"):
        yield Case(f"known by {seen}", _by_field(seen), "hard", "5.1.1")
    yield Case(
        "known by Message-ID", lambda m: postfix("5.1.1", _UNKNOWN, to="bounces@digest.test")(m), "hard", "5.1.1"
    )
    yield Case("known by a return path in capitals", _shouted, "hard", "5.1.1")


def _by_field(name: str) -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        stranger = Returned(mail.address, "<x@elsewhere.example>", mail.return_path)
        raw = postfix("5.1.1", _UNKNOWN, to="bounces@digest.test")(stranger).replace(b"Return-Path", b"X-Path")
        return f"{name}: <{mail.return_path}>\r\n".encode() + raw

    return build


def _shouted(mail: Returned) -> bytes:
    return postfix("5.1.1", _UNKNOWN)(Returned(mail.address, "<x@elsewhere.example>", mail.return_path.upper()))


# --- what is no report -------------------------------------------------------------------------------------------

_AWAY = [
    ("en", "Automatic reply: Paddies", "I am out of the office. For 5.1.1 user unknown see the manual."),
    ("zh-hant", "自動回覆：水田", "我目前不在辦公室，信箱已滿，週一回來。"),
    ("zh-hans", "自动回复：水田", "我正在休假，地址不存在的问题请找同事。"),
    ("ja", "自動返信：不在のお知らせ", "ただいま出張中です。メールボックスがいっぱいです。"),
    ("ko", "부재중 자동 회신", "지금은 사무실에 없습니다."),
    ("vi", "Trả lời tự động", "Tôi đang đi công tác, hộp thư đầy."),
    ("th", "ตอบกลับอัตโนมัติ", "ขณะนี้ไม่อยู่ที่สำนักงาน"),
    ("id", "Balasan otomatis", "Saya sedang cuti. Alamat tidak ditemukan."),
    ("de", "Abwesenheitsnotiz", "Ich bin nicht mehr im Hause, die Adresse existiert nicht mehr."),
    ("fr", "Réponse automatique", "Absent du bureau. Boîte pleine, 550 5.1.1."),
    ("es", "Respuesta automática", "Estoy de vacaciones. Usuario desconocido."),
    ("nl", "Afwezigheidsbericht", "Ik ben er niet; mailbox unavailable."),
]


def _away(subject: str, text: str, field: str) -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        extra = f"{field}In-Reply-To: {mail.message_id}\nReferences: {mail.message_id}\n"
        kind = "text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"
        return message(mail.address, mail.return_path, subject, kind, text + "\n", extra)

    return build


def _plain(sender: str, subject: str, text: str) -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        body = text.replace("ADDRESS", mail.address) + "\n\n" + returned_headers(mail) + "\nRice and rain.\n"
        return message(sender, mail.return_path, subject, "text/plain; charset=us-ascii", body)

    return build


def _forwarded(mail: Returned) -> bytes:
    """A person sends a bounce on, as an attachment: it is not theirs."""
    inner = postfix("5.1.1", _UNKNOWN)(mail).decode().replace("\r\n", "\n")
    body = (
        f"--=o\nContent-Type: text/plain\n\nWhat is this?\n\n--=o\nContent-Type: message/rfc822\n\n{inner}\n--=o--\n"
    )
    return message(mail.address, mail.return_path, "Fwd: Undelivered", 'multipart/mixed; boundary="=o"', body)


def _read_receipt(mail: Returned) -> bytes:
    body = (
        "--=r\nContent-Type: text/plain\n\nIt was read.\n\n--=r\nContent-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822;{mail.address}\nOriginal-Message-ID: {mail.message_id}\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--=r--\n"
    )
    kind = 'multipart/report; report-type=disposition-notification; boundary="=r"'
    return message(mail.address, mail.return_path, "Read: Paddies", kind, body)


def no_reports() -> Iterator[Case]:
    fields = ("Auto-Submitted: auto-replied\n", "X-Auto-Response-Suppress: All\n", "Precedence: bulk\n", "")
    for (code, subject, text), field in zip(_AWAY, itertools.cycle(fields), strict=False):
        yield Case(f"out of office {code}", _away(subject, text, field), None)
    qmail = "Hi. This is the qmail-send program at farm.example.\n\n<ADDRESS>:\nSorry, no mailbox here. (#5.1.1)\n"
    yield Case("qmail", _plain("MAILER-DAEMON@farm.example", "failure notice", qmail), None)
    yield Case("qmail, once more", _plain("MAILER-DAEMON@farm.example", "failure notice", qmail + "--- Below"), None)
    exim3 = "The following address failed:\n\n  ADDRESS\n    550 5.1.1 User unknown"
    yield Case("old Exim", _plain("Mailer-Daemon@farm.example", "Mail delivery failed", exim3), None)
    challenge = "To deliver your mail to ADDRESS, click here."
    yield Case("challenge", _plain("ADDRESS@farm.example", "Please verify yourself", challenge), None)
    yield Case("an answer by hand", _plain("ana@farm.example", "Re: Paddies", "user unknown, ha! 5.1.1"), None)
    yield Case("a bounce sent on", _forwarded, None)
    yield Case("a read receipt", _read_receipt, None)
    yield Case("nothing", lambda _mail: b"", None)


# --- complaints --------------------------------------------------------------------------------------------------


def _feedback(kind: str, returned: str = "message/rfc822", extra: str = "") -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        body = (
            "--=f\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
            "--=f\nContent-Type: message/feedback-report\n\n"
            f"Feedback-Type: {kind}\nUser-Agent: FarmFBL/1.0\nVersion: 1\n{extra.replace('PATH', mail.return_path)}\n"
            f"--=f\nContent-Type: {returned}\n\n{returned_headers(mail)}\n\n--=f--\n"
        )
        content_type = 'multipart/report; report-type=feedback-report; boundary="=f"'
        return message("fbl@farm.example", "complaints@digest.test", "FW: Paddies", content_type, body)

    return build


def complaints() -> Iterator[Case]:
    for kind in ("abuse", "Abuse", "fraud", "opt-out"):
        yield Case(f"feedback {kind}", _feedback(kind), "complaint")
    yield Case("feedback with headers only", _feedback("abuse", "text/rfc822-headers"), "complaint")
    yield Case("feedback known by its return path", _hidden_id, "complaint")
    for kind in ("not-spam", "auth-failure", "virus", "other", ""):
        yield Case(f"feedback {kind or 'of no type'}", _feedback(kind), None)


def _hidden_id(mail: Returned) -> bytes:
    stranger = Returned(mail.address, "<x@elsewhere.example>", mail.return_path)
    return _feedback("abuse", extra="Original-Mail-From: <PATH>\n")(stranger).replace(b"Return-Path", b"X-Path")


def everything() -> list[Case]:
    """All messages of the corpus."""
    return [*codes(), *peculiar(), *no_reports(), *complaints()]
