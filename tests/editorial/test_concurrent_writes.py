"""Concurrent writes to the same rows all succeed: writers take locks in one order, so they cannot deadlock."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from digest.archive import authoring
from digest.archive.models import Issue, Item, Placement, Topic
from digest.editorial.publishing import AlreadySent, publish_and_send
from digest.intake.newsletter.importing import import_document
from digest.intake.newsletter.parser import parse
from digest.intake.options import ImportOptions
from digest.mailing.models import Mailing
from digest.subscriptions import preference_changes
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import Subscriber
from digest.subscriptions.preferences import Preferences
from tests import factories as make
from tests.concurrency import at_once

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write at a time"),
]
DOCUMENT = "第17期\n科技研究\n- {title}\n2024 年 5 月 1 日 | 靜土學報 | 摘要之{number}。"


class World:
    """An issue with three items, a topic and a subscriber; each round creates the rows that it deletes."""

    def __init__(self, editor: Any) -> None:
        self.editor = editor
        self.counter = itertools.count(1)
        self.issue = make.make_full_issue("17", 3)
        self.item, self.other = self.issue.items.order_by("pk")[:2]
        self.topic = make.make_topic("Kept", items=[self.item])
        self.subscriber = make.make_subscriber(topics=str(self.topic.pk))

    def begin_round(self) -> None:
        self.number = next(self.counter)
        self.draft: Issue | None = None
        issue = Issue.objects.get(pk=self.issue.pk)
        if not issue.is_published:
            authoring.publish_issue(issue)

    def new_draft(self) -> Issue:
        """An issue that looks back at both items; two senders in one round send the same issue."""
        if self.draft is None:
            self.draft = make.make_issue(str(100 + self.number), published=False, texts={})
            for item in (self.item, self.other):
                make.make_placement(item, self.draft, "look_back")
        return self.draft

    def new_item(self) -> Item:
        item = make.make_item()
        make.make_placement(item, self.issue)
        return item

    def form(self, model: Any, row: Any, field: str) -> Callable[[], Any]:
        form = self.editor.open(model, row.pk)
        return lambda: form.save(**{f"{form.text('en')}-title": f"{field} {self.number}"}).status_code

    def verb(self, name: str) -> Callable[[], Any]:
        """The actions of one of two users; deleted rows are those created for this round."""
        issue, item = Issue.objects.get(pk=self.issue.pk), Item.objects.get(pk=self.item.pk)
        match name:
            case "item form":
                return self.form(Item, item, "By form")
            case "issue form":
                return self.form(Issue, issue, "By form")
            case "text":
                return lambda: authoring.write_text(item, "zh-hant", title=f"題目{self.number}")
            case "withdraw issue":
                return lambda: authoring.withdraw_issue(issue)
            case "publish and send":
                draft = self.new_draft()
                return lambda: publish_and_send(draft)
            case "reorder":
                rows = list(Placement.objects.filter(issue=issue))
                return lambda: authoring.reorder_placements(issue, rows[::-1])
            case "merge topics":
                topic = make.make_topic(f"Topic {next(self.counter)}", items=[self.item])
                return lambda: authoring.merge_topics([topic], Topic.objects.get(pk=self.topic.pk))
            case "merge items":
                spare = self.new_item()
                return lambda: authoring.merge_items(spare, item)
            case "delete":
                spare = self.new_item()
                return lambda: authoring.delete([spare])
            case "import":
                title = item.written("zh-hant").title
                text = DOCUMENT.format(title=title, number=self.number)
                return lambda: import_document(parse(text), ImportOptions(update=True))
            case "withdraw item":
                return lambda: authoring.withdraw_items([self.other.pk])
            case "preferences":
                wanted = Preferences("en", "", str(self.topic.pk), Subscriber.Rhythm.EVERY_ISSUE)
                return lambda: preference_changes.change_preferences(
                    self.subscriber, wanted, None, ConsentSource("test")
                )
        raise AssertionError(name)


FUNCTIONS = [
    *("item form", "text", "withdraw issue", "publish and send"),
    *("reorder", "merge topics", "merge items", "delete", "import"),
]
PAUSE = 0.005  # seconds
MORE = ["issue form", "withdraw item", "preferences"]  # in make test-full


def dawdling(task: Callable[[], Any]) -> Callable[[], Any]:
    """The action with a pause after its first write, in which the other action reaches the rows that both need."""

    def pause(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith(("UPDATE", "INSERT", "DELETE")) and not paused:
            paused.append(sql)
            time.sleep(PAUSE)
        return result

    def run() -> Any:
        with connection.execute_wrapper(pause):
            return task()

    paused: list[str] = []
    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.full)])
def test_no_two_functions_deadlock(editor, rounds):
    world = World(editor)
    functions = FUNCTIONS if rounds == 5 else [*FUNCTIONS, *MORE]
    for pair in itertools.combinations_with_replacement(functions, 2):
        for _ in range(rounds):
            world.begin_round()
            results = at_once([dawdling(world.verb(name)) for name in pair])
            refused = [each for each in results if isinstance(each, AlreadySent)]
            errors = [each for each in results if isinstance(each, Exception) and each not in refused]
            assert not errors and len(results) == 2 and len(refused) <= (pair[0] == pair[1]), (pair, errors)
            assert {each for each in results if isinstance(each, int) and each > 100} <= {200, 302}, (pair, results)
    assert Mailing.objects.values("issue").distinct().count() == Mailing.objects.count()
