"""URL path converters for languages, issue numbers, sections, ids and slugs."""

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
    """A section with a list page. Events have a page of their own."""

    regex = "research|news|policy|data"


class IdConverter(LanguageConverter):
    """The primary key of a row, without leading zeros."""

    regex = "[1-9][0-9]{0,17}"


class SlugConverter(LanguageConverter):
    """The slug of a topic or source in any script, without NUL, which databases reject."""

    regex = r"[^/\x00]+"


register_converter(LanguageConverter, "language")
register_converter(SectionConverter, "section")
register_converter(NumberConverter, "number")
register_converter(SlugConverter, "name")
register_converter(IdConverter, "id")
