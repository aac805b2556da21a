"""Checks one raw mail against the message format of reliability.md, 6.2 (F1-F9); every mail of every test is."""

import email
import email.policy
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urlsplit

MAX_HTML_BYTES = 90_000
TOKEN = r"[A-Za-z0-9_-]{43}"
PERSONAL = re.compile(rf"/u/{TOKEN}/|/subscribe/(?:confirm|not-me|preferences|address)/{TOKEN}/")
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language")
TAGS = {"zh-Hant", "zh-Hans", "en"}
IN_BODIES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
BIDI_AND_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


VOID = {"meta", "br", "img", "link", "hr", "input"}


@dataclass
class Mail:
    """A mail as its reader gets it."""

    message: EmailMessage
    text: str
    html: str
    html_bytes: int  # on its way
    page: "Page"

    @property
    def is_notice(self) -> bool:
        return self.message["Auto-Submitted"] is not None

    @property
    def languages(self) -> list[str]:
        return [tag.strip() for tag in str(self.message["Content-Language"]).split(",")]


@dataclass
class Page:
    """What the checks ask of the HTML."""

    links: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    languages: list[str] = field(default_factory=list)
    styles: str = ""
    body: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)  # each text with the language it is marked as


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[tuple[str, str]] = []  # elements, with the language inside

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.page.tags.add(tag)
        inside = given.get("lang") or (self._open[-1][1] if self._open else "")
        if tag not in VOID:
            self._open.append((tag, inside))
        elif given.get("alt"):
            self.page.said.append((inside, given["alt"]))
        self.page.styles += given.get("style", "") + "\n"
        if "lang" in given:
            self.page.languages.append(given["lang"])
        if tag == "a":
            self.page.links.append(given.get("href", ""))
        elif tag == "img":
            self.page.images.append(given)
        elif set(given) & {"src", "srcset", "background", "action", "data"} or "onload" in given:
            self.page.tags.add(f"{tag} that loads")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style":
            self.page.styles += data
        else:
            self.page.body += data
            if self._open and data.strip():
                self.page.said.append((self._open[-1][1], data.strip()))


def checked(raw: bytes, site_url: str = "http://testserver") -> Mail:
    """The mail, after it has passed every check. Raises AssertionError with all its faults."""
    mail = parsed(raw)
    faults = [
        *_wire(raw),
        *_structure(mail),
        *_headers(mail, site_url),
        *(_unsubscribing(mail, raw, site_url) if not mail.is_notice else []),
        *_links(mail, site_url),
        *_quiet(mail, site_url),
    ]
    assert not faults, "\n".join(faults)
    return mail


def mislabelled(mail: Mail) -> list[str]:
    """Texts marked as English that hold Chinese, or as Chinese that are Latin words; of true texts only."""
    found = []
    for language, text in mail.page.said:
        has_han = re.search(r"[\u4e00-\u9fff]", text) is not None
        is_latin = not has_han and len(re.findall(r"[A-Za-z]{2,}", text)) >= 3
        if (has_han and language == "en") or (is_latin and language != "en"):
            found.append(f"{language}: {text}")
    return found


def parsed(raw: bytes) -> Mail:
    message: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[assignment]
    text, html = (_content(part) for part in message.iter_parts())
    reader = _Reader()
    reader.feed(html)
    parts = list(message.iter_parts())
    return Mail(message, text, html, len(re.sub("\r?\n", "\r\n", str(parts[1].get_payload()))) + 2, reader.page)


def _content(part: EmailMessage) -> str:
    return part.get_payload(decode=True).decode(part.get_content_charset("ascii"))  # type: ignore[union-attr]


def _wire(raw: bytes) -> list[str]:
    """F4, and that no line needs a second dot."""
    faults = []
    if not raw.isascii():
        faults.append("F4: not 7-bit clean")
    if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw):
        faults.append("F4: a line ends in something else than CRLF")
    if not raw.endswith(b"\r\n"):
        faults.append("F4: the last line has no end")
    head, _blank, body = raw.partition(b"\r\n\r\n")
    faults += [f"F4: a line of {len(line)} in the body" for line in body.split(b"\r\n") if len(line) > 76]
    for line in head.split(b"\r\n"):
        value = line if line[:1] in b" \t" else line.partition(b":")[2]
        if len(line) > 998 or (len(line) > 78 and b" " in value.strip()):
            faults.append(f"F4: a header line of {len(line)} that could be folded: {line[:30]!r}")
        if not line.strip():
            faults.append("F4: a header line of nothing")
    return faults + [f"F4: begins with a dot: {line!r}" for line in raw.split(b"\r\n") if line.startswith(b".")]


def _structure(mail: Mail) -> list[str]:
    """F5's order, F6, and the encodings of section 2.4."""
    faults = [f"the parser found {defect!r}" for defect in mail.message.defects]
    kinds = [part.get_content_type() for part in mail.message.iter_parts()]
    if mail.message.get_content_type() != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        faults.append(f"F5: not text first and HTML second: {kinds}")
    for part in mail.message.iter_parts():
        if (part["Content-Transfer-Encoding"], part.get_content_charset()) != ("base64", "utf-8"):
            faults.append("F4: a part that is not UTF-8 in base64")
    if mail.html_bytes > MAX_HTML_BYTES:
        faults.append(f"F6: {mail.html_bytes} bytes of HTML")
    for name, part in (("text", mail.text), ("HTML", mail.html)):
        if found := IN_BODIES.search(part):
            faults.append(f"a control or a change of direction in the {name}: U+{ord(found[0]):04X}")
    if len(mail.text.strip()) < 80:
        faults.append("F5: a text part that says nothing")
    return faults


def _headers(mail: Mail, site_url: str) -> list[str]:
    """F7, section 2.3 and Q8."""
    message = mail.message
    faults = [
        f"{name} occurs {len(message.get_all(name, []))} times" for name in ONCE if len(message.get_all(name, [])) != 1
    ]
    if faults:
        return faults
    faults += [f"a control character in {name}" for name, value in message.items() if BIDI_AND_CONTROLS.search(value)]
    host = urlsplit(site_url).hostname
    if not re.fullmatch(
        rf"<(m[1-9]\d*|n0)\.[1-9]\d*\.[0-9a-f]{{16}}@{re.escape(str(host))}>", message["Message-ID"].strip()
    ):
        faults.append(f"F7: not our Message-ID: {message['Message-ID']}")
    if len(message["To"].addresses) != 1 or message["To"].addresses[0].display_name:
        faults.append("not to one bare address")
    if message["Date"].datetime is None or message["Date"].datetime.tzinfo is None:
        faults.append("no date with its zone")
    if not set(mail.languages) <= TAGS:
        faults.append(f"odd languages: {mail.languages}")
    if mail.is_notice and message["Auto-Submitted"] != "auto-generated":
        faults.append("a notice must say auto-generated")
    if mail.is_notice == (message["Precedence"] == "bulk"):
        faults.append("newsletters are bulk, notices are not")
    return faults


def _unsubscribing(mail: Mail, raw: bytes, site_url: str) -> list[str]:
    """F1: both headers to the byte, the same address in both parts, one of its links near the top."""
    head = raw.partition(b"\r\n\r\n")[0].decode() + "\r\n"
    found = re.findall(rf"^List-Unsubscribe: <({re.escape(site_url)}/u/{TOKEN}/)>\r$", head, re.MULTILINE)
    faults = []
    if len(found) != 1 or head.count("\r\nList-Unsubscribe: ") != 1:
        return ["F1: List-Unsubscribe is not one https address with a token"]
    if not found[0].startswith("https:") and urlsplit(site_url).scheme == "https":
        faults.append("F1: List-Unsubscribe is not https")
    if head.count("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n") != 1:
        faults.append("F1: List-Unsubscribe-Post is not exactly One-Click")
    for signature in mail.message.get_all("DKIM-Signature", []):
        signed = re.search(r"\bh=([^;]+)", signature)
        names = [name.strip().lower() for name in signed[1].split(":")] if signed else []
        faults += [f"F1: DKIM leaves out {n}" for n in ("list-unsubscribe", "list-unsubscribe-post") if n not in names]
        faults += [f"DKIM does not oversign {n}" for n in ("from", "subject") if names.count(n) < 2]
    if found[0] not in mail.text or mail.page.links.count(found[0]) < 2:
        faults.append("F5: the way out is not in both parts, twice in the HTML")
    if found[0] not in mail.page.links[:3]:
        faults.append("no way out near the top")
    if mail.page.links.count(found[0]) < 1 + len(mail.languages):
        faults.append("F5: a language without its own way out")
    for code in (tag.lower() for tag in mail.languages):
        for way in (rf"/{code}/issues/", rf"/{code}/subscribe/preferences/{TOKEN}/"):
            if not all(re.search(re.escape(site_url) + way, part) for part in (mail.html, mail.text)):
                faults.append(f"F5: no {way} in both parts")
    for name in ("List-Id", "List-Archive", "Feedback-ID"):
        if len(mail.message.get_all(name, [])) != 1:
            faults.append(f"no {name}")
    return faults


def _links(mail: Mail, site_url: str) -> list[str]:
    """F5: the same links in both parts; and every language has its own ways out and to the web."""
    html = {link for link in mail.page.links if not link.startswith("#")}
    faults = [f"F5: only in the HTML: {link}" for link in html if link.removeprefix("mailto:") not in mail.text]
    for url in re.findall(r"https?://[^\s<>]+", mail.text):
        if url not in html:
            faults.append(f"F5: only in the text: {url}")
    faults += [
        f"an inner link that leads nowhere: {a}"
        for a in mail.page.links
        if a[:1] == "#" and f'id="{a[1:]}"' not in mail.html
    ]
    faults += [f"no https, http or mailto: {link}" for link in html if not re.match(r"https?://|mailto:[^@]+@", link)]
    if not mail.is_notice and f"{site_url}/" not in " ".join(html - {x for x in html if PERSONAL.search(x)}):
        faults.append("F5: no way to the web")
    if "~" in "".join(link for link in html if link.startswith(site_url)):
        faults.append("a slot was left empty")
    return faults


def _quiet(mail: Mail, site_url: str) -> list[str]:
    """F9: nothing that tells who reads; pictures are ours, the same for all, described and of a known size."""
    faults = [
        f"F9: <{tag}>" for tag in sorted(mail.page.tags & {"script", "link", "iframe", "form", "object", "video"})
    ]
    faults += [f"F9: <{tag}>" for tag in sorted(mail.page.tags) if tag.endswith("that loads")]
    if re.search(r"url\(|@import|expression\(", mail.page.styles):
        faults.append("F9: a style that loads something")
    for image in mail.page.images:
        if not re.fullmatch(rf"{re.escape(site_url)}/pictures/[a-z0-9-]+\.webp", image.get("src", "")):
            faults.append(f"F9: a picture from {image.get('src')}")
        if not image.get("alt", "").strip():
            faults.append("a picture without words")
        if not all(image.get(side, "").isdecimal() and int(image[side]) >= 40 for side in ("width", "height")):
            faults.append("F9: a picture of no or hardly any size")
    faults += _telling_links(mail, site_url)
    if not mail.page.languages or mail.page.languages[0] != mail.languages[0]:
        faults.append("the HTML does not say its language")
    faults += [f"odd lang: {tag}" for tag in mail.page.languages if tag not in TAGS]
    return faults


def _telling_links(mail: Mail, site_url: str) -> list[str]:
    """F9: only the pages of the subscription itself have a token, and nothing else in a link is one person's own."""
    to = str(mail.message["To"])
    tokens = {token for link in mail.page.links if PERSONAL.search(link) for token in re.findall(TOKEN, link)}
    faults = []
    for link in mail.page.links:
        is_ours = link.startswith(f"{site_url}/")
        if to in link or (is_ours and "?" in link):
            faults.append(f"F9: tells who clicked: {link}")
        if any(token in link for token in tokens) and not (is_ours and PERSONAL.search(link)):
            faults.append(f"F9: hands a token on: {link}")
    return faults
