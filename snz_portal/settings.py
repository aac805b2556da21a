"""All settings, read from the environment (and from .env beside manage.py, if there); nonsense stops the start."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- who and where we are ---------------------------------------------------------------------------------------


def _is_true(name: str) -> bool:
    value: str = env.str(name, default="false").lower()
    if value not in ("true", "false"):
        raise ImproperlyConfigured(f"{name}: expected true or false, got {value!r}")
    return value == "true"


def _whole(name: str, default: int, least: int = 1) -> int:
    value: str = env.str(name, default=str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return int(value)


DEBUG = _is_true("DEBUG")
SECRET_KEY = env.str("SECRET_KEY", default="")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY: set at least 50 random characters in the environment or in .env")
# Keys that were in use before: what is signed with them, such as the way out in every mail sent, still counts.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if any(len(_key) < 50 for _key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured(
        "SECRET_KEY_FALLBACKS: expected former keys of at least 50 characters, with commas between"
    )

# Every absolute link, in pages and in mail, is built from this one address, never from a request.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", SITE_URL):
    raise ImproperlyConfigured(f"SITE_URL: expected something like https://digest.example.org, got {SITE_URL!r}")
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname])
for _host in ALLOWED_HOSTS or [""]:
    if not re.fullmatch(r"\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]", _host):
        raise ImproperlyConfigured(f"ALLOWED_HOSTS: expected host names with commas between, got {_host!r}")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")
if CONTACT_EMAIL and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", CONTACT_EMAIL):
    raise ImproperlyConfigured(
        f"CONTACT_EMAIL: expected an address such as editors@example.org, got {CONTACT_EMAIL!r}"
    )

# --- parts -------------------------------------------------------------------------------------------------------

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

# Sessions, CSRF and users are for the admin. They are lazy: a public page touches none of them, so it sets no
# cookie and does not vary by one.
MIDDLEWARE = [
    # The first three see every answer, also those that a later one gives by itself (304, 400, a redirect to https).
    "digest.common.middleware.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "digest.common.middleware.CookielessMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "digest.common.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "digest.common.middleware.BodyLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "digest.common.middleware.StorageMiddleware",
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
                "digest.common.context.page",
            ],
        },
    }
]

# --- data --------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'snz.sqlite3'}")}
if DATABASES["default"].get("ENGINE") not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
    raise ImproperlyConfigured("DATABASE_URL: expected postgres://user:password@host/name or sqlite:////path/file")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; BEGIN IMMEDIATE takes the write lock at once, so that the busy
    # timeout (seconds) is waited for instead of failing half-way with "database is locked". The file is in the
    # system's own cache; of SQLite's, each thread of each worker would have another (KiB).
    _file = Path(DATABASES["default"]["NAME"])
    if _file.name != ":memory:" and _file.parent.is_dir() and not _file.exists():
        # SQLite would let everybody on this machine read it: it holds addresses, and what their tokens are made of.
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

# Items' HTML in issues, three languages of some 200 items: rendered when first asked for, in each worker's memory.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 2000},
    }
}

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
# Finished public pages, shared by the workers of this machine; may be emptied at any time.
PAGE_STORE_DIR = Path(env.str("PAGE_STORE_DIR", default=str(BASE_DIR / "var" / "pages")))
PAGE_STORE_MEGABYTES = _whole("PAGE_STORE_MEGABYTES", 256)

# --- mail --------------------------------------------------------------------------------------------------------

# "demo" keeps every mail on this machine; "smtp" hands it to SMTP_URL; "anymail:<esp>" to that provider's API.
MAIL_TRANSPORT = env.str("MAIL_TRANSPORT", default="demo")
if not re.fullmatch(r"demo|smtp|anymail:[a-z_]+", MAIL_TRANSPORT):
    raise ImproperlyConfigured(f"MAIL_TRANSPORT: expected demo, smtp or anymail:<esp>, got {MAIL_TRANSPORT!r}")
if MAIL_TRANSPORT.startswith("anymail:"):
    # The provider's keys, by django-anymail's names, such as ANYMAIL_BREVO_API_KEY or ANYMAIL_POSTMARK_SERVER_TOKEN.
    _esp = MAIL_TRANSPORT.removeprefix("anymail:")
    if _esp in ("amazon_ses", "base", "base_requests", "console", "test") or not find_spec(f"anymail.backends.{_esp}"):
        raise ImproperlyConfigured(f"MAIL_TRANSPORT: no such provider here: {_esp!r} (Amazon SES: use smtp)")
    ANYMAIL: dict[str, Any] = {
        name.removeprefix("ANYMAIL_"): value
        for name, value in os.environ.items()
        if name.startswith(f"ANYMAIL_{_esp.upper()}_")
    }
    ANYMAIL["REQUESTS_TIMEOUT"] = _whole("ANYMAIL_REQUESTS_TIMEOUT", 30)  # seconds
    # What the provider shows at our webhook, as basic authentication; two with a comma between while it is changed.
    ANYMAIL["WEBHOOK_SECRET"] = env.list("ANYMAIL_WEBHOOK_SECRET", default=[])
    if not ANYMAIL["WEBHOOK_SECRET"] or not all(
        re.fullmatch(r"[^:\s]+:[^\s]{16,}", _pair) for _pair in ANYMAIL["WEBHOOK_SECRET"]
    ):
        raise ImproperlyConfigured("ANYMAIL_WEBHOOK_SECRET: expected name:password, the latter of 16 or more letters")
# smtp://user:password@host:port?starttls=required|off&timeout=30, or smtps://...; the password percent-encoded.
SMTP_URL = env.str("SMTP_URL", default="smtp://127.0.0.1:25?starttls=off")
_option = r"(starttls=(required|off)|timeout=[0-9]+(\.[0-9]+)?)"
if not re.fullmatch(
    rf"smtps?://([^@/?#\s]+@)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{{1,5}})?/?(\?{_option}(&{_option})*)?",
    SMTP_URL,
):
    # Without what was set: it may hold the password.
    raise ImproperlyConfigured(
        "SMTP_URL: expected smtp://user:password@host:587?starttls=required or smtps://user:password@host"
    )
MAIL_FROM = env.str("MAIL_FROM", default=f"digest@{_site.hostname}")
MAIL_FROM_NAME = env.str("MAIL_FROM_NAME", default="FFTC SNZ Digest")
# The mailbox that bounces go to; each mail gets an address of its own below it: bounces+...@example.org (VERP).
MAIL_BOUNCES = env.str("MAIL_BOUNCES", default=f"bounces@{_site.hostname}")
for _name, _address in (("MAIL_FROM", MAIL_FROM), ("MAIL_BOUNCES", MAIL_BOUNCES)):
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", _address):
        raise ImproperlyConfigured(f"{_name}: expected an address such as digest@example.org, got {_address!r}")
MAIL_LIFE_HOURS = _whole("MAIL_LIFE_HOURS", 24)  # how long a mail is tried
# How long a sender may hold a mail without a word (seconds): longer than the slowest exchange with a server.
MAIL_LEASE_SECONDS = _whole("MAIL_LEASE_SECONDS", 3600)
# Mails in one call, with providers that can: uncertain together if it breaks off. 1 turns batches off.
MAIL_BATCH = min(_whole("MAIL_BATCH", 50), 100)
MAIL_PAUSE_SECONDS = _whole("MAIL_PAUSE_SECONDS", 30)  # after a fault of the server; doubled each time in a row
# Until a mail that was put off is tried again; doubled each time.
MAIL_RETRY_SECONDS = _whole("MAIL_RETRY_SECONDS", 300)
# What must survive a restore of the database from a backup, and the demo's mails.
MAIL_STATE_DIR = Path(env.str("MAIL_STATE_DIR", default=str(BASE_DIR / "var" / "mail")))
DEMO_SENDER = _is_true("DEMO_SENDER")  # the portal itself sends, in a thread: what `make demo` sets
MAIL_FEEDBACK_ID = env.str("MAIL_FEEDBACK_ID", default="snz-digest")
POSTAL_ADDRESS = env.str("POSTAL_ADDRESS", default="")
# Domains of throw-away mailboxes and the like, with all below them: nothing is sent there.
REFUSED_MAIL_DOMAINS = frozenset(domain.lower() for domain in env.list("REFUSED_MAIL_DOMAINS", default=[]))
# .test, .example and their like have no mailboxes; a demo and tests may pretend.
ACCEPT_RESERVED_DOMAINS = DEBUG or not HTTPS
# How many proxies of ours stand before the portal: that many last entries of X-Forwarded-For are believed.
PROXY_HOPS = _whole("PROXY_HOPS", 1) if HTTPS else 0
# Which topics subscribers may choose: a function that gives [(facet's label, [(topic id, label), ...]), ...].
TOPIC_CHOICES = "digest.archive.topic_choices.topic_choices"
DKIM_KEY_FILE = env.str("DKIM_KEY_FILE", default="")
DKIM_SELECTOR = env.str("DKIM_SELECTOR", default="")
if DKIM_KEY_FILE and not (DKIM_SELECTOR and Path(DKIM_KEY_FILE).is_file()):
    raise ImproperlyConfigured("DKIM_KEY_FILE: expected a readable file, and DKIM_SELECTOR beside it")

# --- languages ---------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "繁體中文"), ("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "digest" / "common" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Taipei"

# --- files -------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "digest.archive.pictures.PictureStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site needs our files
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20  # bytes of form text: an issue's admin page is long
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
LARGEST_UPLOAD = 26 * 2**20  # bytes of a whole request, from those who are signed in: a picture of 25 MB in its form

# --- safety ------------------------------------------------------------------------------------------------------

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
# They ask for includeSubDomains and preload, which only whoever runs the whole domain can decide about.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    # Load balancers ask over plain http; and one-click unsubscribing must never be answered by a redirect (RFC 8058).
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^u/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # Not for the portal alone: they bind every other site below its domain too, for a year or longer.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = _is_true("HSTS_INCLUDE_SUBDOMAINS")
    SECURE_HSTS_PRELOAD = _is_true("HSTS_PRELOAD")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Topic names differ by script and case on purpose; the slug, not the spelling, is what must be one.
TAGGIT_CASE_INSENSITIVE = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"one_line": {"()": "snz_portal.log.OneLine"}},
    "filters": {"outages": {"()": "snz_portal.log.OutageFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "one_line", "filters": ["outages"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
