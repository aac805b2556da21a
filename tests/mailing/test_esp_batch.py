"""Many mails in one call: each reader's own values as merge fields, and never a text that is not what was frozen."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from digest.mailing import mime_template
from digest.mailing.esp import EspTransport
from digest.mailing.message_ids import delivery_id_from, message_id
from digest.mailing.models import Delivery
from digest.mailing.results import DeliveryStatus, OutgoingMessage
from digest.mailing.sender import Sender
from tests.kill.audience import enlist, freeze
from tests.mailing.api_server import ApiServer
from tests.mailing.test_esp import HEADERS, TEXT

READERS = ["ana@farm.example", "bo@farm.example", "cai@farm.example"]
TAKEN = json.dumps({"results": {"id": "11", "total_accepted_recipients": 3, "total_rejected_recipients": 0}})
QUEUED = json.dumps({"id": "<2024.1@mg.digest.test>", "message": "Queued. Thank you."})


def letters(text: str = TEXT) -> list[OutgoingMessage]:
    pieces = mime_template.build(HEADERS, text, f"<p>{text}</p>\n")
    made = []
    for number, reader in enumerate(READERS, 1):
        values = {
            "to": reader.encode(),
            "message_id": message_id(number, 3).encode(),
            "unsubscribe": b"%043d" % number,
        }
        made.append(OutgoingMessage("bounces@digest.test", reader, pieces.fill(values), pieces, values))
    return made


@pytest.fixture
def open_to(settings: Any) -> Callable[[str, ApiServer], EspTransport]:
    def connect(esp: str, server: ApiServer) -> EspTransport:
        url = f"http://127.0.0.1:{server.port}/"
        settings.ANYMAIL = {
            "REQUESTS_TIMEOUT": 2,
            **{"SPARKPOST_API_KEY": "key", "SPARKPOST_API_URL": url},
            **{"MAILGUN_API_KEY": "key", "MAILGUN_API_URL": url, "MAILGUN_SENDER_DOMAIN": "digest.test"},
            **{"POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": url},
        }
        return EspTransport(esp)

    return connect


Open = Callable[[str, ApiServer], EspTransport]


def test_a_sparkpost_call_has_each_readers_own_values_beside_one_text(open_to: Open) -> None:
    with ApiServer(body=TAKEN) as server:
        outcomes = open_to("sparkpost", server).send_all(letters())
    assert [outcome.status for outcome in outcomes] == [DeliveryStatus.SENT] * 3
    (call,) = server.requests
    assert call["content"]["text"] == TEXT.replace(mime_template.slot("unsubscribe"), "{{unsubscribe}}")
    assert [to["address"]["email"] for to in call["recipients"]] == READERS
    for number, to in enumerate(call["recipients"], 1):
        own = to["substitution_data"]
        assert own["unsubscribe"] == f"{number:043d}"
        assert own["Header__List_Unsubscribe"] == f"<https://digest.test/u/{number:043d}/>"
        assert own["Header__Message_Id"] == message_id(number, 3)
        assert delivery_id_from(f"{to['metadata']['delivery']}@provider") == number
    assert call["content"]["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "~" not in json.dumps(call["content"])


def test_a_mailgun_call_has_them_as_recipient_variables(open_to: Open) -> None:
    with ApiServer(body=QUEUED) as server:
        outcomes = open_to("mailgun", server).send_all(letters())
    assert [outcome.status for outcome in outcomes] == [DeliveryStatus.SENT] * 3
    form = parse_qs(server.bodies[0].decode())
    assert form["to"] == [",".join(READERS)] or form["to"] == READERS
    assert form["text"][0].replace("\r\n", "\n") == TEXT.replace(
        mime_template.slot("unsubscribe"), "%recipient.unsubscribe%"
    )
    own = json.loads(form["recipient-variables"][0])
    assert [own[reader]["unsubscribe"] for reader in READERS] == [f"{number:043d}" for number in (1, 2, 3)]
    assert form["h:List-Unsubscribe"] == ["%recipient.h:List-Unsubscribe%"]
    assert own["bo@farm.example"]["h:List-Unsubscribe"] == f"<https://digest.test/u/{2:043d}/>"
    assert own["bo@farm.example"]["h:Message-Id"] == message_id(2, 3)


@pytest.mark.parametrize("text", ["{{ what is in braces }}", "50 {{unsubscribe}}"])
def test_a_text_that_the_provider_would_fill_itself_goes_out_one_by_one(open_to: Open, text: str) -> None:
    one = json.dumps({"results": {"id": "11", "total_accepted_recipients": 1, "total_rejected_recipients": 0}})
    with ApiServer(body=one) as server:
        open_to("sparkpost", server).send_all(letters(f"{TEXT}{text}\n"))
    assert [len(call["recipients"]) for call in server.requests] == [1, 1, 1]
    for call in server.requests:
        assert call["content"]["text"].count("{{") == call["content"]["text"].count("{{opening_double_curly()}}") == 1
        assert call["content"]["html"].count("{{") == call["content"]["html"].count("{{opening_double_curly()}}") == 1


def test_a_provider_without_such_calls_gets_one_for_each(open_to: Open) -> None:
    with ApiServer() as server:
        transport = open_to("postmark", server)
        assert transport.batch == 1
        assert [outcome.status for outcome in transport.send_all(letters())] == [DeliveryStatus.SENT] * 3
    assert [call["To"] for call in server.requests] == READERS


@pytest.mark.parametrize(
    ("status", "fate", "calls"), [(401, "postponed", 1), (503, "postponed", 1), (502, "uncertain", 1)]
)
def test_what_concerns_the_service_concerns_all_of_a_batch(open_to: Open, status: int, fate: str, calls: int) -> None:
    with ApiServer(status=status, body="{}") as server:
        outcomes = open_to("sparkpost", server).send_all(letters())
    assert {outcome.status.value for outcome in outcomes} == {fate} and outcomes[0].is_fault
    assert len(server.requests) == calls


def test_a_batch_that_is_refused_is_sent_one_by_one_so_that_only_the_odd_one_fails(open_to: Open) -> None:
    with ApiServer(status=400, body='{"errors": [{"message": "invalid recipient"}]}') as server:
        outcomes = open_to("sparkpost", server).send_all(letters())
    assert [len(call["recipients"]) for call in server.requests] == [3, 1, 1, 1]
    assert {outcome.status for outcome in outcomes} == {DeliveryStatus.FAILED}


@pytest.mark.parametrize("way", ["close-in-body", "close-after-body", "garbage", "half"])
def test_a_batch_that_breaks_off_is_uncertain_as_a_whole_and_never_repeated(open_to: Open, way: str) -> None:
    with ApiServer(way) as server:
        outcomes = open_to("sparkpost", server).send_all(letters())
    assert [outcome.status for outcome in outcomes] == [DeliveryStatus.UNCERTAIN] * 3
    assert len(server.requests) <= 1 and server.connections == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("batch", "least"), [(1, 23), (5, 5), (50, 1)])
def test_a_mailing_in_batches_reaches_each_once(
    settings: Any, tmp_path: Path, open_to: Open, batch: int, least: int
) -> None:
    settings.MAIL_STATE_DIR, settings.MAIL_BATCH = tmp_path, batch
    enlist(23)
    freeze()
    with ApiServer(body=QUEUED) as server:
        Sender(lambda: open_to("mailgun", server), connections=2).run(once=True)
    calls = [parse_qs(body.decode()) for body in server.bodies]
    reached = [reader for call in calls for to in call["to"] for reader in to.split(",")]
    assert sorted(reached) == sorted(f"u{n}@farm.example" for n in range(23))
    assert least <= len(calls) <= least + 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
