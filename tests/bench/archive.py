"""Creates archives of any size: issues of 62 placements with plausible texts in all languages."""

import datetime as dt
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from digest.archive import authoring
from digest.archive.models import (
    CacheVersion,
    Issue,
    IssueTranslation,
    Item,
    ItemTopic,
    ItemTranslation,
    Link,
    Place,
    Placement,
    Source,
    SourceTranslation,
    Topic,
)
from digest.archive.topic_loader import load_topics
from digest.common.text import name_key
from snz_portal.page_cache.invalidation import write_version
from tests.bench.sample_texts import SOURCE_NAMES, TranslatedText, Writer

LENGTH = 62  # placements per issue: 2 promoted, 29 new, 10 events, 21 look-backs, as in issue 17
KINDS = ["event"] * 2 + (["research"] * 6 + ["news"] * 9 + ["policy"] * 8 + ["data"] * 6) + ["event"] * 10
NEW = len(KINDS)  # items that each issue adds
FOCUS = range(2, 23)
LOOK_BACK_ISSUES = 12  # number of earlier issues that an issue looks back at
BATCH = 48  # issues written in one transaction
DAYS_APART = 3
PLACES = ["TW", "JP", "VN", "TH", "KR", "035", "001"]
GENRES = {"research": "paper", "news": "news", "policy": "plan", "data": "dataset", "event": "conference"}


class Progress:
    """A line that shows progress if the output is a terminal."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.start = what, total, time.monotonic()

    def show(self, done: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done >= self.total else ""
            took = time.monotonic() - self.start
            print(f"\r{self.what}: {done:,} of {self.total:,} ({took:.0f} s)", end=end, file=sys.stderr, flush=True)


class Builder:
    """Fills an empty archive."""

    def __init__(self, seed: int = 17) -> None:
        self.writer = Writer(seed)
        self.random = self.writer.random
        self.today = timezone.localdate()
        now = timezone.now()
        self.state = {"state": "published", "published_at": now, "updated_at": now}
        self.items = 0
        self.older: list[int] = []  # ids of items for look-backs
        load_topics(Path(settings.BASE_DIR) / "fixtures" / "topics.json")
        self.topics = list(Topic.objects.exclude(facet="collection").values_list("pk", flat=True))
        self.places = [Place.objects.get_or_create(code=code)[0].pk for code in PLACES]
        self.sources = list(self._sources())

    def _sources(self) -> Iterator[int]:
        for place, (hant, en) in enumerate(SOURCE_NAMES):
            source = Source.objects.create(slug=f"source-{place}", kind="journal")
            for language, name in (("zh-hant", hant), ("en", en)):
                SourceTranslation.objects.create(owner=source, language=language, name=name)
            authoring.convert_scripts(source)
            yield source.pk

    def fill(self, total: int) -> None:
        """Add issues until there are `total` items. The newest issue has today's date."""
        issues = -(-total // NEW)
        progress = Progress("items", total)
        for start in range(0, issues, BATCH):
            with transaction.atomic():
                numbers = range(start + 1, min(start + BATCH, issues) + 1)
                self._add(
                    [
                        self._row(number, self.today - dt.timedelta(DAYS_APART * (issues - number)))
                        for number in numbers
                    ]
                )
            progress.show(min(self.items, total))
        self.finish()

    def add_issue(self, number: int, length: int) -> None:
        """Add an issue with `length` new items."""
        kinds = [KINDS[2:][place % (NEW - 2)] for place in range(length)] if length != LENGTH else KINDS
        with transaction.atomic():
            self._add([self._row(number, self.today)], kinds, length)
        self.finish()

    def finish(self) -> None:
        """Invalidate the page cache."""
        write_version(CacheVersion.increment())

    def _row(self, number: int, date: dt.date) -> Issue:
        return Issue(number=str(number), whole=number, part=0, date=date, **self.state)

    def _add(self, issues: list[Issue], kinds: list[str] = KINDS, length: int = LENGTH) -> None:
        issues = Issue.objects.bulk_create(issues)
        self._write_issues(issues)
        items = Item.objects.bulk_create([self._item(kind, issue.date) for issue in issues for kind in kinds])
        texts = [
            (self.writer.title(self.items + place), self.writer.text(2), self.writer.text(4))
            for place in range(len(items))
        ]
        self.items += len(items)
        self._write_items(items, texts)
        self._add_related_rows(items)
        by_issue = {issue.pk: items[n * len(kinds) : (n + 1) * len(kinds)] for n, issue in enumerate(issues)}
        Placement.objects.bulk_create(
            [placement for issue in issues for placement in self._placements(issue, by_issue[issue.pk], length)]
        )
        self.older = (self.older + [item.pk for item in items])[-5000:]

    def _item(self, kind: str, date: dt.date) -> Item:
        shift = self.random.randint(-20, 90) if kind == "event" else -self.random.randint(1, 400)
        day = date + dt.timedelta(shift)
        return Item(
            kind=kind,
            genre=GENRES[kind],
            date=day,
            date_end=day + dt.timedelta(2) if kind == "event" else None,
            sort_date=day,
            last_day=day,
            attendance="hybrid" if kind == "event" else "",
            source_id=self.random.choice(self.sources),
            **self.state,
        )

    def _write_issues(self, issues: list[Issue]) -> None:
        rows = []
        for issue in issues:
            intro, title = (
                self.writer.text(5),
                TranslatedText(f"淨零農報第{issue.number}期", f"净零农报第{issue.number}期", f"Digest {issue.number}"),
            )
            for language, origin, text in _translations(intro):
                head = {code: words for code, _origin, words in _translations(title)}[language]
                rows.append(
                    IssueTranslation(
                        owner=issue,
                        language=language,
                        origin=origin,
                        title=head,
                        intro=text,
                        intro_html=f"<p>{text}</p>",
                    )
                )
        IssueTranslation.objects.bulk_create(rows)

    def _write_items(
        self, items: list[Item], texts: list[tuple[TranslatedText, TranslatedText, TranslatedText]]
    ) -> None:
        rows = []
        for place, (item, (title, summary, abstract)) in enumerate(zip(items, texts, strict=True)):
            titles, summaries, abstracts = (_translations(text) for text in (title, summary, abstract))
            for (language, origin, head), (_l, _o, text), (_l2, _o2, long) in zip(
                titles, summaries, abstracts, strict=True
            ):
                own = long if place % 3 == 0 and language == "en" else ""
                rows.append(
                    ItemTranslation(
                        owner=item,
                        language=language,
                        origin=origin,
                        translated_from="zh-hant" if origin == "converted" else "",
                        title=head,
                        title_key=name_key(head)[:300],
                        place="臺北" if item.kind == "event" and language != "en" else "",
                        summary=text,
                        summary_html=f"<p>{text}</p>",
                        abstract=own,
                        abstract_html=f"<p>{own}</p>" if own else "",
                    )
                )
        ItemTranslation.objects.bulk_create(rows, batch_size=2000)

    def _add_related_rows(self, items: list[Item]) -> None:
        Link.objects.bulk_create(
            [Link(item=item, role="original", label="原文", url=f"https://example.org/{item.pk}") for item in items]
        )
        ItemTopic.objects.bulk_create(
            [
                ItemTopic(content_object=item, tag_id=topic)
                for item in items
                for topic in self.random.sample(self.topics, 2)
            ]
        )
        where: Any = Item.places.through
        where.objects.bulk_create([where(item_id=i.pk, place_id=self.random.choice(self.places)) for i in items])

    def _placements(self, issue: Issue, items: list[Item], length: int) -> Iterator[Placement]:
        whole = len(items) == NEW and length == LENGTH
        for place, item in enumerate(items):
            role = "promoted" if whole and place < 2 else "new"
            focus = place in FOCUS and role == "new"
            yield Placement(issue=issue, item=item, section=item.kind, position=place, role=role, focus=focus)
        sections = ("research", "news", "policy", "data")
        for place, pk in enumerate(self._look_backs(length - len(items))):
            yield Placement(
                issue=issue, item_id=pk, section=sections[place % 4], position=len(items) + place, role="look_back"
            )

    def _look_backs(self, count: int) -> list[int]:
        """Choose items of a dozen earlier issues: items next to each other in `older` are from the same issue."""
        starts = [self.random.randrange(len(self.older) - NEW) for _ in range(LOOK_BACK_ISSUES)] if self.older else []
        return sorted({pk for start in starts for pk in self.older[start : start + 2]})[:count]


def _translations(text: TranslatedText) -> list[tuple[str, str, str]]:
    return [("zh-hant", "written", text.hant), ("en", "written", text.en), ("zh-hans", "converted", text.hans)]


def build(total: int, lengths: tuple[int, ...] = ()) -> dict[int, str]:
    """Create an archive of `total` items and issues of the given lengths. Return their numbers by length."""
    builder = Builder()
    builder.fill(total)
    numbers = {length: str(9000 + place) for place, length in enumerate(lengths)}
    for length, number in numbers.items():
        builder.add_issue(int(number), length)
    return numbers
