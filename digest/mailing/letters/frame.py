"""What frames every mail: why it came, the ways out, and how its HTML is made ready for mail programmes."""

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
from digest.mailing.letters import addresses
from digest.mailing.letters.telling import Link, own
from digest.mailing.letters.words import Sides

if TYPE_CHECKING:
    import css_inline

# Mail programmes show what follows a subject; after our own words they should find nothing to show.
PADDING = "\u034f " * 60


class Foot(NamedTuple):
    """The end of a mail in one language."""

    language: Language
    why: str
    links: tuple[Link, ...]


def newsletter_foot(sides: Sides, web: Callable[[Language], str]) -> list[Foot]:
    """Why the mail came, the way out, other choices, and the address of all this on the web."""
    return _feet(
        sides,
        lambda: _("You get this mail because you subscribed to the SNZ digest. It tells nobody whether you read it."),
        lambda language: [
            Link(own(_("Unsubscribe")), addresses.unsubscribe()),
            Link(own(_("Choose what comes")), addresses.preferences(language.code)),
            Link(own(_("Read on the web")), web(language)),
            _home(language),
        ],
    )


def notice_foot(sides: Sides) -> list[Foot]:
    return _feet(
        sides,
        lambda: _("You get this mail because somebody entered this address on our site."),
        lambda language: [_home(language)],
    )


def _home(language: Language) -> Link:
    return Link(own(_("SNZ digest")), f"{settings.SITE_URL}/{language.code}/")


def _feet(sides: Sides, why: Callable[[], str], links: Callable[[Language], list[Link]]) -> list[Foot]:
    feet = []
    for language in sides.languages:
        with override(language.code):
            contact = settings.CONTACT_EMAIL
            last = [Link(own(_("Write to the editors")), f"mailto:{contact}")] if contact else []
            feet.append(Foot(language, why(), (*links(language), *last)))
    return feet


def html(template: str, context: dict[str, object]) -> str:
    """A mail's HTML with its styles on the elements themselves, but for those that a mail can do without."""
    inlined, kept = _style_sheets()
    given = context | {"css": inlined, "padding": PADDING, "postal_address": settings.POSTAL_ADDRESS}
    rendered = render_to_string(template, given)
    tight = "\n".join(line.strip() for line in rendered.splitlines() if line.strip())
    return _inliner().inline(tight).replace("</head>", f"<style>{kept}</style>\n</head>", 1)


@lru_cache(maxsize=1)
def _inliner() -> "css_inline.CSSInliner":
    import css_inline  # two megabytes, for whoever composes

    return css_inline.CSSInliner(minify_css=True, load_remote_stylesheets=False)


@lru_cache(maxsize=1)
def _style_sheets() -> tuple[str, str]:
    folder = Path(settings.BASE_DIR) / "templates" / "emails"
    inlined, kept = ((folder / name).read_text(encoding="utf-8") for name in ("mail.css", "kept.css"))
    return _tight(inlined), _tight(kept)


def _tight(css: str) -> str:
    """Without comments and needless space."""
    return re.sub(r"\s*([{};,])\s*|(?<=:)\s+|/\*.*?\*/", r"\1", " ".join(css.split())).strip()
