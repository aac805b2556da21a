"""What every email has around its content: the footer, and the styles that are written into its HTML."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from digest.common.languages import Language
from digest.mailing.rendering import subscription_urls
from digest.mailing.rendering.item_content import LabelledUrl
from digest.mailing.rendering.localized_text import MailLanguages, in_current_language

if TYPE_CHECKING:
    import css_inline

# Email programs show the beginning of the text after the subject. After the preheader they find only this.
PADDING = "\u034f " * 60
# HTML's whitespace only: a no-break space or an ideographic space is text.
_SPACE = r"[ \t\r\n\f]"
_BLOCK_TAG = (
    "</?(?:html|head|meta|title|style|body|div|p|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|hr|br"
    "|table|caption|thead|tbody|tfoot|tr|th|td)(?![a-z0-9])"
)
_INDENTATION = re.compile(f"{_SPACE}*\n{_SPACE}*")
_SPACE_BEFORE_BLOCK = re.compile(f"{_SPACE}+(?={_BLOCK_TAG})")
_SPACE_AFTER_BLOCK = re.compile(f'({_BLOCK_TAG}(?:[^>"]|"[^"]*")*>){_SPACE}+')
_PRE = re.compile("(<pre[ >].*?</pre>)", re.DOTALL)


class Footer(NamedTuple):
    """The end of an email in one language."""

    language: Language
    why: str
    links: tuple[LabelledUrl, ...]


def newsletter_footer(languages: MailLanguages, web_url: Callable[[Language], str]) -> list[Footer]:
    """Why the email was sent, and links to unsubscribe, to the preferences and to the web page."""
    return _footers(
        languages,
        lambda: _("You are receiving this email because you subscribed to the SNZ Digest. It contains no tracking."),
        lambda language: [
            LabelledUrl(in_current_language(_("Unsubscribe")), subscription_urls.unsubscribe()),
            LabelledUrl(in_current_language(_("Manage preferences")), subscription_urls.preferences(language.code)),
            LabelledUrl(in_current_language(_("Read on the web")), web_url(language)),
            _home(language),
        ],
    )


def notice_footer(languages: MailLanguages) -> list[Footer]:
    return _footers(
        languages,
        lambda: _("You are receiving this email because someone entered this address on our site."),
        lambda language: [_home(language)],
    )


def _home(language: Language) -> LabelledUrl:
    return LabelledUrl(in_current_language(_("SNZ Digest")), f"{settings.SITE_URL}/{language.code}/")


def _footers(
    languages: MailLanguages, why: Callable[[], str], links: Callable[[Language], list[LabelledUrl]]
) -> list[Footer]:
    footers = []
    contact = settings.CONTACT_EMAIL
    for language in languages.languages:
        with override(language.code):
            last = [LabelledUrl(in_current_language(_("Email the editors")), f"mailto:{contact}")] if contact else []
            footers.append(Footer(language, why(), (*links(language), *last)))
    return footers


def render_html(template: str, context: dict[str, object]) -> str:
    """Render an email's HTML, with its styles inlined onto the elements; `head.css` stays in the head."""
    inline, head = _style_sheets()
    given = context | {"css": inline, "padding": PADDING, "postal_address": settings.POSTAL_ADDRESS}
    html = _inliner().inline(strip_html(render_to_string(template, given)))
    return html.replace("</head>", f"<style>{head}</style></head>", 1)


def strip_html(html: str) -> str:
    """Remove whitespace that has no effect on how HTML is displayed, so that the layout of templates costs no bytes.

    Whitespace next to a block element or a line break goes, other line breaks lose their indentation. What stands
    between inline elements stays a space, and `<pre>` stays as it is.
    """
    parts = _PRE.split(html)
    parts[::2] = [_strip(part) for part in parts[::2]]
    return "".join(parts)


def _strip(html: str) -> str:
    html = _INDENTATION.sub("\n", html)
    return _SPACE_AFTER_BLOCK.sub(r"\1", _SPACE_BEFORE_BLOCK.sub("", html))


@lru_cache(maxsize=1)
def _inliner() -> "css_inline.CSSInliner":
    import css_inline  # two megabytes, needed only where emails are composed

    return css_inline.CSSInliner(minify_css=True, load_remote_stylesheets=False)


@lru_cache(maxsize=1)
def _style_sheets() -> tuple[str, str]:
    folder = Path(settings.BASE_DIR) / "templates" / "emails"
    inline, head = ((folder / name).read_text(encoding="utf-8") for name in ("inline.css", "head.css"))
    return _minify_css(inline), _minify_css(head)


def _minify_css(css: str) -> str:
    """Remove comments and insignificant space."""
    return re.sub(r"\s*([{};,])\s*|(?<=:)\s+|/\*.*?\*/", r"\1", " ".join(css.split())).strip()
