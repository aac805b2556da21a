"""Settings from the environment: nonsense stops the start with a sentence that names the setting."""

import runpy

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONSENSE = [
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


def read(monkeypatch, **values: str) -> dict[str, object]:
    """What settings.py makes of an environment."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(settings.BASE_DIR / "snz_portal" / "settings.py"))


@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_nonsense_stops_the_start_and_is_named(monkeypatch, name, value):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        read(monkeypatch, **{name: value})


@pytest.mark.parametrize(
    "url",
    [
        "smtps://digest:ri%40ce@mail.example.org",
        "smtp://[::1]:2525?starttls=off&timeout=2.5",
        "smtp://mail.example.org:587?starttls=required",
    ],
)
def test_ways_to_a_mail_server_are_taken_as_they_are_written(monkeypatch, url):
    assert read(monkeypatch, SMTP_URL=url)["SMTP_URL"] == url


def test_a_password_in_a_wrong_address_is_not_shown(monkeypatch):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(monkeypatch, SMTP_URL="smtp://digest:rice@mail.example.org:x")
    assert "rice" not in str(refused.value)


def test_a_provider_without_a_secret_for_its_webhook_stops_the_start(monkeypatch):
    with pytest.raises(ImproperlyConfigured, match="ANYMAIL_WEBHOOK_SECRET"):
        read(monkeypatch, MAIL_TRANSPORT="anymail:postmark")


def test_https_turns_on_what_production_wants(monkeypatch):
    found = read(monkeypatch, SITE_URL="https://digest.example.org", ALLOWED_HOSTS="digest.example.org")
    assert found["SECURE_SSL_REDIRECT"] and found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"]
    assert (found["PROXY_HOPS"], found["ACCEPT_RESERVED_DOMAINS"]) == (1, False)


@pytest.mark.parametrize("wanted", [False, True])
def test_hsts_binds_other_sites_of_the_domain_only_where_that_is_asked_for(monkeypatch, wanted):
    asked = {"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"} if wanted else {}
    found = read(monkeypatch, SITE_URL="https://digest.example.org", ALLOWED_HOSTS="digest.example.org", **asked)
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert (found["SECURE_HSTS_INCLUDE_SUBDOMAINS"], found["SECURE_HSTS_PRELOAD"]) == (wanted, wanted)


def test_a_new_sqlite_file_is_for_its_owner_alone_and_an_old_one_is_left(monkeypatch, tmp_path):
    new, old = tmp_path / "new.sqlite3", tmp_path / "old.sqlite3"
    old.touch()
    old.chmod(0o640)
    for file in (new, old):
        read(monkeypatch, DATABASE_URL=f"sqlite:///{file}")
    assert (new.stat().st_mode & 0o777, old.stat().st_mode & 0o777) == (0o600, 0o640)


def test_former_keys_are_read_so_that_links_in_old_mails_go_on_working(monkeypatch):
    former = ["first-key-" * 6, "second-key-" * 5]
    assert read(monkeypatch, SECRET_KEY_FALLBACKS=",".join(former))["SECRET_KEY_FALLBACKS"] == former


def test_without_former_keys_there_are_none(monkeypatch):
    monkeypatch.delenv("SECRET_KEY_FALLBACKS", raising=False)
    assert read(monkeypatch)["SECRET_KEY_FALLBACKS"] == []
