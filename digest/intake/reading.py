"""Reads the file of a document; other files are refused with an error in one line."""

import codecs
import re
import stat
from pathlib import Path

from django.utils.translation import gettext as _

MAX_BYTES = 5 * 2**20  # an issue has 30 kB, a paper 40 kB
MAX_LINES = 20_000  # an issue has 250, a paper copied line by line some 2,000

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_KINDS = {
    b"%PDF": "PDF",
    b"PK\x03\x04": "DOCX, ODT, ZIP",
    b"\xd0\xcf\x11\xe0": "DOC",
    b"{\\rtf": "RTF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"RIFF": "WebP",
}
_MARKUP = re.compile(
    r"\s*<(?:!doctype|\?xml|!--|/?[a-z][a-z0-9]*[\s>/])", re.IGNORECASE
)  # at the beginning of a document
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_BLOCK = re.compile(r"</(?:p|div|td|tr|li|h[1-6])>", re.IGNORECASE)
_MAX_BLOCKS = 3  # this many closing tags are a web page without its head
_ENCODED = re.compile(r"^content-transfer-encoding:\s*(?:base64|quoted-printable)", re.IGNORECASE | re.MULTILINE)
# Characters of every Chinese text that the same bytes in another encoding rarely give.
_USUAL = frozenset("，。、：；（）「」的年月日期")
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")  # all of C0 but tab, LF, CR


class UnreadableFile(ValueError):
    """A file that is not a document. The message gives the reason in one line."""


def read_document(path: str | Path) -> str:
    """The text of a document in UTF-8, UTF-16 with a mark, or Big5; line ends are `\\n`, no byte order mark.

    Raises UnreadableFile if the file is missing, empty, binary, larger than MAX_BYTES, longer than MAX_LINES lines, in
    another encoding, or HTML or other markup, and if the path is not a file but a folder, a pipe or a device.
    Only CR, LF and CRLF are line ends, as in text editors.
    """
    data = _read(Path(path))
    text = _decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).replace("\ufeff", "")
    if not text.strip():
        raise UnreadableFile(_("The file is empty."))
    _refuse_markup(text)
    if (lines := text.count("\n") + 1) > MAX_LINES:
        params = {"lines": lines, "limit": MAX_LINES}
        raise UnreadableFile(_("The file has %(lines)s lines; the limit is %(limit)s.") % params)
    return text


def _refuse_markup(text: str) -> None:
    """Refuse web pages and encoded emails, which would be read as text with tags."""
    if _MARKUP.match(text) or _PAGE.search(text) or len(_BLOCK.findall(text)) >= _MAX_BLOCKS:
        raise UnreadableFile(_("This is HTML or other markup, not plain text. Save it as text (UTF-8)."))
    if _ENCODED.search(text):
        raise UnreadableFile(_("This is an encoded email, not plain text. Save its text as text (UTF-8)."))


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UnreadableFile(_("This is a folder, not a file."))
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # checked before opening: opening a pipe would block
            raise UnreadableFile(_("This is a pipe or a device; only files can be read."))
        if status.st_size > MAX_BYTES:
            raise _too_large()
        with path.open("rb") as file:  # it may have grown, and files in /proc have no size
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnreadableFile(_("The file does not exist.")) from None
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableFile):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(_("The file cannot be read: %(reason)s.") % {"reason": reason}) from None
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data


def _too_large() -> UnreadableFile:
    return UnreadableFile(_("The file exceeds %(limit)s MB and cannot be imported.") % {"limit": MAX_BYTES // 2**20})


def _decode(data: bytes) -> str:
    for start, kind in _KINDS.items():
        if data.startswith(start):
            raise UnreadableFile(
                _("This is a %(kind)s file, not plain text. Save it as text (UTF-8).") % {"kind": kind}
            )
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    if not data.startswith(_UTF32):
        try:
            return _checked(data.decode(encoding))
        except UnicodeDecodeError:
            pass
    if encoding == "utf-8" and (text := _as_big5(data)):
        return text
    raise UnreadableFile(_("The file is neither UTF-8 nor Big5 text. Save it as UTF-8."))


def _checked(text: str) -> str:
    controls = len(re.findall(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text))
    if "\0" in text or controls * 100 > len(text):
        raise UnreadableFile(_("The file is binary or in an unusual encoding. Save it as text (UTF-8)."))
    return text


def _as_big5(data: bytes) -> str:
    """Decode as Big5; None if the result is not likely to be Chinese.

    GBK and Latin-1 often decode without an error, but to rare characters. Big5 has its 5,401 frequent characters
    before 0xC940; in Chinese text fewer than one in twenty is beyond.
    """
    if _is_japanese_or_korean(data):
        return ""
    for codec in ("cp950", "big5hkscs"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        wide = [c for c in text if c > "\x7f"]
        rare = sum(1 for c in wide if c >= "\u3400" and c.encode(codec) >= b"\xc9\x40" and c not in _USUAL)
        usual = sum(1 for c in wide if c in _USUAL)
        if rare * 10 <= len(wide) <= usual * 50:
            return _checked(text)
    if b"\0" in data:
        raise UnreadableFile(_("The file is binary or in an unusual encoding. Save it as text (UTF-8)."))
    return ""


def _is_japanese_or_korean(data: bytes) -> bool:
    """Whether the bytes decode to kana or Hangul as EUC, which Big5 text never does."""
    for codec, first, last in (("euc_jp", "\u3041", "\u30fe"), ("euc_kr", "\uac00", "\ud7a3")):
        try:
            wide = [c for c in data.decode(codec) if c > "\x7f"]
        except UnicodeDecodeError:
            continue
        if sum(1 for c in wide if first <= c <= last) * 4 > len(wide):
            return True
    return False
