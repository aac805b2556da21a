"""How the usual mail systems write their delivery reports, made by ourselves."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate


@dataclass(frozen=True)
class Returned:
    """The mail that comes back: whom it went to, and by what we know it again."""

    address: str
    message_id: str
    return_path: str


_serial = itertools.count(1)


def message(sender: str, to: str, subject: str, content_type: str, body: str, extra: str = "") -> bytes:
    head = (
        f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {formatdate(1_732_000_000)}\n"
        f"Message-ID: <corpus.{next(_serial)}@mx.farm.example>\nMIME-Version: 1.0\n{extra}"
        f"Content-Type: {content_type}\n\n"
    )
    return (head + body).replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8")


def returned_headers(mail: Returned) -> str:
    return (
        f"Return-Path: <{mail.return_path}>\nFrom: FFTC SNZ Digest <digest@digest.test>\nTo: {mail.address}\n"
        f"Subject: Paddies and compost\nMessage-ID: {mail.message_id}\nMIME-Version: 1.0\n"
    )


def report(
    mail: Returned,
    sender: str,
    words: str,
    fields: str,
    *,
    to: str | None = None,
    report_type: str = "; report-type=delivery-status",
    returned: str = "message/rfc822",
    status_type: str = "message/delivery-status",
    extra: str = "",
    message_fields: str = "Reporting-MTA: dns; mx.farm.example\nArrival-Date: Tue, 19 Nov 2024 07:06:40 +0000\n",
) -> bytes:
    body = (
        f"--=b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n"
        f"--=b\nContent-Type: {status_type}\n\n{message_fields}\n{fields}\n"
        f"--=b\nContent-Type: {returned}\n\n{returned_headers(mail)}\n"
        + ("Rice and rain.\n" if returned == "message/rfc822" else "")
        + "\n--=b--\n"
    )
    kind = f'multipart/report{report_type};\n boundary="=b"'
    return message(sender, to or mail.return_path, "Undelivered Mail Returned to Sender", kind, body, extra)


def fields_of(mail: Returned, status: str, reply: str, action: str = "failed", **more: str) -> str:
    lines = {
        "Final-Recipient": f"rfc822; {mail.address}",
        "Original-Recipient": f"rfc822;{mail.address}",
        "Action": action,
        "Status": status,
        "Remote-MTA": "dns; mx.farm.example",
        "Diagnostic-Code": f"smtp; {reply}",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items() if value)


def postfix(status: str, reply: str, action: str = "failed", **options: str) -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        words = f"<{mail.address}>: host mx.farm.example said:\n    {reply} (in reply to RCPT TO command)"
        sender = "MAILER-DAEMON@mx.farm.example (Mail Delivery System)"
        extra = "Auto-Submitted: auto-replied\nX-Postfix-Queue-ID: 4XsQ\n"
        return report(mail, sender, words, fields_of(mail, status, reply, action), extra=extra, **options)

    return build


def exim(status: str, reply: str, action: str = "failed") -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        fields = (
            f"Action: {action}\nFinal-Recipient: rfc822;{mail.address}\nStatus: {status}\n"
            f"Remote-MTA: dns; mx.farm.example\nDiagnostic-Code: smtp; {reply}\n"
        )
        extra = f"X-Failed-Recipients: {mail.address}\nAuto-Submitted: auto-replied\n"
        words = "A message that you sent could not be delivered to one or more of its recipients."
        sender = "Mail Delivery System <Mailer-Daemon@mx.farm.example>"
        return report(mail, sender, words, fields, extra=extra, message_fields="Reporting-MTA: dns; mx.farm.example\n")

    return build


def exchange(status: str, reply: str, action: str = "failed") -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        fields = (
            f"Final-Recipient: rfc822;{mail.address}\nAction: {action}\nStatus: {status}\n"
            f"Diagnostic-Code: smtp;{reply}\nRemote-MTA: dns;FARM01.prod.outlook.example\n"
            "X-Display-Name: =?utf-8?B?5rC055Sw?=\n"
        )
        sender = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@farm.example>"
        extra = f"In-Reply-To: {mail.message_id}\nReferences: {mail.message_id}\nX-MS-Exchange-Message-Is-Ndr:\n"
        words = f"Your message to {mail.address} couldn't be delivered."
        return report(mail, sender, words, fields, report_type=" ;report-type=delivery-status", extra=extra)

    return build


def gmail(status: str, reply: str, action: str = "failed") -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        fields = (
            f"Final-Recipient: rfc822; {mail.address}\nAction: {action}\nStatus: {status}\n"
            "Remote-MTA: dns; mx.farm.example. (192.0.2.7, the server for the domain.)\n"
            f"Diagnostic-Code: smtp; {reply}\nLast-Attempt-Date: Tue, 19 Nov 2024 07:06:41 +0000 (UTC)\n"
        )
        head = f"Reporting-MTA: dns; googlemail.example\nX-Original-Message-ID: {mail.message_id}\n"
        sender = "Mail Delivery Subsystem <mailer-daemon@googlemail.example>"
        extra = f"Auto-Submitted: auto-replied\nX-Failed-Recipients: {mail.address}\n"
        return report(mail, sender, "** Address not found **", fields, message_fields=head, extra=extra)

    return build


def sendmail(status: str, reply: str, action: str = "failed") -> Callable[[Returned], bytes]:
    def build(mail: Returned) -> bytes:
        fields = (
            f"Final-Recipient: RFC822; {mail.address}\nX-Actual-Recipient: RFC822; {mail.address}\nAction: {action}\n"
            f"Status: {status}\nRemote-MTA: DNS; mx.farm.example\nDiagnostic-Code: SMTP; {reply}\n"
        )
        extra = "Auto-Submitted: auto-generated (failure)\n"
        words = "   ----- The following addresses had permanent fatal errors -----"
        sender = "Mail Delivery Subsystem <MAILER-DAEMON@mx.farm.example>"
        return report(mail, sender, words, fields, returned="text/rfc822-headers", extra=extra)

    return build
