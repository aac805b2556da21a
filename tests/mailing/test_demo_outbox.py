"""/outbox/ of the demo: each kept mail as its reader sees it, and none of it where mail is real."""

import os
import re
from email import message_from_bytes, policy

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string

from digest.common.languages import ENGLISH
from digest.mailing import demo_outbox, demo_sender
from digest.mailing.results import OutgoingMessage
from digest.mailing.transports import FolderTransport

MAIL = (
    "From: Digest <digest@testserver>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <m1.2@testserver>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlain http://testserver/u/x/ <b>\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    '<html><head></head><body style="color:red"><script>alert(1)</script>Rich</body></html>\r\n--b--\r\n'
)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MAIL_STATE_DIR = tmp_path
    settings.MAIL_TRANSPORT, settings.HTTPS = "demo", False
    settings.DEMO_SENDER = True
    return tmp_path / "outbox"


def keep(folder, subject="Hello", to="rice@field.example"):
    """Keep a mail as the demo's sender does."""
    raw = MAIL.format(to=to, subject=subject).encode()
    FolderTransport(folder).send(OutgoingMessage("bounces@testserver", to, [raw]))
    return demo_outbox.saved_emails()[0]


def get(client, path="", **headers):
    return client.get(f"/outbox/{path}", headers={"accept-language": "en", **headers})


def test_an_empty_outbox_says_how_to_fill_it(client):
    assert "No emails yet" in get(client).content.decode()


def test_the_newest_mail_comes_first(client, folder):
    keep(folder, "First <i>")
    keep(folder, "=?utf-8?B?5rC055Sw?=")
    html = get(client).content.decode()
    assert re.findall(r'/outbox/\d+/">([^<]+)<', html) == ["水田", "First &lt;i&gt;"]


def test_each_mail_tells_its_language_and_leads_to_its_neighbours(client, folder):
    for subject in ("One", "Two", "Three"):
        keep(folder, f"{subject}\r\nContent-Language: zh-Hant, en")
    assert get(client).content.decode().count('<i lang="zh-Hant">繁體中文</i> · <i lang="en">English</i>') == 3
    newest, middle, oldest = demo_outbox.saved_emails()
    html = get(client, f"{middle.number}/").content.decode()
    assert f'rel="prev" href="/outbox/{newest.number}/"' in html
    assert f'rel="next" href="/outbox/{oldest.number}/"' in html
    assert '<h1 class="outbox-subject" lang="zh-Hant">Two</h1>' in html


def test_who_asks_for_a_mail_in_the_demo_is_told_where_it_will_be(client, settings):
    page = "subscriptions/request_received.html"
    assert 'href="/outbox/"' in render_to_string(page, {"shows_outbox": True, "language": ENGLISH})
    assert "outbox" not in render_to_string(page, {"shows_outbox": False, "language": ENGLISH})


def test_long_lists_have_pages(client, folder):
    for number in range(demo_outbox.LENGTH + 2):
        keep(folder, f"No {number}")
    assert get(client).content.decode().count("rice@field.example") == demo_outbox.LENGTH
    assert get(client, "?page=2").content.decode().count("rice@field.example") == 2


@pytest.mark.parametrize("page", ["0", "3", "-1", "x", "", "99999", "２"])
def test_pages_that_are_not_there_are_not_found(client, folder, page):
    keep(folder)
    assert get(client, f"?page={page}").status_code == 404


def test_a_mail_is_shown_with_its_headers_its_text_and_its_html_in_a_frame(client, folder):
    kept = keep(folder)
    response = get(client, f"{kept.number}/")
    html = response.content.decode()
    assert "&lt;m1.2@testserver&gt;" in html and "&lt;b&gt;" in html
    frame = html.partition("<iframe")[2].partition(">")[0]
    assert f'src="/outbox/{kept.number}/html/"' in frame and 'sandbox="allow-same-origin allow-popups' in frame
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]
    assert "style-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_frame_may_use_its_own_styles_and_nothing_else(client, folder):
    response = get(client, f"{keep(folder).number}/html/")
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_links_of_the_frame_open_in_a_tab_of_their_own(client, folder):
    assert '<head><base target="_blank"></head>' in get(client, f"{keep(folder).number}/html/").content.decode()


def test_the_source_is_plain_text_byte_by_byte(client, folder):
    kept = keep(folder)
    response = get(client, f"{kept.number}/source.txt")
    assert response.content == kept.file.read_bytes()
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_nobody_keeps_or_lists_these_pages_and_no_cookie_is_set(client, folder):
    kept = keep(folder)
    for path in ("", f"{kept.number}/", f"{kept.number}/html/", f"{kept.number}/source.txt"):
        response = get(client, path)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert not response.cookies


@pytest.mark.parametrize(("transport", "https"), [("smtp", False), ("anymail:postmark", False), ("demo", True)])
def test_where_mail_is_real_or_the_site_is_public_there_is_no_outbox(client, folder, settings, transport, https):
    kept = keep(folder)
    settings.MAIL_TRANSPORT, settings.HTTPS = transport, https
    for path in ("", f"{kept.number}/", f"{kept.number}/html/", f"{kept.number}/source.txt"):
        assert get(client, path).status_code == 404


def test_a_portal_that_does_not_say_that_it_is_a_demo_has_no_outbox(client, folder, settings):
    keep(folder)
    settings.SITE_URL = "http://127.0.0.1:8000"
    assert get(client, "").status_code == 200
    settings.DEMO_SENDER = False
    assert get(client, "").status_code == 404


@pytest.mark.parametrize(
    "path", ["1/", "../mark", "%2e%2e/mark", "..%2fmark/", f"{'9' * 400}/", "0/html/", "x/source.txt"]
)
def test_no_path_leads_out_of_the_folder(client, folder, path):
    keep(folder)
    (folder.parent / "mark").write_text("17")
    response = get(client, path)
    assert response.status_code == 404 and response.content != b"17"


def test_files_that_are_not_kept_mails_are_passed_over(client, folder):
    keep(folder)
    secret = folder.parent / "secret"
    secret.write_text("Subject: secret\n\n")
    os.symlink(secret, folder / "1795276447506755166-a@b.example.eml")
    for name in (".1795276447506755167-a@b.example.eml", "notes.txt", "123-a.eml"):
        (folder / name).write_text("Subject: secret\n\n")
    (folder / "1795276447506755168-a@b.example.eml").mkdir()
    assert "secret" not in get(client).content.decode()
    assert get(client, "1795276447506755166/").status_code == 404


def test_an_address_with_a_slash_or_dots_stays_in_the_folder(folder):
    kept = keep(folder, to="../../etc/rice@field.example")
    assert kept.file.parent == folder and len(list(folder.iterdir())) == 1


def test_the_longest_address_there_can_be_has_a_file_of_its_own(client, folder):
    longest = f"{'r' * 64}@{'.'.join(['field' * 12] * 3)}.tw"[:254]
    kept = keep(folder, to=longest)
    assert kept.recipient == longest[:200]
    assert longest in get(client, f"{kept.number}/").content.decode()


def test_a_broken_file_is_shown_as_far_as_it_goes(client, folder):
    folder.mkdir(parents=True)
    (folder / "1795276447506755166-a@b.example.eml").write_bytes(b"\xff\xfe no mail \x00 at all")
    assert get(client).status_code == 200
    assert get(client, "1795276447506755166/").status_code == 200
    assert get(client, "1795276447506755166/html/").status_code == 200


def test_it_is_only_to_be_read(client, folder):
    kept = keep(folder)
    for path in ("", f"{kept.number}/"):
        assert client.post(f"/outbox/{path}").status_code in (403, 405)
        assert client.delete(f"/outbox/{path}").status_code in (403, 405)


def test_emptying_leaves_what_is_not_a_demos(folder, settings):
    keep(folder)
    settings.MAIL_TRANSPORT = "smtp"
    demo_outbox.empty()
    settings.MAIL_TRANSPORT = "demo"
    assert len(demo_outbox.saved_emails()) == 1
    demo_outbox.empty()
    assert demo_outbox.saved_emails() == []


def test_the_portal_sends_by_itself_in_a_demo_only(settings, monkeypatch, caplog):
    started = []
    monkeypatch.setattr(demo_sender.threading.Thread, "start", lambda thread: started.append(thread.daemon))
    demo_sender.start()
    assert started == [True]
    settings.MAIL_TRANSPORT = "smtp"
    demo_sender.start()
    assert started == [True] and "for demos only" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_asked_for_on_the_page_is_kept_and_its_link_opens(client, folder):
    from digest.subscriptions.addresses import canonical
    from digest.subscriptions.consent import ConsentSource
    from digest.subscriptions.preferences import Preferences
    from digest.subscriptions.subscribing import subscribe

    subscribe(canonical("new@farm.example"), Preferences("en"), ConsentSource("subscribe-page", "192.0.2.0/24", "en"))
    call_command("send_mailings", once=True, connections=1)
    kept = demo_outbox.saved_emails()[0]
    assert kept.recipient == "new@farm.example"
    text = message_from_bytes(kept.file.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
    link = re.search(r"http://testserver(/\S+/confirm/\S+)", text)[1]
    assert client.get(link).status_code == 200
