"""Lists of tables with a row for each mail ever sent: what they ask must not grow with it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.common import paginators
from digest.mailing import outbox
from digest.mailing.models import Delivery, MailEvent
from tests import factories
from tests.mailing.admin_users import make_mailing, sign_in

pytestmark = pytest.mark.django_db
LISTS = ["delivery", "mailevent"]


@pytest.fixture
def viewer():
    return sign_in("view_mailing", "view_delivery", "view_mailevent")


@pytest.fixture
def events():
    rows = make_mailing(["sent"] * 3).deliveries.all()
    for row in rows:
        MailEvent.objects.create(event_id=f"e{row.pk}", delivery=row, subscriber=row.subscriber, kind="soft")
    return rows


def asked(viewer, address: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert viewer.get(f"/admin/mailing/{address}").status_code == 200
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_counts_only_as_far_as_it_shows(viewer, events, name, monkeypatch):
    monkeypatch.setattr(paginators, "MAX_ROWS", 2)
    assert viewer.get(f"/admin/mailing/{name}/").context["cl"].result_count == 2
    counts = [sql for sql in asked(viewer, f"{name}/") if "COUNT(" in sql]
    assert len(counts) == 1 and "LIMIT 2" in counts[0]


@pytest.mark.parametrize("name", LISTS)
def test_an_address_is_looked_up_as_it_is_written_so_that_its_index_serves(viewer, events, name):
    found = [sql for sql in asked(viewer, f"{name}/?q=reader1@farm.example") if "reader1@" in sql]
    assert found and not any("UPPER(" in sql or "LIKE" in sql for sql in found)


def test_more_mailings_make_the_list_of_mails_ask_no_more(viewer, events):
    before = len(asked(viewer, "delivery/"))
    for number in ("18", "19"):
        outbox.start(factories.make_full_issue(number))
    assert len(asked(viewer, "delivery/")) == before


def test_a_notice_is_called_by_its_kind(viewer):
    row = Delivery(subscriber=factories.make_subscriber(), notice_kind="known", state="sent")
    row.due_at = row.changed_at = timezone.now()
    row.save()
    html = viewer.get("/admin/mailing/delivery/").content.decode()
    assert "already subscribed" in html


def test_no_plain_index_tempts_a_claim_to_read_all_mails_of_a_mailing():
    """With 850,000 of one, PostgreSQL took half a second a second to see that a cancelled mailing had none waiting."""
    with connection.cursor() as cursor:
        made = connection.introspection.get_constraints(cursor, "mailing_delivery").values()
    assert [index for index in made if index["index"] and index["columns"] in (["mailing_id"], ["edition_id"])] == []
