"""The three languages of the portal, and the choice of a text if the reader's language is missing."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


@dataclass(frozen=True)
class Language:
    """A written language. `code` is used in URLs and by Django, `tag` is BCP 47, `cldr` is Babel's locale name."""

    code: str
    tag: str
    cldr: str
    og: str
    name: str  # in the language itself
    label: "StrPromise"  # in the language of the page
    fallbacks: tuple[str, ...]  # codes to try, in this order, if a text is missing
    comma: str  # separator of lists
    citation_style: str = "APA 7"
    sort_encoding: str = "utf-8"  # orders common Han characters by stroke count (Big5) or by pinyin (GB 2312)


HANT = Language(
    "zh-hant",
    "zh-Hant",
    "zh_Hant_TW",
    "zh_TW",
    "繁體中文",
    _("Traditional Chinese"),
    ("zh-hans", "en"),
    "、",
    "APA 7",
    "big5",
)
HANS = Language(
    *("zh-hans", "zh-Hans", "zh_Hans_CN", "zh_CN", "简体中文"),
    *(_("Simplified Chinese"), ("zh-hant", "en"), "、", "GB/T 7714", "gb2312"),
)
ENGLISH = Language("en", "en", "en_GB", "en_GB", "English", _("English"), ("zh-hant", "zh-hans"), ", ")
LANGUAGES: dict[str, Language] = {language.code: language for language in (HANT, HANS, ENGLISH)}
CHOICES = [(language.code, language.name) for language in LANGUAGES.values()]
_TERMINALS = {"zh_tw": HANT, "zh_hk": HANT, "zh_cn": HANS, "zh_sg": HANS}


def current() -> Language:
    """Return the active language, or the default language if none of ours is active."""
    return LANGUAGES.get(get_language() or HANT.code, HANT)


def sort_key(text: str) -> tuple[list[bytes], str]:
    """The key by which texts are sorted as readers of the active language expect; rare characters come last."""
    encoding = current().sort_encoding
    return [character.encode(encoding, "ignore") or b"\xff" for character in text.casefold()], text


def terminal_language(environment: Mapping[str, str] = os.environ) -> str:
    """Return the code of the terminal's language (POSIX.1-2017, 8.2), or English if we do not have it."""
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return _TERMINALS.get(locale.partition(".")[0].partition("@")[0].lower(), ENGLISH).code


def bcp47(code: str) -> str:
    """Return the BCP 47 tag for `lang` and Content-Language (RFC 5646): `zh-hant` -> `zh-Hant`."""
    return LANGUAGES[code].tag


@dataclass(frozen=True)
class Text:
    """A text as shown to a reader, with its actual language and how it was made."""

    value: str
    language: str  # code
    page: str  # code of the language of the page it is shown on
    converted: bool = False
    source_language: str = ""  # code of the language it was converted from
    field: str = ""

    def __str__(self) -> str:
        return self.value

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def attr(self) -> SafeString:
        """The attribute ` lang="en"` for use in a tag if the text is not in the page's language, else nothing."""
        if not self.value or self.language == self.page:
            return SafeString("")
        return format_html(' lang="{}"', bcp47(self.language))

    @property
    def is_foreign(self) -> bool:
        return bool(self.value) and self.language != self.page

    @property
    def language_name(self) -> str:
        """The name of the text's actual language."""
        return str(LANGUAGES[self.language].label)

    @property
    def converted_from(self) -> str:
        return str(LANGUAGES[self.source_language].label) if self.source_language else ""

    @property
    def html(self) -> SafeString:
        """The text as safe HTML. Only for fields that were rendered and sanitised when they were saved."""
        if self.value and not self.field.endswith("_html"):
            raise TypeError(f"{self.field} is not sanitised HTML")
        return SafeString(self.value)


class TranslationRow(Protocol):
    language: str
    translated_from: str

    @property
    def is_converted(self) -> bool: ...


def choose(rows: Iterable[TranslationRow], field: str, page: str) -> Text:
    """Choose the best `field` of translation rows for a page: its own language first, written before converted.

    Each field is chosen separately, and an empty one counts as missing, so that an incomplete translation falls back
    only for the missing fields.
    """
    order = (page, *LANGUAGES[page].fallbacks)
    best: tuple[tuple[bool, bool, int], str, TranslationRow] | None = None
    for row in rows:
        value = getattr(row, field)
        if value and row.language in order:
            # In other languages than the reader's, an original text is better than a conversion.
            rank = (row.language != page, row.is_converted, order.index(row.language))
            if best is None or rank < best[0]:
                best = (rank, value, row)
    if best is None:
        return Text("", page, page)
    row = best[2]
    converted_from = row.translated_from if row.is_converted else ""
    return Text(best[1], row.language, page, row.is_converted, converted_from, field)
