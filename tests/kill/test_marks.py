"""The lock after a restore is not for senders that merely start while another one works."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from digest.mailing import outbox
from digest.mailing.models import Delivery, Post
from digest.mailing.outbox import post
from tests.factories import make_full_issue, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(autouse=True)
def state_folder(settings: Any, tmp_path: Path) -> None:
    settings.MAIL_STATE_DIR = tmp_path


def another_claims() -> None:
    with transaction.atomic():
        mark = post.take_turn()
    assert mark is not None
    post.remember_turn(mark)


def test_a_claim_between_our_two_looks_locks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    post.check_restore()
    look = Post.objects.get_or_create

    def look_and_be_overtaken(**fields: Any) -> Any:
        row = look(**fields)
        another_claims()
        return row

    monkeypatch.setattr(Post.objects, "get_or_create", look_and_be_overtaken)
    post.check_restore()
    assert not post.is_locked()


def test_two_senders_may_begin_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    look = post.read_mark

    def look_before_the_other_begins() -> int | None:
        monkeypatch.setattr(post, "read_mark", look)
        post.check_restore()
        another_claims()
        return None

    monkeypatch.setattr(post, "read_mark", look_before_the_other_begins)
    post.check_restore()
    assert not post.is_locked()


def test_a_database_behind_its_file_is_locked() -> None:
    post.check_restore()
    another_claims()
    Post.objects.update(mark=0)
    post.check_restore()
    assert post.is_locked()


@pytest.mark.parametrize("is_first", [True, False])
def test_a_claim_about_the_look_at_the_mark_locks_nothing(monkeypatch: pytest.MonkeyPatch, is_first: bool) -> None:
    post.check_restore()
    make_subscriber("reader@farm.example")
    outbox.start(make_full_issue())
    other = outbox.Holding("other")
    other.open()
    other.set(None)
    look = Post.objects.get

    def look_at_the_mark(**fields: Any) -> Any:
        monkeypatch.undo()
        if is_first:
            outbox.claim("other", 1)
        found = look(**fields)
        if not is_first:
            outbox.claim("other", 1)
        return found

    monkeypatch.setattr(Post.objects, "get", look_at_the_mark)
    post.check_restore()
    assert not post.is_locked()
    assert Delivery.objects.filter(owner="other").exists()


def test_many_who_died_lately_cost_no_more_looks_than_one(django_assert_max_num_queries: Any) -> None:
    post.check_restore()
    for number in range(20):
        outbox.Holding(f"dead-{number}").open()
    with django_assert_max_num_queries(5):
        post.check_restore()
