"""Path converters: the language prefix, the issue number, the section, slugs."""

from django.urls import register_converter

from digest.common.languages import LANGUAGES


class LanguageConverter:
    """One of `zh-hant`, `zh-hans`, `en`."""

    regex = "|".join(LANGUAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class NumberConverter(LanguageConverter):
    """An issue number such as `17` or `13-2`."""

    regex = r"[1-9][0-9]{0,3}(?:-[1-9][0-9]?)?"


class SectionConverter(LanguageConverter):
    """A section that has a list of its own; events have their page."""

    regex = "research|news|policy|data"


class IdConverter(LanguageConverter):
    """A row's number, written in one way only."""

    regex = "[1-9][0-9]{0,17}"


class SlugConverter(LanguageConverter):
    """A topic's or source's slug, of any letters; NUL is kept from the database, which refuses it with an error."""

    regex = r"[^/\x00]+"


register_converter(LanguageConverter, "language")
register_converter(SectionConverter, "section")
register_converter(NumberConverter, "number")
register_converter(SlugConverter, "name")
register_converter(IdConverter, "id")
