"""The portal's three languages, and how a text is chosen when the reader's own is missing."""

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
    """One written language. `code` is ours (addresses, Django), `tag` is BCP 47, `cldr` names Babel's locale."""

    code: str
    tag: str
    cldr: str
    og: str
    name: str  # its own
    label: "StrPromise"  # in the language of the page
    others: tuple[str, ...]  # codes to try, in this order, when a text is missing
    comma: str  # between the members of a list
    citation_style: str = "APA 7"


HANT = Language(
    "zh-hant", "zh-Hant", "zh_Hant_TW", "zh_TW", "繁體中文", _("Traditional Chinese"), ("zh-hans", "en"), "、", "APA 7"
)
HANS = Language(
    *("zh-hans", "zh-Hans", "zh_Hans_CN", "zh_CN", "简体中文"),
    *(_("Simplified Chinese"), ("zh-hant", "en"), "、", "GB/T 7714"),
)
ENGLISH = Language("en", "en", "en_GB", "en_GB", "English", _("English"), ("zh-hant", "zh-hans"), ", ")
LANGUAGES: dict[str, Language] = {language.code: language for language in (HANT, HANS, ENGLISH)}
CHOICES = [(language.code, language.name) for language in LANGUAGES.values()]
_TERMINALS = {"zh_tw": HANT, "zh_hk": HANT, "zh_cn": HANS, "zh_sg": HANS}


def current() -> Language:
    """The language of the page being made; the default language outside of one."""
    return LANGUAGES.get(get_language() or HANT.code, HANT)


def of_terminal(environment: Mapping[str, str] = os.environ) -> str:
    """The code of the language that a terminal asks for (POSIX.1-2017, 8.2); English where it is none of ours."""
    asked = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return _TERMINALS.get(asked.partition(".")[0].partition("@")[0].lower(), ENGLISH).code


def bcp47(code: str) -> str:
    """`zh-hant` -> `zh-Hant`, as HTML's lang and HTTP's Content-Language want it (RFC 5646)."""
    return LANGUAGES[code].tag


@dataclass(frozen=True)
class Text:
    """A text as shown to a reader: its value, the language it is really in, and how it came to be."""

    value: str
    language: str  # code
    page: str  # code of the page it is shown on
    converted: bool = False
    source_language: str = ""  # code of what it was converted from
    field: str = ""

    def __str__(self) -> str:
        return self.value

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def attr(self) -> SafeString:
        """` lang="en"` where the text differs from its page, else nothing: for use inside a tag."""
        if not self.value or self.language == self.page:
            return SafeString("")
        return format_html(' lang="{}"', bcp47(self.language))

    @property
    def is_foreign(self) -> bool:
        return bool(self.value) and self.language != self.page

    @property
    def language_name(self) -> str:
        """The language the text is really in."""
        return str(LANGUAGES[self.language].label)

    @property
    def converted_from(self) -> str:
        return str(LANGUAGES[self.source_language].label) if self.source_language else ""

    @property
    def html(self) -> SafeString:
        """The text as HTML: only fields that were rendered and sanitised when they were saved have that."""
        if self.value and not self.field.endswith("_html"):
            raise TypeError(f"{self.field} is no sanitised HTML")
        return SafeString(self.value)


class TranslationRow(Protocol):
    language: str
    translated_from: str

    @property
    def is_converted(self) -> bool: ...


def choose(rows: Iterable[TranslationRow], field: str, page: str) -> Text:
    """The best `field` among translation rows for a reader of `page`: own language first, written before converted.

    Empty fields count as missing, field by field, so that a half-finished translation borrows only what it lacks.
    """
    order = (page, *LANGUAGES[page].others)
    best: tuple[tuple[bool, bool, int], str, TranslationRow] | None = None
    for row in rows:
        value = getattr(row, field)
        if value and row.language in order:
            # In another language than the reader's, an original is worth more than a machine's conversion of it.
            rank = (row.language != page, row.is_converted, order.index(row.language))
            if best is None or rank < best[0]:
                best = (rank, value, row)
    if best is None:
        return Text("", page, page)
    row = best[2]
    converted_from = row.translated_from if row.is_converted else ""
    return Text(best[1], row.language, page, row.is_converted, converted_from, field)
