"""Invalid environment variables raise an error that names the variable."""

import runpy

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

INVALID = [
    ("SECRET_KEY", "short"),
    ("SECRET_KEY_FALLBACKS", f"{'long-enough-' * 5},short"),
    ("SITE_URL", "digest.example.org"),
    ("SITE_URL", "https://digest.example.org/path"),
    ("ALLOWED_HOSTS", "https://digest.example.org"),
    ("CONTACT_EMAIL", "editors"),
    ("DATABASE_URL", "mysql://user:password@host/name"),
    ("DEBUG", "yes"),
    ("PAGE_STORE_MEGABYTES", "-1"),
    ("MAIL_TRANSPORT", "pigeon"),
    ("MAIL_TRANSPORT", "anymail:nobody"),
    ("SMTP_URL", "mail.example.org:587"),
    ("SMTP_URL", "smtp://mail.example.org:submission"),
    ("SMTP_URL", "smtp://mail.example.org?starttls=maybe"),
    ("SMTP_URL", "smtp://digest:p@ss/word@mail.example.org"),
    ("MAIL_FROM", "Digest <digest@example.org>"),
    ("MAIL_BOUNCES", "bounces"),
    ("MAIL_LIFE_HOURS", "0"),
    ("DKIM_KEY_FILE", "/nowhere/key.pem"),
]


def read_settings(monkeypatch, **values: str) -> dict[str, object]:
    """Return the settings for an environment."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(settings.BASE_DIR / "snz_portal" / "settings.py"))


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_invalid_values_raise_an_error_that_names_them(monkeypatch, name, value):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        read_settings(monkeypatch, **{name: value})


@pytest.mark.parametrize(
    "url",
    [
        "smtps://digest:ri%40ce@mail.example.org",
        "smtp://[::1]:2525?starttls=off&timeout=2.5",
        "smtp://mail.example.org:587?starttls=required",
    ],
)
def test_valid_smtp_urls_are_accepted(monkeypatch, url):
    assert read_settings(monkeypatch, SMTP_URL=url)["SMTP_URL"] == url


def test_the_password_of_an_invalid_url_is_not_shown(monkeypatch):
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings(monkeypatch, SMTP_URL="smtp://digest:rice@mail.example.org:x")
    assert "rice" not in str(refused.value)


def test_a_provider_needs_a_webhook_secret(monkeypatch):
    with pytest.raises(ImproperlyConfigured, match="ANYMAIL_WEBHOOK_SECRET"):
        read_settings(monkeypatch, MAIL_TRANSPORT="anymail:postmark")


def test_https_enables_secure_settings(monkeypatch):
    found = read_settings(monkeypatch, SITE_URL="https://digest.example.org", ALLOWED_HOSTS="digest.example.org")
    assert found["SECURE_SSL_REDIRECT"] and found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"]
    assert (found["PROXY_HOPS"], found["ACCEPT_RESERVED_DOMAINS"]) == (1, False)


@pytest.mark.parametrize("is_enabled", [False, True])
def test_hsts_includes_other_sites_of_the_domain_only_if_configured(monkeypatch, is_enabled):
    variables = {"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"} if is_enabled else {}
    found = read_settings(
        monkeypatch, SITE_URL="https://digest.example.org", ALLOWED_HOSTS="digest.example.org", **variables
    )
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert (found["SECURE_HSTS_INCLUDE_SUBDOMAINS"], found["SECURE_HSTS_PRELOAD"]) == (is_enabled, is_enabled)


def test_only_the_owner_can_read_a_new_sqlite_file(monkeypatch, tmp_path):
    new, old = tmp_path / "new.sqlite3", tmp_path / "old.sqlite3"
    old.touch()
    old.chmod(0o640)
    for file in (new, old):
        read_settings(monkeypatch, DATABASE_URL=f"sqlite:///{file}")
    assert (new.stat().st_mode & 0o777, old.stat().st_mode & 0o777) == (0o600, 0o640)


def test_former_keys_are_read(monkeypatch):
    former = ["first-key-" * 6, "second-key-" * 5]
    assert read_settings(monkeypatch, SECRET_KEY_FALLBACKS=",".join(former))["SECRET_KEY_FALLBACKS"] == former


def test_former_keys_are_optional(monkeypatch):
    monkeypatch.delenv("SECRET_KEY_FALLBACKS", raising=False)
    assert read_settings(monkeypatch)["SECRET_KEY_FALLBACKS"] == []
