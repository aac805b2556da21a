"""The page about the newsletter: who makes it, contact, reuse, privacy, accessibility."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from digest.archive.decorators import public_page


@public_page
def about(request: HttpRequest, language: str) -> HttpResponse:
    """The text is a Markdown file of the site's owner (the setting ABOUT_DIR), rendered like an item's text."""
    from digest.common import markup  # loads a Markdown parser, which no other public page needs

    text = (settings.ABOUT_DIR / f"{language}.md").read_text(encoding="utf-8-sig")
    html = mark_safe(markup.render(with_contact(text)).html)  # sanitised by render()
    return render(request, "archive/about.html", {"html": html})


def with_contact(text: str) -> str:
    """Fill in `{contact_email}`. Without CONTACT_EMAIL, leave out the sections that mention it."""
    if settings.CONTACT_EMAIL:
        return text.replace("{contact_email}", settings.CONTACT_EMAIL)
    sections = text.split("\n# ")
    return "\n# ".join(section for section in sections if "{contact_email}" not in section)
