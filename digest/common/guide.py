"""The editors' guide in the admin: docs/editors.md, in the language of the page."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.common import languages
from digest.common.conversion import to_hans
from digest.common.languages import ENGLISH, HANS, HANT

if TYPE_CHECKING:
    from digest.common.markup import Rendered

DOCS = Path(settings.BASE_DIR) / "docs"
EXAMPLE = "newsletter-example.txt"
_ANCHOR_PREFIX = "guide-"


def guide(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    """The page `/admin/guide/`."""
    rendered = load_guide(languages.current().code)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Guide for editors"),
        "outline": rendered.outline,
        "html": SafeString(rendered.html),
    }
    return TemplateResponse(request, "admin/guide.html", context)


def example(request: HttpRequest) -> FileResponse:
    """The example of a newsletter to import, which the guide links to."""
    return FileResponse((DOCS / EXAMPLE).open("rb"), content_type="text/plain; charset=utf-8")


@cache
def load_guide(language: str) -> "Rendered":
    """The guide as HTML. The Simplified one is converted from the Traditional one."""
    from digest.common.markup import render  # takes 2 MB of memory that other pages do not need

    file = "editors.md" if language == ENGLISH.code else f"editors.{HANT.code}.md"
    text = (DOCS / file).read_text(encoding="utf-8")
    if language == HANS.code:
        text = to_hans(text)
    text = text.partition("\n")[2]  # the title is the page's own
    text = re.sub(r"(?m)^## ", "# ", text)
    return render(text.replace("](#", f"](#{_ANCHOR_PREFIX}s-"), _ANCHOR_PREFIX)
