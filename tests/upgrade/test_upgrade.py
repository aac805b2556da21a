"""A site in use survives the upgrade: its saved database, migrated to today's code, beside what its own code said.

The site is of November 2026 (november_2026/make.py): a mailing half sent, a sender killed, people coming and going.
A page, a right or a table that a later version gives up on purpose is named below, with nothing else to change here.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.mailing.bounce_styles import Returned, postfix
from tests.mailing.mail_server import Mailbox, mail_server
from tests.upgrade.databases import VENDOR, copied, loaded
from tests.upgrade.portal import HERE, Portal

NAME = f"{VENDOR}-2026-11"
# Tables that are gone on purpose, and those that go by another name now.
DROPPED_TABLES: set[str] = {"archive_block"}
RENAMED_TABLES = {"archive_generation": "archive_cacheversion", "mailing_post": "mailing_outboxstate"}
# What Django itself adds to with each migration and each new model, and when tests sign in.
GROWING_TABLES = {"django_migrations", "django_content_type", "auth_permission", "django_session"}
# Rights by app_label.codename that are called otherwise now; "" for those that went with their model.
RENAMED_RIGHTS: dict[str, str] = {}
# Models by app_label.model: their permissions follow.
RENAMED_MODELS = {"archive.generation": "archive.cacheversion", "mailing.post": "mailing.outboxstate"}
RENAMED_RIGHTS |= {
    f".{action}_".join(old.split(".")): f".{action}_".join(new.split("."))
    for old, new in RENAMED_MODELS.items()
    for action in ("add", "change", "delete", "view")
}
# Pages of the admin that somebody may not open any more, or may now: (user, path) -> status.
CHANGED_ADMIN: dict[tuple[str, str], int] = {}
# Users whose pages of the admin are opened: those who may do some things; `old["admin"]` has more.
HALF_TRUSTED = ("wei", "ruth")
WAITING = ("pending", "deferred", "claimed")
pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def old() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((HERE / f"{NAME}.json").read_text(encoding="utf-8"))
    return told


@pytest.fixture(scope="module")
def upgraded(old: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The site after `migrate`. Tests only look at it."""
    with loaded(NAME, tmp_path_factory.mktemp("upgraded")) as portal:
        (portal.folder / "mail").mkdir()
        for name, text in old["mail"]["state_dir"].items():
            (portal.folder / "mail" / name).write_text(text)
        portal.run("migrate", "--no-input", "--verbosity", "0")
        yield portal


@pytest.fixture
def site(upgraded: Portal, tmp_path: Path) -> Iterator[Portal]:
    """A copy of it, for a test that changes something."""
    with copied(upgraded, tmp_path) as portal:
        yield portal


@pytest.fixture(scope="module")
def told(old: dict[str, Any], upgraded: Portal) -> dict[str, Any]:
    """What the new code says of what the old code was asked, an hour after it was asked."""
    paths = in_one_language_each(old["pages"])
    pages = [{"path": path} for path in paths]
    admin = [{"user": user, "path": path} for user, path, _status in old["admin"] if user in HALF_TRUSTED]
    answers = upgraded.ask(at=soon_after(old), pages=[*pages, *admin, old["history"]], rights=True)
    seen = answers["pages"]
    return {
        "pages": dict(zip(paths, seen[: len(pages)], strict=True)),
        "admin": [
            [*asked.values(), answer["status"]] for asked, answer in zip(admin, seen[len(pages) :], strict=False)
        ],
        "history": seen[-1],
        "rights": answers["rights"],
    }


def in_one_language_each(paths: Iterable[str]) -> list[str]:
    """Each page in one language, the next one in the next: `old["pages"]` has all, three times as many."""
    pages = sorted({path.split("/", 2)[2] for path in paths if path.startswith("/en/")})
    translated = [f"/{('en', 'zh-hant', 'zh-hans')[n % 3]}/{page}" for n, page in enumerate(pages)]
    return [*translated, *(path for path in paths if not path.startswith(("/en/", "/zh-")))]


def soon_after(old: dict[str, Any]) -> str:
    """While the links of the old site that live for some hours are good."""
    return (dt.datetime.fromisoformat(old["made_at"]) + dt.timedelta(hours=1)).isoformat()


# --- what is stored ----------------------------------------------------------------------------------------------


def test_no_row_is_lost_or_added(old, upgraded):
    now = upgraded.counts()
    before = {RENAMED_TABLES.get(name, name): n for name, n in old["counts"].items() if name not in DROPPED_TABLES}
    assert {name: now.get(name) for name in before if name not in GROWING_TABLES} == {
        name: count for name, count in before.items() if name not in GROWING_TABLES
    }
    assert all(now[name] >= before[name] for name in GROWING_TABLES)


def test_no_row_points_to_one_that_is_gone(upgraded):
    if VENDOR == "sqlite":  # PostgreSQL checks by itself, also what a migration has copied
        assert upgraded.select("PRAGMA foreign_key_check") == []
    invalid = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    assert VENDOR == "sqlite" or upgraded.select(invalid) == []


def test_history_is_kept_and_shown(old, told):
    assert sum(count for name, count in old["counts"].items() if name.startswith("archive_historical")) > 700
    assert told["history"] == {"status": 200, "to": "", "says": True}


def test_everybody_may_do_what_they_might_before_and_nothing_more(old, told):
    for kind in ("users", "groups"):
        before = {
            name: {RENAMED_RIGHTS.get(right, right) for right in rights} - {""}
            for name, rights in old["rights"][kind].items()
        }
        assert {name: set(rights) for name, rights in told["rights"][kind].items()} == before


def test_the_same_pages_of_the_admin_open_to_the_same_people(old, told):
    before = {(user, path): CHANGED_ADMIN.get((user, path), status) for user, path, status in old["admin"]}
    now = {(user, path): status for user, path, status in told["admin"]}
    assert now == {asked: before[asked] for asked in now} and set(now.values()) == {200, 403}


@pytest.mark.parametrize("statement", ["UPDATE {} SET way = 'forged'", "DELETE FROM {}"])
def test_the_database_still_refuses_to_change_proofs_of_consent(old, upgraded, statement):
    """A migration that rebuilds the table (SQLite) or replaces it loses the triggers without a word."""
    assert set(old["triggers"]) <= set(upgraded.triggers())
    with closing(upgraded.connect()) as opened, pytest.raises(Exception, match="append-only"):
        opened.cursor().execute(statement.format("subscriptions_consentevent"))
    assert upgraded.counts()["subscriptions_consentevent"] == old["counts"]["subscriptions_consentevent"]


# --- for the columns to come ---------------------------------------------------------------------------------------


def test_items_that_were_hidden_in_a_published_issue_are_withdrawn_and_other_hidden_ones_drafts(old, upgraded):
    rows = upgraded.select("SELECT state, id FROM archive_item WHERE state <> 'published' ORDER BY id")
    found = {state: [pk for name, pk in rows if name == state] for state, _pk in rows}
    assert found == {state: sorted(old["hidden"][state]) for state in ("draft", "withdrawn")}


# --- what readers have ---------------------------------------------------------------------------------------------


def test_every_address_answers_as_before(old, told):
    now = {path: [answer["status"], answer["to"]] for path, answer in told["pages"].items()}
    assert now == {path: old["pages"][path] for path in now}
    hidden = [f"items/{pk}/" for pk in old["hidden"]["withdrawn"] + old["hidden"]["draft"]]
    kinds = {page: {now[path][0] for path in now if path.endswith(f"/{page}")} for page in [*hidden, "issues/18/"]}
    assert set(map(frozenset, kinds.values())) == {frozenset({404})}
    assert Counter(status for status, _to in now.values())[200] > 200


def test_links_in_mails_of_the_old_site_work(old, site):
    links = {link for letter in old["mail"]["letters"] for link in letter["links"]}
    people = {row["address"]: row | {"id": pk} for pk, row in old["subscribers"].items()}
    leaves, waits, moves = (
        people[name] for name in ("budi@mangrove.example", "waiting@pending.example", "grace@example.net")
    )
    acts = [
        {"path": leaves["unsubscribe"], "method": "POST", "data": {"List-Unsubscribe": "One-Click"}},
        {"path": waits["confirm"], "method": "POST"},
        {"path": moves["new_address"], "method": "POST", "data": {"do": "take"}},
    ]
    assert {act["path"] for act in acts} < links
    answers = site.ask(at=soon_after(old), pages=[*({"path": link} for link in sorted(links)), *acts])["pages"]
    assert {answer["status"] for answer in answers} == {200}
    assert [subscriber(site, row["id"]) for row in (leaves, waits, moves)] == [
        ("unsubscribed", "budi@mangrove.example"),
        ("active", "waiting@pending.example"),
        ("active", "grace@moved.example"),
    ]
    assert site.counts()["subscriptions_consentevent"] == old["counts"]["subscriptions_consentevent"] + 3


def subscriber(portal: Portal, pk: str | int) -> tuple[str, str]:
    rows = portal.select("SELECT id, state, address FROM subscriptions_subscriber")
    return {row[0]: row[1:] for row in rows}[int(pk)]


# --- mails -----------------------------------------------------------------------------------------------------------


def deliveries(portal: Portal) -> dict[str, str]:
    """The state of each, by its number."""
    return {str(pk): state for pk, state in portal.select("SELECT id, state FROM mailing_delivery")}


@pytest.fixture(scope="module")
def sent(upgraded: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, Mailbox]]:
    """The site when `send_mailings` has run twice, and what has arrived."""
    with copied(upgraded, tmp_path_factory.mktemp("sent")) as portal, mail_server() as (mailbox, url):
        portal.more = {"SMTP_URL": url}
        for _time in range(2):  # the second finds nothing to do
            portal.run("send_mailings", "--once", "--connections", "2")
        yield portal, mailbox


def test_the_half_sent_mailing_is_finished_with_nobody_lost_or_doubled(old, sent):
    portal, mailbox = sent
    mail = old["mail"]
    assert Counter(got.recipient for got in mailbox.mails) == Counter(mail["owed"] + mail["owed_notices"])
    assert dict(portal.select("SELECT id, state FROM mailing_mailing"))[mail["mailing"]] == "finished"
    expected = {pk: expected_state(mail, pk, old) for pk in old["deliveries"]}
    now = deliveries(portal)
    assert {pk: now.pop(pk) for pk in expected} == expected
    assert list(now.values()) == ["sent"]  # the notice that waited


def expected_state(mail: dict[str, Any], pk: str, old: dict[str, Any]) -> str:
    """What waited is sent, unless its reader is gone; what the dead sender had begun is for a person to decide."""
    row = old["deliveries"][pk]
    if int(pk) in mail["uncertain"]:
        return "uncertain"
    if row["state"] in WAITING:
        return "sent" if old["subscribers"][str(row["subscriber"])]["address"] in mail["owed"] else "suppressed"
    state: str = row["state"]
    return state


def test_mails_keep_their_numbers_and_their_readers_links(old, sent):
    people = {row["address"]: row | {"id": int(pk)} for pk, row in old["subscribers"].items() if row["address"]}
    known = {row["subscriber"]: row for row in old["deliveries"].values() if row["mailing"] == old["mail"]["mailing"]}
    _portal, mailbox = sent
    assert mailbox.mails
    for got in mailbox.mails:
        mail = message_from_bytes(got.raw, policy=policy.default)
        person = people[got.recipient]
        if got.recipient in old["mail"]["owed_notices"]:
            assert person["confirm"] in mail.get_body(("plain",)).get_content()
        else:
            row = known[person["id"]]
            assert (mail["Message-ID"], got.sender) == (row["message_id"], row["bounces_to"])
            assert person["unsubscribe"] in mail["List-Unsubscribe"]
            assert person["preferences"] in mail.get_body(("plain",)).get_content()


def bounce(old: dict[str, Any], site: Portal, delivery: int, code: str, **known_by: str) -> str:
    """Hand a bounce of a mail of the old site to the new one, as Postfix does; what the command says.

    It is known by its `return_path` or by its `message_id`, the other being a stranger's.
    """
    row = old["deliveries"][str(delivery)]
    address = old["subscribers"][str(row["subscriber"])]["address"]
    strange = {"message_id": "<1@elsewhere.example>", "return_path": "nobody@elsewhere.example"}
    mail = Returned(address, **(strange | known_by))
    raw = postfix(code, f"550 {code} not here")(mail)
    return site.run("receive_bounce", "--recipient", mail.return_path, stdin=raw)


def test_a_bounce_settles_an_uncertain_mail_and_ends_the_subscription(old, site):
    pk = next(pk for pk in old["mail"]["uncertain"] if old["deliveries"][str(pk)]["state"] == "uncertain")
    assert "hard 5.1.1" in bounce(old, site, pk, "5.1.1", return_path=old["deliveries"][str(pk)]["bounces_to"])
    assert subscriber(site, old["deliveries"][str(pk)]["subscriber"])[0] == "bounced"
    assert deliveries(site) == {n: row["state"] for n, row in old["deliveries"].items()} | {str(pk): "failed"}


def test_a_mail_that_arrived_as_was_told_can_still_come_back(old, site):
    """The upgrade must not forget that it was uncertain. What comes back of others changes nothing about them."""
    pk = old["mail"]["arrived_later"]
    sent = next(int(n) for n, row in old["deliveries"].items() if row["reply"].startswith("250"))
    for number in (pk, sent):
        message_id = old["deliveries"][str(number)]["message_id"]
        assert "soft 5.2.2" in bounce(old, site, number, "5.2.2", message_id=message_id)
    assert deliveries(site) == {n: row["state"] for n, row in old["deliveries"].items()} | {str(pk): "failed"}
