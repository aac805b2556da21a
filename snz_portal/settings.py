"""Settings, read from environment variables and from .env beside manage.py. Invalid values raise an error."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from snz_portal.environment import env, read_bool, read_int, read_text

BASE_DIR = Path(__file__).resolve().parent.parent

# --- site --------------------------------------------------------------------------------------------------------

DEBUG = read_bool("DEBUG")
SECRET_KEY = env.str("SECRET_KEY", default="")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY: set at least 50 random characters in the environment or in .env")
# Former keys, so that links signed with them still work, such as the unsubscribe links in sent emails.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if any(len(_key) < 50 for _key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured(
        "SECRET_KEY_FALLBACKS: expected former keys of at least 50 characters, separated by commas"
    )

# Absolute links in pages and emails are built from this URL, never from a request.
SITE_URL = read_text(
    "SITE_URL",
    "http://127.0.0.1:8000",
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/*",
    "something like https://digest.example.org",
).rstrip("/")
_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname])
for _host in ALLOWED_HOSTS or [""]:
    if not re.fullmatch(r"\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]", _host):
        raise ImproperlyConfigured(f"ALLOWED_HOSTS: expected host names separated by commas, got {_host!r}")
CONTACT_EMAIL = read_text(
    "CONTACT_EMAIL", "", r"([^@\s]+@[^@\s]+\.[^@\s]+)?", "an address such as editors@example.org"
)

# The text of the about page: a Markdown file for each language. The site's owner may set a folder of their own.
ABOUT_DIR = Path(env.str("ABOUT_DIR", default=str(BASE_DIR / "fixtures" / "about")))
for _file in (ABOUT_DIR / f"{_code}.md" for _code in ("zh-hant", "zh-hans", "en")):
    if not _file.is_file():
        raise ImproperlyConfigured(f"ABOUT_DIR: {_file} does not exist")

# --- apps, middleware, templates ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "snz_portal",
    "digest.editorial",
    "digest.mailing",
    "digest.intake",
    "digest.archive",
    "digest.subscriptions",
    "digest.common",
    "taggit",
    "simple_history",
    "csp",
    "whitenoise.runserver_nostatic",
    "digest.common.admin_config.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

# The admin needs sessions, CSRF and users. They are lazy: public pages do not use them, so they set no cookies and
# do not vary by cookie.
MIDDLEWARE = [
    # The first three see all responses, including those of other middleware (304, 400, redirects to https).
    "digest.common.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "digest.common.middleware.AdminCookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "digest.common.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "digest.common.middleware.BodyLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "digest.common.middleware.StorageErrorMiddleware",
]

ROOT_URLCONF = "snz_portal.urls"
WSGI_APPLICATION = "snz_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "digest.common.context.page_context",
            ],
        },
    }
]

# --- database, cache, files --------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'snz.sqlite3'}")}
if DATABASES["default"].get("ENGINE") not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
    raise ImproperlyConfigured("DATABASE_URL: expected postgres://user:password@host/name or sqlite:////path/file")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers continue during a write. BEGIN IMMEDIATE takes the write lock at the start of a transaction,
    # so that it waits for the timeout (seconds) instead of failing later with "database is locked". The cache size
    # (KiB) is small because each thread of each worker has its own, and the system caches the file anyway.
    _file = Path(DATABASES["default"]["NAME"])
    if _file.name != ":memory:" and _file.parent.is_dir() and not _file.exists():
        # SQLite would make the file readable by all users, but it contains email addresses and secrets of tokens.
        _file.touch(mode=0o600)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA foreign_keys=ON; PRAGMA cache_size=-256;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 600
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# HTML fragments of items, in the memory of each worker: three languages of about 200 items each.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 2000},
    }
}

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
# The page cache: public pages, shared by the workers of this machine. It may be emptied at any time.
PAGE_STORE_DIR = Path(env.str("PAGE_STORE_DIR", default=str(BASE_DIR / "var" / "pages")))
PAGE_STORE_MEGABYTES = read_int("PAGE_STORE_MEGABYTES", 256)

# --- email -------------------------------------------------------------------------------------------------------

# "demo" saves emails on this machine, "smtp" sends them through SMTP_URL, "anymail:<esp>" through a provider's API.
MAIL_TRANSPORT = read_text("MAIL_TRANSPORT", "demo", r"demo|smtp|anymail:[a-z_]+", "demo, smtp or anymail:<esp>")
if MAIL_TRANSPORT.startswith("anymail:"):
    # The provider's keys, named as in django-anymail: ANYMAIL_BREVO_API_KEY, ANYMAIL_POSTMARK_SERVER_TOKEN.
    _esp = MAIL_TRANSPORT.removeprefix("anymail:")
    if _esp in ("amazon_ses", "base", "base_requests", "console", "test") or not find_spec(f"anymail.backends.{_esp}"):
        raise ImproperlyConfigured(f"MAIL_TRANSPORT: unknown provider {_esp!r} (for Amazon SES, use smtp)")
    ANYMAIL: dict[str, Any] = {
        name.removeprefix("ANYMAIL_"): value
        for name, value in os.environ.items()
        if name.startswith(f"ANYMAIL_{_esp.upper()}_")
    }
    ANYMAIL["REQUESTS_TIMEOUT"] = read_int("ANYMAIL_REQUESTS_TIMEOUT", 30)  # seconds
    # Basic authentication of the provider's webhook calls. Two values, separated by a comma, while changing it.
    ANYMAIL["WEBHOOK_SECRET"] = env.list("ANYMAIL_WEBHOOK_SECRET", default=[])
    if not ANYMAIL["WEBHOOK_SECRET"] or not all(
        re.fullmatch(r"[^:\s]+:[^\s]{16,}", _pair) for _pair in ANYMAIL["WEBHOOK_SECRET"]
    ):
        raise ImproperlyConfigured(
            "ANYMAIL_WEBHOOK_SECRET: expected name:password with a password of at least 16 characters"
        )
# smtp://user:password@host:port?starttls=required|off&timeout=30, or smtps://... Percent-encode the password.
SMTP_URL = env.str("SMTP_URL", default="smtp://127.0.0.1:25?starttls=off")
_option = r"(starttls=(required|off)|timeout=[0-9]+(\.[0-9]+)?)"
if not re.fullmatch(
    rf"smtps?://([^@/?#\s]+@)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{{1,5}})?/?(\?{_option}(&{_option})*)?",
    SMTP_URL,
):
    # The value is not shown, because it may contain the password.
    raise ImproperlyConfigured(
        "SMTP_URL: expected smtp://user:password@host:587?starttls=required or smtps://user:password@host"
    )
MAIL_FROM = env.str("MAIL_FROM", default=f"digest@{_site.hostname}")
MAIL_FROM_NAME = env.str("MAIL_FROM_NAME", default="FFTC SNZ Digest")
# The mailbox for bounces. Each email has its own return path: bounces+...@example.org (VERP).
MAIL_BOUNCES = env.str("MAIL_BOUNCES", default=f"bounces@{_site.hostname}")
for _name, _address in (("MAIL_FROM", MAIL_FROM), ("MAIL_BOUNCES", MAIL_BOUNCES)):
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", _address):
        raise ImproperlyConfigured(f"{_name}: expected an address such as digest@example.org, got {_address!r}")
MAIL_LIFE_HOURS = read_int("MAIL_LIFE_HOURS", 24)  # how long to try to send an email
# Seconds after which a claimed email counts as abandoned by its sender: longer than the slowest SMTP session.
MAIL_LEASE_SECONDS = read_int("MAIL_LEASE_SECONDS", 3600)
# Emails in one API call, for providers with batches. If the call fails, all are uncertain. 1 disables batches.
MAIL_BATCH = min(read_int("MAIL_BATCH", 50), 100)
MAIL_PAUSE_SECONDS = read_int("MAIL_PAUSE_SECONDS", 30)  # after a server error; doubled after each consecutive error
# Seconds until a deferred email is retried; doubled after each attempt.
MAIL_RETRY_SECONDS = read_int("MAIL_RETRY_SECONDS", 300)
# Files that must survive a restore of the database, and the emails of the demo.
MAIL_STATE_DIR = Path(env.str("MAIL_STATE_DIR", default=str(BASE_DIR / "var" / "mail")))
DEMO_SENDER = read_bool("DEMO_SENDER")  # send emails in a thread of the portal, as in `make demo`
MAIL_FEEDBACK_ID = env.str("MAIL_FEEDBACK_ID", default="snz-digest")
POSTAL_ADDRESS = env.str("POSTAL_ADDRESS", default="")
# Domains to which nothing is sent, such as those of disposable addresses, including their subdomains.
REFUSED_MAIL_DOMAINS = frozenset(domain.lower() for domain in env.list("REFUSED_MAIL_DOMAINS", default=[]))
# .test, .example and similar domains have no mailboxes, but demos and tests use them.
ACCEPT_RESERVED_DOMAINS = DEBUG or not HTTPS
# The number of our own proxies, and so of trusted entries at the end of X-Forwarded-For.
PROXY_HOPS = read_int("PROXY_HOPS", 1) if HTTPS else 0
# A function that returns the topics subscribers may choose: [(label of facet, [(topic id, label), ...]), ...].
TOPIC_CHOICES = "digest.archive.topic_choices.topic_choices"
DKIM_KEY_FILE = env.str("DKIM_KEY_FILE", default="")
DKIM_SELECTOR = env.str("DKIM_SELECTOR", default="")
if DKIM_KEY_FILE and not (DKIM_SELECTOR and Path(DKIM_KEY_FILE).is_file()):
    raise ImproperlyConfigured("DKIM_KEY_FILE: expected a readable file, and DKIM_SELECTOR to be set")

# --- languages ---------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "繁體中文"), ("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "digest" / "common" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Taipei"

# --- static files and uploads ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "digest.archive.pictures.PictureStorage"},
    "staticfiles": {"BACKEND": "digest.common.static_files.StaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False  # other sites do not need our files
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20  # bytes of form data: the admin page of an issue is long
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
LARGEST_UPLOAD = 26 * 2**20  # bytes of a request of a signed-in user: a picture of 25 MB in a form

# --- security ----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
# These checks require includeSubDomains and preload, which only the owner of the whole domain can decide on.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    # Load balancers use plain http, and one-click unsubscription must not be redirected (RFC 8058).
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^u/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # They affect all other sites of the domain too, for a year or longer.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = read_bool("HSTS_INCLUDE_SUBDOMAINS")
    SECURE_HSTS_PRELOAD = read_bool("HSTS_PRELOAD")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Topic names may differ only in case. Slugs are unique.
TAGGIT_CASE_INSENSITIVE = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"one_line": {"()": "snz_portal.log.OneLine"}},
    "filters": {"outages": {"()": "snz_portal.log.OutageFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "one_line", "filters": ["outages"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
