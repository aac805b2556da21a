"""Template context of all pages: site settings, the canonical URL, and the same page in other languages."""

from django.conf import settings
from django.http import HttpRequest

from digest.common import languages
from digest.common.languages import LANGUAGES


def page_context(request: HttpRequest) -> dict[str, object]:
    """Context processor. The canonical URL keeps `?page=N` but no other query string."""
    current = languages.current()
    first, _slash, rest = request.path_info.removeprefix("/").partition("/")
    if first not in LANGUAGES:
        rest = ""
    number = getattr(request, "page_number", 1)
    query = f"?page={number}" if number > 1 else ""
    alternates = [
        {"language": language, "path": f"/{code}/{rest}{query}", "is_current": language is current}
        for code, language in LANGUAGES.items()
    ]
    return {
        "site_url": settings.SITE_URL,
        "contact_email": settings.CONTACT_EMAIL,
        "shows_outbox": settings.MAIL_TRANSPORT == "demo" and not settings.HTTPS,
        "language": current,
        "languages": LANGUAGES.values(),
        "alternates": alternates,
        "canonical": f"{settings.SITE_URL}/{current.code}/{rest}{query}",
    }
