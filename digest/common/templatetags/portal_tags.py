"""Template filters of the portal: dates, plain text, language tags and JSON-LD."""

import datetime as dt
import json
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from digest.common import dates, languages
from digest.common.sanitising import plain_text

register = template.Library()

# Characters that could end the script element or start a comment; compare django.utils.html.json_script.
_JSON_ESCAPES = {
    character: f"\\u{ord(character):04X}"
    for character in (">", "<", "&", "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}")
}


@register.filter
def on_day(date: dt.date | None) -> str:
    """Format a date with the day, in the language of the page."""
    return dates.format_date(date, dates.Precision.DAY, languages.current().code)


@register.filter
def json_ld(data: Any) -> SafeString:
    """Return a `<script type="application/ld+json">` element with safely escaped JSON."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _JSON_ESCAPES.items():  # twenty times faster than str.translate
        text = text.replace(character, escape)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')


@register.filter
def as_plain(html: object) -> str:
    """Return the plain text of sanitised HTML."""
    return plain_text(str(html))


@register.filter
def bcp47(code: str) -> str:
    """Return the BCP 47 tag: `zh-hant` -> `zh-Hant`."""
    return languages.bcp47(code)
