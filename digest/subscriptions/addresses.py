"""Email addresses: one canonical form for forms, admin and imports, and the keys to count and suppress them."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from digest.subscriptions.homographs import is_homograph

MAX_LENGTH = 254  # characters of an address (RFC 5321, 4.5.3.1.3, without the angle brackets)
MAX_LOCAL_LENGTH = 64  # of the part before the @
MAX_TYPED_LENGTH = 320
# Often pasted with an address: spaces (also the ideographic and the no-break one) and line ends.
_AROUND = " \r\n\u3000\u00a0"
_LOCAL = re.compile(r"[A-Za-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Reserved names without mailboxes (RFC 2606, RFC 6761, RFC 6762, RFC 7686, RFC 8375).
_RESERVED = frozenset(["test", "invalid", "example", "localhost", "local", "onion", "internal", "arpa"])
_RESERVED_DOMAINS = frozenset(["example.com", "example.net", "example.org"])
# Role mailboxes of system operators (RFC 2142), and mailboxes that nobody reads.
ROLES = frozenset(
    [
        *("abuse", "postmaster", "mailer-daemon", "hostmaster", "webmaster", "noc"),
        *("security", "root", "spam", "usenet", "uucp", "noreply"),
        *("no-reply", "donotreply", "do-not-reply", "bounce", "bounces", "listserv"),
        *("majordomo",),
    ]
)

_EMPTY = _("Enter your email address.")
_NO_ADDRESS = _("Enter an email address in the correct format, such as name@example.org.")
_TOO_LONG = _("This email address is too long.")
_ONE_ONLY = _("Enter only one email address.")
_BARE = _("Enter the email address alone, without a name or brackets.")
_INVISIBLE = _("The email address contains an invisible character. Type it by hand instead of pasting it.")
_SPACE = _("The email address contains a space.")
_WIDE = _("Enter the email address in half-width letters and symbols.")
_LOCAL_ASCII = _(
    "Before the @, use only unaccented Latin letters, digits and symbols. Other characters cannot be "
    "delivered everywhere."
)
_LOCAL_ODD = _("We cannot deliver to the part before the @. Please check it.")
_DOMAIN = _("Check the part after the @: this domain does not exist.")
_MIXED = _("The part after the @ mixes similar-looking letters from different alphabets. Type it by hand.")
_UNREACHABLE = _("Addresses ending in “%(domain)s” cannot receive email.")


@dataclass(frozen=True)
class EmailAddress:
    """`address` is where mail is sent; `key`, in lower case, identifies a row."""

    address: str
    key: str

    @classmethod
    def stored(cls, address: str) -> "EmailAddress":
        """An address from the database, which was canonical when stored and is not checked again."""
        return cls(address, address.lower())

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]

    @property
    def is_accepted(self) -> bool:
        """Whether mail may be sent there: not to role mailboxes or to domains in REFUSED_MAIL_DOMAINS."""
        local, _at, domain = self.key.rpartition("@")
        if local.partition("+")[0] in ROLES:
            return False
        parts = domain.split(".")
        return not any(".".join(parts[start:]) in settings.REFUSED_MAIL_DOMAINS for start in range(len(parts)))


def canonical(text: str) -> EmailAddress:
    """The canonical form of a typed address.

    The local part stays as it is and must be ASCII; the domain becomes its IDNA 2008 A-label form in lower case.
    Tags (`name+tag@`) and dots are kept: with some providers they are other mailboxes. Raises ValidationError with a
    message for the person who typed it.
    """
    text = text[: MAX_TYPED_LENGTH + 100].strip(_AROUND)
    _check_characters(text)
    local, _at, domain = text.rpartition("@")
    if not local.isascii():
        raise ValidationError(_LOCAL_ASCII)
    if len(local) > MAX_LOCAL_LENGTH:
        raise ValidationError(_TOO_LONG)
    if not _LOCAL.fullmatch(local):
        raise ValidationError(_LOCAL_ODD)
    domain = _ascii_domain(domain)
    if len(local) + 1 + len(domain) > MAX_LENGTH:
        raise ValidationError(_TOO_LONG)
    return EmailAddress.stored(f"{local}@{domain}")


def _check_characters(text: str) -> None:
    """Check the text as a whole. `ſ`, `ı` and the Kelvin sign are letters that no mailbox has."""
    if not text:
        raise ValidationError(_EMPTY)
    if len(text) > MAX_TYPED_LENGTH:
        raise ValidationError(_TOO_LONG)
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in text):
        raise ValidationError(_INVISIBLE)
    if re.search(r"[,;]|@.*\s.*@", text):
        raise ValidationError(_ONE_ONLY)
    if re.search(r"[<>]", text) and "@" in text:
        raise ValidationError(_BARE)
    if re.search(r"\s", text):
        raise ValidationError(_SPACE)
    if "。" in text or any(_hides_ascii(character) for character in text):
        raise ValidationError(_WIDE)
    if text.count("@") != 1 or text.startswith("@") or text.endswith("@"):
        raise ValidationError(_NO_ADDRESS)


def _hides_ascii(character: str) -> bool:
    """A full-width letter, a ligature, the Kelvin sign: normalisation would turn it into plain letters."""
    return not character.isascii() and unicodedata.normalize("NFKC", character).isascii()


def _ascii_domain(domain: str) -> str:
    labels = list(_ascii_labels(unicodedata.normalize("NFC", domain)))
    domain = ".".join(labels)
    if len(labels) < 2 or len(domain) > MAX_LENGTH - 2 or labels[-1].isdigit():
        raise ValidationError(_DOMAIN)
    is_reserved = labels[-1] in _RESERVED or ".".join(labels[-2:]) in _RESERVED_DOMAINS
    if is_reserved and not settings.ACCEPT_RESERVED_DOMAINS:
        raise ValidationError(_UNREACHABLE, params={"domain": f".{labels[-1]}"})
    return domain


def _ascii_labels(domain: str) -> Iterator[str]:
    """Each label as it is looked up in the DNS (RFC 5890: A-label or NR-LDH label)."""
    for typed in domain.split("."):
        label = _lower(typed)
        if label.isascii() and not label.startswith("xn--"):
            if not _LABEL.fullmatch(label) or label[2:4] == "--":
                raise ValidationError(_DOMAIN)
            yield label
            continue
        try:
            ascii_label = label if label.isascii() else idna.alabel(label).decode()
            unicode_label = idna.ulabel(ascii_label)
            if idna.alabel(unicode_label).decode() != ascii_label:
                raise ValidationError(_DOMAIN)
        except UnicodeError as error:  # idna's errors are subclasses
            raise ValidationError(_DOMAIN) from error
        if is_homograph(unicode_label):
            raise ValidationError(_MIXED)
        yield ascii_label


def _lower(text: str) -> str:
    """Lower-case letters that map to one letter. Others are left, and IDNA 2008 refuses them."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def abuse_key(key: str) -> str:
    """The key for rate limits: without tag, and without the dots that Gmail ignores."""
    local, _at, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@lru_cache(maxsize=8)
def _hash_key(secret: str) -> bytes:
    return hashlib.sha256(b"snz address hash\0" + secret.encode()).digest()


def address_hash(key: str) -> str:
    """What is stored instead of an erased or blocked address: hexadecimal HMAC-SHA256 with the portal's key."""
    return hmac.new(_hash_key(settings.SECRET_KEY), key.encode(), hashlib.sha256).hexdigest()


def address_hashes(key: str) -> list[str]:
    """The hashes with the current and all former keys, for lookups."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [hmac.new(_hash_key(secret), key.encode(), hashlib.sha256).hexdigest() for secret in secrets]
