"""What every page's template knows of its address: the site, its twins in the other languages, its canonical form."""

from django.conf import settings
from django.http import HttpRequest

from digest.common import languages
from digest.common.languages import LANGUAGES


def page(request: HttpRequest) -> dict[str, object]:
    """Context processor. Only `?page=N` belongs to an address; any other query is nobody's business."""
    current = languages.current()
    first, _slash, rest = request.path_info.removeprefix("/").partition("/")
    if first not in LANGUAGES:
        rest = ""
    number = getattr(request, "page_number", 1)
    query = f"?page={number}" if number > 1 else ""
    twins = [
        {"language": language, "path": f"/{code}/{rest}{query}", "is_current": language is current}
        for code, language in LANGUAGES.items()
    ]
    return {
        "site_url": settings.SITE_URL,
        "contact_email": settings.CONTACT_EMAIL,
        "keeps_mail": settings.MAIL_TRANSPORT == "demo" and not settings.HTTPS,
        "language": current,
        "languages": LANGUAGES.values(),
        "twins": twins,
        "canonical": f"{settings.SITE_URL}/{current.code}/{rest}{query}",
    }
