"""Path converters: the language prefix and the issue number."""

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


register_converter(LanguageConverter, "language")
register_converter(NumberConverter, "number")
