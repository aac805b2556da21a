"""CSV in and out: nothing raises consent, no cell is a formula, what goes out can come in again (A9, W9)."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from digest.subscriptions import subscribing, unsubscribing
from digest.subscriptions.addresses import canonical
from digest.subscriptions.consent import CONSENT_TEXT_VERSION, ConsentSource
from digest.subscriptions.csv_escaping import escape_formula, unescape_formula
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber
from digest.subscriptions.preferences import Preferences
from tests.factories import make_subscriber, make_topic
from tests.subscriptions.test_addresses import ACCEPTED, REFUSED

pytestmark = pytest.mark.django_db
SOURCE = ConsentSource("test", language="en")
PROOF = {"consented_at": "2024-05-01", "consent_text": "Form at the fair in May"}


@pytest.fixture
def load(tmp_path):
    """Import rows given as dicts; returns the report's rows."""

    def load(*rows: dict[str, str], **options) -> list[dict]:
        path = tmp_path / "people.csv"
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as out:
            writer = csv.DictWriter(out, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        text = io.StringIO()
        call_command("import_subscribers", str(path), json=True, stdout=text, **options)
        return json.loads(text.getvalue())["rows"]

    return load


def exported() -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export_subscribers", stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))


def test_who_comes_with_proof_is_active_and_the_proof_is_kept(load):
    assert [row["kind"] for row in load({"address": "anna@farm.tw", **PROOF})] == ["added"]
    row = Subscriber.objects.get()
    assert row.state == "active" and timezone.localdate(row.confirmed_at).isoformat() == "2024-05-01"
    event = row.consent_events.get()
    assert event.kind == "imported" and event.detail["consent_text"] == "Form at the fair in May"
    assert not Notice.objects.exists()


@pytest.mark.parametrize("proof", [{}, {"consented_at": "2024-05-01"}, {"consent_text": "At the fair"}])
def test_who_comes_without_proof_is_asked_to_confirm(load, proof):
    load({"address": "anna@farm.tw", **proof})
    assert Subscriber.objects.get().state == "pending"
    assert Notice.objects.get().kind == "confirm"


@pytest.mark.parametrize("state", ["unsubscribed", "bounced", "complained", "blocked", "pending"])
def test_an_import_raises_nobodys_consent(load, state):
    row = make_subscriber(address="anna@farm.tw", state=state, language="en", sections="news")
    assert load({"address": "Anna@FARM.tw", "state": "active", "language": "zh-hans", **PROOF})[0]["kind"] == "kept"
    row.refresh_from_db()
    assert (row.state, row.language, row.sections) == (state, "en", "news")
    assert not Notice.objects.exists()


@pytest.mark.parametrize("verb", [unsubscribing.erase, unsubscribing.block])
def test_a9_who_was_erased_or_blocked_does_not_come_back_by_the_old_file(load, verb):
    row = make_subscriber(address="anna@farm.tw")
    subscribing.subscribe(canonical("bert@farm.tw"), Preferences("en"), SOURCE)
    old = [{name: cells[name] for name in cells} for cells in exported()]
    verb(row, SOURCE)
    Subscriber.objects.filter(state="blocked").update(address="x@farm.tw", address_key="x@farm.tw")
    kinds = [outcome["kind"] for outcome in load(*old)]
    assert kinds == ["kept out", "kept"]
    assert not Subscriber.objects.filter(address="anna@farm.tw").exists()


@pytest.mark.parametrize("state", ["unsubscribed", "bounced", "complained", "blocked"])
def test_an_end_is_taken_over_from_a_file_for_the_known_and_the_new(load, state):
    make_subscriber(address="anna@farm.tw")
    kinds = [
        row["kind"] for row in load(*({"address": f"{name}@farm.tw", "state": state} for name in ("anna", "new")))
    ]
    assert kinds == ["ended", "added"]
    assert set(Subscriber.objects.values_list("state", flat=True)) == {state}
    assert not Notice.objects.exists()


def test_a_dry_run_says_the_same_and_changes_nothing(load):
    rows = [{"address": "anna@farm.tw", **PROOF}, {"address": "nonsense"}]
    planned = load(*rows, dry_run=True)
    assert not Subscriber.objects.exists() and not ConsentEvent.objects.exists()
    assert planned == load(*rows)


def test_rows_that_speak_of_one_address_are_judged_one_after_the_other_also_when_only_tried(load, monkeypatch):
    monkeypatch.setattr("digest.subscriptions.csv_import._AT_ONCE", 2)
    rows = [{"address": "anna@farm.tw", **PROOF}, {"address": "bert@farm.tw"}, {"address": "Anna@Farm.tw", **PROOF}]
    rows += [{"address": f"{name}@farm.tw", "state": "unsubscribed"} for name in ("anna", "bert", "cora")]
    rows += [{"address": "cora@farm.tw", **PROOF}, {"address": "anna@farm.tw", "state": "complained"}]
    planned = load(*rows, dry_run=True)
    kinds = ["added", "to confirm", "kept", "ended", "ended", "added", "kept", "ended"]
    assert [row["kind"] for row in planned] == kinds
    assert planned == load(*rows)


def test_a_long_file_is_many_transactions_and_one_that_broke_off_is_run_again(load, monkeypatch):
    monkeypatch.setattr("digest.subscriptions.csv_import._AT_ONCE", 2)
    rows = [{"address": f"a{number}@farm.tw", **PROOF} for number in range(7)]
    monkeypatch.setattr("digest.subscriptions.subscribing.suppressed_among", fail_at_the_third_time())
    with pytest.raises(CommandError, match="again"):
        load(*rows)
    assert Subscriber.objects.count() == 4
    monkeypatch.undo()
    assert [row["kind"] for row in load(*rows)] == ["kept"] * 4 + ["added"] * 3


def fail_at_the_third_time():
    times = iter([set(), set()])

    def suppressed_among(_addresses):
        try:
            return next(times)
        except StopIteration:
            raise OperationalError("disk full") from None

    return suppressed_among


def test_a_row_that_calls_somebody_with_an_address_erased_is_refused(load):
    assert load({"address": "anna@farm.tw", "state": "erased"})[0]["kind"] == "refused"
    assert not Subscriber.objects.exists()


def test_no_proof_brings_in_a_mailbox_that_is_not_written_to(load):
    assert load({"address": "postmaster@farm.tw", **PROOF})[0]["kind"] == "kept out"


def test_a_long_history_is_read(load):
    history = json.dumps([{"kind": "changed", "detail": "x" * 300_000}])
    assert load({"address": "anna@farm.tw", **PROOF, "consent": history})[0]["kind"] == "added"


@pytest.mark.parametrize("name", REFUSED)
def test_each_class_of_bad_address_is_a_line_of_the_report(load, name):
    outcomes = load({"address": REFUSED[name], **PROOF}, {"address": "anna@farm.tw", **PROOF})
    assert [outcome["kind"] for outcome in outcomes] == ["refused", "added"]
    assert outcomes[0]["reason"]
    assert Subscriber.objects.count() == 1


@pytest.mark.parametrize("name", ACCEPTED)
def test_each_class_of_good_address_is_stored_as_by_the_form(load, name):
    typed, key = ACCEPTED[name]
    load({"address": typed, **PROOF})
    assert Subscriber.objects.get().address_key == key


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "fr"},
        {"topics": "999999"},
        {"topics": "x"},
        {"sections": "sport"},
        {"rhythm": "daily"},
        {"state": "keen"},
        {"consented_at": "yesterday"},
        {"consented_at": "2999-01-01"},
        {"consented_at": "2024-02-31"},
        {"paused_until": "soon"},
        {"consent_text": "a\x00b"},
        {"consent": "{"},
        {"consent": "{}"},
        {"consent": "[" * 100_000},
        {"consent": '["\\u0000"]'},
        {"consent": '["\\ud800"]'},
        {"consent": "[NaN]"},
    ],
)
def test_unknown_values_are_refused_with_their_line(load, wrong):
    outcomes = load({"address": "anna@farm.tw", **PROOF, **wrong})
    assert [(row["line"], row["kind"]) for row in outcomes] == [(2, "refused")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "column"),
        (b"mail\nanna@farm.tw\n", "column"),
        (b"address,colour\nanna@farm.tw,green\n", "colour"),
        (b"address,address\na@farm.tw,b@farm.tw\n", "repeated"),
        ("address\n安娜@farm.tw\n".encode("big5"), "UTF-8"),
        (b'address\n"anna@farm.tw\n', "Line"),
        (b"address\n" + b"a@farm.tw\n" * 300 + b'"b@farm.tw\n', "302"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(tmp_path, content, message):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with translation.override("en"), pytest.raises(CommandError, match=message):
        call_command("import_subscribers", str(path))
    assert not Subscriber.objects.exists()


def test_a_row_with_too_many_or_too_few_cells_is_refused(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("address,language\na@farm.tw,en,more\nb@farm.tw\nc@farm.tw,en\n")
    out = io.StringIO()
    call_command("import_subscribers", str(path), stdout=out)
    assert "Done: rejected: 2 · confirmation requested: 1" in out.getvalue()


def test_the_export_is_complete_and_reads_the_same_on_an_empty_machine(load):
    topic = make_topic()
    make_topic("Compost")
    make_subscriber(address="=cmd|x@farm.tw", topics=str(topic.pk), sections="news,data", rhythm="monthly")
    subscribing.subscribe(canonical("anna@farm.tw"), Preferences("bilingual"), SOURCE)
    subscribing.confirm(Subscriber.objects.get(address="anna@farm.tw"), SOURCE)
    make_subscriber(address="left@farm.tw", state="unsubscribed")
    before = exported()
    assert before[0]["address"] == "'=cmd|x@farm.tw"
    assert before[1]["consent_text"] == CONSENT_TEXT_VERSION
    assert [event["kind"] for event in json.loads(before[1]["consent"])] == ["requested", "confirmed"]
    for row in Subscriber.objects.all():  # another machine knows none of them
        Subscriber.objects.filter(pk=row.pk).update(address=f"{row.pk}@old.tw", address_key=f"{row.pk}@old.tw")
    load(*before)
    kept = ("address", "state", "language", "sections", "topics", "rhythm", "paused_until")
    after = {row["address"]: row for row in exported()}
    for row in before[1:]:
        assert {name: after[row["address"]][name] for name in kept} == {name: row[name] for name in kept}
    assert after["'=cmd|x@farm.tw"]["topics"] == str(topic.pk)
    proof = json.loads(after["anna@farm.tw"]["consent"])[0]["detail"]
    assert [event["kind"] for event in proof["history"]] == ["requested", "confirmed"]


def test_the_erased_are_in_the_export_without_an_address_and_are_not_imported(load):
    unsubscribing.erase(make_subscriber(), SOURCE)
    rows = exported()
    assert rows[0]["address"] == "" and rows[0]["state"] == "erased"
    assert load(*rows)[0]["kind"] == "skipped"


def test_the_exported_file_is_for_its_owner_alone(tmp_path):
    make_subscriber()
    path = tmp_path / "out.csv"
    call_command("export_subscribers", str(path), stdout=io.StringIO())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"\xef\xbb\xbfaddress,")


CELL = st.text(st.one_of(st.sampled_from("=+-@'\" \t\r\n\x00|a1＝"), st.characters()), max_size=12)


@given(CELL)
def test_w9_no_cell_begins_a_formula_and_every_cell_reads_the_same_again(text):
    cell = escape_formula(text)
    assert unescape_formula(cell) == text
    assert not cell.lstrip(' "').startswith(("=", "+", "-", "@", "\t", "\r", "\x00", "＝", "＋", "－", "＠"))


@given(st.lists(CELL, min_size=1, max_size=4))
def test_w9_a_written_row_is_read_as_it_was(texts):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow([escape_formula(text) for text in texts])
    out.seek(0)
    rows = list(csv.reader(out, strict=True))
    assert [unescape_formula(cell) for cell in rows[0]] == texts
