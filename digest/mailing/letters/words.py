"""Words of the mail itself in the languages of its readers: one language, or Chinese and English."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from digest.common.languages import ENGLISH, HANT, LANGUAGES, Language, Text

BILINGUAL = "bilingual"


@dataclass(frozen=True)
class Sides:
    """The languages a mail is written in, the first being that of the mail as a whole."""

    languages: tuple[Language, ...]

    @property
    def main(self) -> Language:
        return self.languages[0]

    @property
    def is_bilingual(self) -> bool:
        return len(self.languages) > 1

    def say(self, make: Callable[[], object]) -> "Words":
        """What `make` gives in each of the languages."""
        said: list[Text] = []
        for language in self.languages:
            with translation.override(language.code):
                made = make()
                text = made if isinstance(made, Text) else Text(str(made), language.code, language.code)
            if text and text.value not in [earlier.value for earlier in said]:
                said.append(text)
        return Words(tuple(said), self.main.code)


def sides_of(language: str) -> Sides:
    """The languages of a mail for subscribers who chose `language`: a code of ours, or bilingual."""
    return Sides((HANT, ENGLISH) if language == BILINGUAL else (LANGUAGES[language],))


@dataclass(frozen=True)
class Words:
    """The same words in one or two languages; as HTML each says its own language where the mail's is another."""

    texts: tuple[Text, ...]
    main: str  # code of the mail's language
    joint: str = " · "

    def __bool__(self) -> bool:
        return bool(self.texts)

    @property
    def plain(self) -> str:
        return self.joint.join(text.value for text in self.texts)

    def __str__(self) -> str:
        return self.plain

    def __html__(self) -> SafeString:
        return self.html

    @property
    def html(self) -> SafeString:
        return format_html_join(self.joint, "{}", [(marked(text, self.main),) for text in self.texts])

    def each(self, change: Callable[[str], str]) -> "Words":
        """The same in each language, changed."""
        return replace(self, texts=tuple(replace(text, value=change(text.value)) for text in self.texts))


def marked(text: Text, main: str) -> SafeString:
    """A text that says its language if it is not `main`."""
    if text.language == main:
        return format_html("{}", text.value)
    return format_html('<span lang="{}">{}</span>', LANGUAGES[text.language].tag, text.value)
