"""The classes of bad input of the reliability table 6.3, one by one, and what holds for any address."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from digest.subscriptions.addresses import abuse_key, address_hash, address_hashes, canonical
from digest.subscriptions.models import Notice, Subscriber, Suppression
from tests.factories import make_subscriber, make_topic
from tests.subscriptions.forms import SECTIONS, filled, subscribe, token

LONG_DOMAIN = ".".join(["d" * 60] * 4) + ".tw"
REFUSED = {
    "1 empty": "",
    "2 spaces": "   ",
    "3 no @": "anna.farm.tw",
    "4 two @": "anna@farm@farm.tw",
    "5 no local part": "@farm.tw",
    "6 no domain": "anna@",
    "8 inner space": "an na@farm.tw",
    "9 CRLF and a header": "anna@farm.tw\r\nBcc: eve@evil.tw",
    "11 NUL": "anna\x00@farm.tw",
    "12 TAB": "anna\t@farm.tw",
    "12 TAB around": "anna@farm.tw\t",
    "13 comma list": "anna@farm.tw,eve@evil.tw",
    "14 semicolon list": "anna@farm.tw;eve@evil.tw",
    "15 with a name": "Anna <anna@farm.tw>",
    "16 quoted local part": '"anna"@farm.tw',
    "17 quoted CRLF": '"anna\r\n"@farm.tw',
    "18 IPv4 literal": "anna@[127.0.0.1]",
    "18 bare IPv4": "anna@127.0.0.1",
    "19 IPv6 literal": "anna@[IPv6:::1]",
    "20 localhost": "anna@localhost",
    "21 dotless domain": "anna@tw",
    "22 double dot": "an..na@farm.tw",
    "22 double dot in the domain": "anna@farm..tw",
    "23 leading dot": ".anna@farm.tw",
    "24 trailing dot of the local part": "anna.@farm.tw",
    "25 trailing dot of the domain": "anna@farm.tw.",
    "26 underscore in the domain": "anna@my_farm.tw",
    "26 leading hyphen in the domain": "anna@-farm.tw",
    "27 local part over 64": "a" * 65 + "@farm.tw",
    "28 over 254 in all": "a" * 20 + "@" + LONG_DOMAIN,
    "29 over 320": "a" * 400 + "@farm.tw",
    "30 Han local part": "安娜@farm.tw",
    "30 accented local part": "ännä@farm.tw",
    "31 dotless i": "m\u0131ke@farm.tw",
    "31 long s": "\u017fam@farm.tw",
    "31 Kelvin sign": "\u212aate@farm.tw",
    "31 long s in the domain": "anna@b\u017fd.org",
    "31 Kelvin sign in the domain": "anna@\u212aoala.org",
    "34 Cyrillic a in a Latin name": "anna@p\u0430ypal.com",
    "34 the same as A-label": "anna@xn--pypal-4ve.com",
    "34 all Cyrillic that looks Latin": "anna@\u0430\u0440\u0440\u04cf\u0435.com",
    "34 Greek omicron": "anna@g\u03bf\u03bfgle.com",
    "34 script g": "anna@\u0261oogle.com",
    "34 small capital": "anna@\u1d00pple.com",
    "34 small capital as A-label": "anna@xn--pple-k13a.com",
    "35 full-width letters": "\uff41nna@farm.tw",
    "35 full-width @": "anna\uff20farm.tw",
    "35 ideographic full stop": "anna@farm\u3002tw",
    "36 zero-width space": "an\u200bna@farm.tw",
    "36 BOM": "\ufeffanna@farm.tw",
    "37 bidi override": "anna\u202e@farm.tw",
    "39 emoji": "anna\U0001f33e@farm.tw",
    "39 emoji domain": "anna@\U0001f33e.tw",
    "44 markup": "<script>@farm.tw",
    "46 percent routing": "anna%farm.tw@relay.tw",
    "46 bang path": "farm!anna@relay.tw",
}
ACCEPTED = {
    "7 outer spaces": ("  anna@farm.tw ", "anna@farm.tw"),
    "7 outer ideographic space": ("\u3000anna@farm.tw", "anna@farm.tw"),
    "10 trailing LF": ("anna@farm.tw\n", "anna@farm.tw"),
    "32 Unicode domain": ("anna@農場.台灣", "anna@xn--rls540k.xn--kpry57d"),
    "32 upper case in a Unicode domain": ("anna@Österreich.at", "anna@xn--sterreich-z7a.at"),
    "33 sharp s": ("anna@straße.de", "anna@xn--strae-oqa.de"),
    "40 upper case": ("Anna@FARM.tw", "anna@farm.tw"),
    "41 plus tag": ("anna+digest@farm.tw", "anna+digest@farm.tw"),
    "42 formula": ("=cmd|x@farm.tw", "=cmd|x@farm.tw"),
    "42 plus": ("+1@farm.tw", "+1@farm.tw"),
    "42 minus": ("-1@farm.tw", "-1@farm.tw"),
    "43 shell signs": ("a|b`c/d@farm.tw", "a|b`c/d@farm.tw"),
    "45 SQL quote": ("o'or'1'='1@farm.tw", "o'or'1'='1@farm.tw"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_address_gets_the_form_back_with_a_reason_and_leaves_nothing(name):
    response = subscribe(REFUSED[name])
    assert response.status_code == 400
    assert 'id="address-error"' in response.content.decode()
    assert not Subscriber.objects.exists() and not Notice.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_address_is_stored_in_its_canonical_form(name):
    typed, key = ACCEPTED[name]
    assert subscribe(typed).status_code == 200
    assert Subscriber.objects.get().address_key == key
    assert Notice.objects.get().kind == "confirm"


def test_38_a_lone_surrogate_is_refused():
    with pytest.raises(ValidationError):
        canonical("an\ud800na@farm.tw")


@pytest.mark.django_db
def test_29_a_megabyte_is_not_even_read():
    assert subscribe("a" * 10**6 + "@farm.tw").status_code == 413


@pytest.mark.django_db
def test_40_letters_of_either_case_are_one_subscriber():
    subscribe("Anna@Farm.tw")
    subscribe("anna@farm.TW")
    assert Subscriber.objects.get().address == "Anna@farm.tw"


def test_41_tags_and_gmail_dots_count_as_one_mailbox():
    assert abuse_key("anna+a@farm.tw") == abuse_key("anna+b@farm.tw") == "anna@farm.tw"
    assert abuse_key("an.na@gmail.com") == abuse_key("anna+x@googlemail.com") == "anna@gmail.com"
    assert abuse_key("an.na@farm.tw") != abuse_key("anna@farm.tw")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["abuse@farm.tw", "postmaster@farm.tw", "Abuse+x@farm.tw"])
def test_47_keepers_of_systems_get_the_same_page_and_no_mail(address):
    assert subscribe(address).content == subscribe("anna@farm.tw").content
    assert not Notice.objects.filter(subscriber__address=address).exists()


@pytest.mark.parametrize("domain", ["farm.test", "farm.invalid", "farm.example", "example.org", "my.local"])
def test_48_reserved_domains_are_refused_in_production(domain, settings):
    assert canonical(f"anna@{domain}")
    settings.ACCEPT_RESERVED_DOMAINS = False
    with pytest.raises(ValidationError):
        canonical(f"anna@{domain}")


@pytest.mark.django_db
def test_49_refused_domains_get_the_same_page_and_no_mail(settings):
    settings.REFUSED_MAIL_DOMAINS = frozenset(["throwaway.tw"])
    assert subscribe("anna@box.throwaway.tw").content == subscribe("anna@farm.tw").content
    assert Notice.objects.get().subscriber.address == "anna@farm.tw"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["bounced", "complained", "blocked"])
def test_50_suppressed_addresses_get_the_same_page_and_no_mail(state):
    known = make_subscriber(state=state)
    Suppression.objects.create(address_hash=address_hash("bert@farm.example"), reason="blocked")
    pages = {subscribe(address).content for address in ("anna@farm.example", "bert@farm.example", "new@farm.example")}
    assert len(pages) == 1
    known.refresh_from_db()
    assert known.state == state
    assert Notice.objects.get().subscriber.address == "new@farm.example"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "odd",
    [
        {"colour": "green"},
        {"address[]": "anna@farm.tw"},
        {"address": ["anna@farm.tw", "eve@evil.tw"]},
        {"language": ["en", "en"]},
    ],
)
def test_51_unknown_repeated_and_array_fields_are_refused(odd):
    assert Client().post("/en/subscribe/", {**filled("anna@farm.tw"), **odd}).status_code == 400
    assert not Subscriber.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"address": "anna@farm.tw"}'),
        ("application/x-www-form-urlencoded; charset=utf-16", b"address=anna%40farm.tw"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"address=anna%40farm.tw"),
        ("application/x-www-form-urlencoded", b"address=%ff%fe%40farm.tw"),
        ("application/x-www-form-urlencoded", b"address=%ED%A0%80%40farm.tw"),
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("text/plain", b"anna@farm.tw"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(7000))),
    ],
)
def test_51_odd_bodies_are_refused(content_type, body):
    response = Client().generic("POST", "/en/subscribe/", body, content_type)
    assert response.status_code in (400, 413)
    assert not Subscriber.objects.exists()


@pytest.mark.django_db
def test_52_a_missing_old_foreign_or_used_form_token_brings_the_form_back_with_what_was_typed():
    used = token()
    assert subscribe("first@farm.tw", form_token=used).status_code == 200
    for bad in ("", "nonsense", token(3 * 3600), token()[:-1] + "!", token(-3600), used):
        response = subscribe("anna@farm.tw", form_token=bad)
        assert response.status_code == 400
        assert 'value="anna@farm.tw"' in response.content.decode()
    assert Subscriber.objects.get().address == "first@farm.tw"


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [{"form_token": "new"}, {"website": "https://casino.tw"}])
def test_53_a_form_sent_at_once_or_with_the_hidden_field_filled_gets_the_page_and_no_mail(sent):
    if sent.get("form_token"):
        sent = {"form_token": token(0.5)}
    assert subscribe("anna@farm.tw", **sent).content == subscribe("bert@farm.tw").content
    assert Subscriber.objects.get().address == "bert@farm.tw"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "fr"},
        {"topics": ["999999"]},
        {"topics": ["1; DROP"]},
        {"sections": ["sport"]},
        {"rhythm": "daily"},
    ],
)
def test_54_unknown_languages_topics_sections_and_rhythms_are_refused(wrong):
    make_topic()
    response = subscribe("anna@farm.tw", **wrong)
    assert response.status_code == 400
    assert 'class="error"' in response.content.decode()
    assert not Subscriber.objects.exists()


@pytest.mark.django_db
def test_known_choices_are_stored_in_one_way():
    topics = [make_topic("Paddy soils"), make_topic("Compost"), make_topic("Ponds")]
    chosen = [str(topics[1].pk), str(topics[0].pk)]
    subscribe("anna@farm.tw", topics=chosen, sections=["event", "news"], rhythm="monthly", language="bilingual")
    row = Subscriber.objects.get()
    assert (row.sections, row.rhythm, row.language) == ("news,event", "monthly", "bilingual")
    assert row.topics == f"{topics[0].pk},{topics[1].pk}"


@pytest.mark.django_db
def test_all_sections_and_all_topics_are_stored_as_no_choice():
    topics = [make_topic("Paddy soils"), make_topic("Compost")]
    subscribe("anna@farm.tw", topics=[str(topic.pk) for topic in topics], sections=SECTIONS)
    row = Subscriber.objects.get()
    assert (row.sections, row.topics) == ("", "")


@pytest.mark.django_db
def test_a_form_with_errors_keeps_what_was_typed():
    topic = make_topic()
    response = subscribe("anna@", sections=["news"], topics=[str(topic.pk)], language="zh-hans", rhythm="monthly")
    html = response.content.decode()
    assert 'value="anna@"' in html and '<option value="zh-hans" lang="zh-Hans" selected>' in " ".join(html.split())
    assert 'value="news" checked' in html and 'value="data" checked' not in html
    assert f'value="{topic.pk}" checked' in html and 'value="monthly" checked' in html


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused_and_canonical_is_idempotent(text):
    try:
        address = canonical(text)
    except ValidationError:
        return
    assert canonical(address.address) == address
    assert address.key == address.key.lower() and address.key.isascii()


LOCAL = st.from_regex(r"[A-Za-z0-9+'=-]{1,20}(\.[A-Za-z0-9]{1,9})?", fullmatch=True)
LABEL = st.text("abcdefgäöüß農場台灣данне0123456789", min_size=1, max_size=12)


@given(LOCAL, st.lists(LABEL, min_size=1, max_size=3))
def test_what_is_accepted_is_ascii_and_reads_the_same_again(local, labels):
    try:
        address = canonical(f"{local}@{'.'.join(labels)}.tw")
    except ValidationError:
        return
    assert address.address.isascii() and address.address.startswith(f"{local}@")
    assert canonical(address.address) == address


def test_hashes_are_keyed_and_old_keys_are_looked_for(settings):
    old = address_hash("anna@farm.tw")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key" * 9
    assert address_hash("anna@farm.tw") != old
    assert old in address_hashes("anna@farm.tw")
