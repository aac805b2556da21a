"""Text in the languages of an email: one language, or Chinese and English."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from digest.common.languages import ENGLISH, HANT, LANGUAGES, Language, Text, current

BILINGUAL = "bilingual"


@dataclass(frozen=True)
class MailLanguages:
    """The languages an email is written in; the first is the language of the email as a whole."""

    languages: tuple[Language, ...]

    @property
    def main(self) -> Language:
        return self.languages[0]

    @property
    def is_bilingual(self) -> bool:
        return len(self.languages) > 1

    def in_each_language(self, make: Callable[[], object]) -> "LocalizedText":
        """Call `make` with each language active; equal results are kept once."""
        texts: list[Text] = []
        for language in self.languages:
            with translation.override(language.code):
                made = make()
                text = made if isinstance(made, Text) else Text(str(made), language.code, language.code)
            if text and text.value not in [earlier.value for earlier in texts]:
                texts.append(text)
        return LocalizedText(tuple(texts), self.main.code)


def mail_languages(language: str) -> MailLanguages:
    """The languages of an email for a subscriber's `language`: one of our codes, or `bilingual`."""
    return MailLanguages((HANT, ENGLISH) if language == BILINGUAL else (LANGUAGES[language],))


@dataclass(frozen=True)
class LocalizedText:
    """The same text in one or two languages. In HTML, a text in another language than the email's has its `lang`."""

    texts: tuple[Text, ...]
    main: str  # code of the email's language
    separator: str = " · "

    def __bool__(self) -> bool:
        return bool(self.texts)

    @property
    def plain(self) -> str:
        return self.separator.join(text.value for text in self.texts)

    def __str__(self) -> str:
        return self.plain

    def __html__(self) -> SafeString:
        return self.html

    @property
    def html(self) -> SafeString:
        return format_html_join(self.separator, "{}", [(with_lang(text, self.main),) for text in self.texts])

    def map(self, change: Callable[[str], str]) -> "LocalizedText":
        """Apply `change` to the text of each language."""
        return replace(self, texts=tuple(replace(text, value=change(text.value)) for text in self.texts))


def with_lang(text: Text, main: str) -> SafeString:
    """The text as HTML, with a `lang` attribute if it is not in the language `main`."""
    if text.language == main:
        return format_html("{}", text.value)
    return format_html('<span lang="{}">{}</span>', LANGUAGES[text.language].tag, text.value)


def in_current_language(text: str) -> Text:
    """A text marked as being in the active language."""
    return Text(text, current().code, current().code)
