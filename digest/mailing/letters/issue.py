"""An issue's mail, or a month's: what it says in which order, at one of several measures from ample to bare."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.archive.models import Issue, Placement, Section
from digest.archive.numbers import parse_number
from digest.common.dates import Precision, format_date
from digest.common.languages import Language, Text, current
from digest.mailing.letters import telling
from digest.mailing.letters.source import Source
from digest.mailing.letters.telling import Part, Poster, Telling
from digest.mailing.letters.words import Sides, Words

T = TypeVar("T")


@dataclass(frozen=True)
class Measure:
    """How much is said of each item, in columns of its summary (a Han character takes two); None: all of it."""

    focus: int | None
    others: int
    look_backs: int
    others_have_links: bool = False
    most: int | None = None  # items shown of a section, the look-backs counted by themselves


# From ample to bare: the first that fits is taken.
MEASURES = (
    Measure(None, 280, 90, others_have_links=True),
    Measure(None, 200, 76, others_have_links=True),
    Measure(None, 160, 60),
    Measure(None, 120, 0),
    Measure(None, 60, 0),
    Measure(None, 0, 0),
    Measure(500, 0, 0),
    Measure(320, 0, 0),
    Measure(160, 0, 0),
    Measure(0, 0, 0),
    *(Measure(0, 0, 0, most=most) for most in (100, 75, 60, 50, 40, 30, 20, 15, 10, 6, 3, 1)),
)


class Entry(NamedTuple):
    """One item: its parts, one for each language of the mail."""

    placement: Placement
    parts: tuple[Part, ...]
    posters: tuple[Poster, ...]

    @property
    def first(self) -> Part:
        return self.parts[0]

    @property
    def links(self) -> list[tuple[Words, str]]:
        """Where else it leads, each labelled in the mail's languages; our own pages are those in the first.

        A mail that has the English beside the Chinese needs no way to the English abstract but that of the title.
        """
        columns = zip(*(part.telling.links for part in self.parts if part.has_links), strict=True)
        main, own = self.first.telling.language.code, telling.abstract_url(self.first.telling.url)
        found = [(Words(_unlike(link.label for link in links), main, " "), links[0].url) for links in columns]
        return [(words, url) for words, url in found if len(self.parts) == 1 or url != own]

    @property
    def links_html(self) -> SafeString:
        return format_html_join(" · ", '<a href="{}">{}</a>', [(url, label.html) for label, url in self.links])


def _unlike(texts: Iterable[Text]) -> tuple[Text, ...]:
    return tuple({text.value: text for text in texts}.values())


class LookBack(NamedTuple):
    """An item of an earlier issue, and that issue."""

    entry: Entry
    label: Words  # Issue 8; empty if no issue that the public may see was its home


@dataclass
class SectionPart:
    """One section of an issue."""

    key: str
    anchor: str
    label: Words
    promoted: list[Entry] = field(default_factory=list)
    focus: list[Entry] = field(default_factory=list)
    others: list[Entry] = field(default_factory=list)
    look_backs: list[LookBack] = field(default_factory=list)
    new_count: int = 0
    look_back_count: int = 0
    left_out: int = 0  # for want of room
    more: Words | None = None  # words for the way to those

    @property
    def name(self) -> Words:
        """The label in a list, where a dot would seem to part its languages as it parts the sections."""
        return replace(self.label, joint=" ")

    @property
    def entries(self) -> list[Entry]:
        return [*self.promoted, *self.focus, *self.others, *(back.entry for back in self.look_backs)]


@dataclass
class IssuePart:
    """One issue: its head, its essay, its sections."""

    issue: Issue
    url: str
    label: Words  # Issue 17
    date: Words
    titles: list[Text]  # once each: languages may share one
    themes: list[Words]
    intro: list[Text]
    look_back_theme: Words
    sections: list[SectionPart]

    @property
    def name(self) -> Words:
        return replace(self.label, joint=" ")

    @property
    def has_look_backs(self) -> bool:
        return any(section.look_back_count for section in self.sections)


class Teller:
    """Tells items in the languages of a mail; what was told once is kept for other measures and other editions."""

    def __init__(self, source: Source, sides: Sides) -> None:
        self.source, self.sides = source, sides
        self._kept = source.told

    def issues(self, placements: Iterable[Placement], measure: Measure) -> list[IssuePart]:
        """The issues that have something in them, newest first."""
        by_issue: dict[int, list[Placement]] = {}
        for placement in placements:
            by_issue.setdefault(placement.issue_id, []).append(placement)
        return [
            self._issue(issue, by_issue[issue.pk], measure) for issue in self.source.issues if issue.pk in by_issue
        ]

    def _issue(self, issue: Issue, placements: list[Placement], measure: Measure) -> IssuePart:
        by_section: dict[str, list[Placement]] = {}
        for placement in placements:
            by_section.setdefault(placement.section, []).append(placement)
        sections = [self._section(issue, key, by_section[key], measure) for key in Section.values if key in by_section]
        head = self._once((self.sides, issue.pk), lambda: self._head(issue))
        return IssuePart(issue, *head, sections)

    def _head(self, issue: Issue) -> tuple[str, Words, Words, list[Text], list[Words], list[Text], Words]:
        say = self.sides.say
        themes: dict[str, Words] = {}
        titles: dict[str, Text] = {}
        intro: dict[str, Text] = {}
        for side in self.sides.languages:
            if text := issue.text("title", side.code):
                titles.setdefault(text.value, text)
            if text := issue.text("themes", side.code):
                lines = [line for line in text.value.splitlines() if line.strip()]
                said = tuple(Text(line, text.language, text.page) for line in dict.fromkeys(lines))
                themes.setdefault(text.value, Words(said, self.sides.main.code))
            if text := issue.text("intro_html", side.code):
                intro.setdefault(text.value, text)
        return (
            issue_url(issue, self.sides, self.sides.main),
            say(lambda: _("Issue %(number)s") % {"number": issue.number}),
            say(lambda: format_date(issue.date, Precision.DAY, current().code)),
            list(titles.values()),
            list(themes.values()),
            list(intro.values()),
            say(lambda: issue.text("look_back_theme")),
        )

    def _section(self, issue: Issue, key: str, placements: list[Placement], measure: Measure) -> SectionPart:
        say = self.sides.say
        new = sorted((p for p in placements if p.role != Placement.Role.LOOK_BACK), key=_rank)
        back = sorted((p for p in placements if p.role == Placement.Role.LOOK_BACK), key=self._home)
        part = SectionPart(
            key, f"i{issue.pk}-{key}", self._once((self.sides, key), lambda: say(lambda: Section(key).label))
        )
        part.new_count, part.look_back_count = len(new), len(back)
        for placement in new[: measure.most]:
            group = part.promoted if placement.role == Placement.Role.PROMOTED else part.others
            (part.focus if placement.focus else group).append(self._entry(placement, measure))
        part.look_backs = [self._look_back(placement, measure) for placement in back[: measure.most]]
        left_out = len(placements) - len(new[: measure.most]) - len(back[: measure.most])
        part.left_out = left_out
        if left_out:
            part.more = say(
                lambda: (
                    ngettext("%(count)s more on the web", "%(count)s more on the web", left_out) % {"count": left_out}
                )
            )
        return part

    def _look_back(self, placement: Placement, measure: Measure) -> LookBack:
        number = self.source.homes.get(placement.item_id, "")
        label = self._once(
            (self.sides, "issue", number),
            lambda: self.sides.say(lambda: _("Issue %(number)s") % {"number": number} if number else ""),
        )
        return LookBack(self._entry(placement, measure), label)

    def _home(self, placement: Placement) -> tuple[int, int]:
        number = self.source.homes.get(placement.item_id)
        return parse_number(number) if number else (0, 0)

    def _entry(self, placement: Placement, measure: Measure) -> Entry:
        parts: dict[tuple[str, str], Part] = {}
        for side in self.sides.languages:
            part = self._part(placement, side, measure)
            # What exists in one language only is told once.
            parts.setdefault((part.telling.title.value, part.telling.summary.value), part)
        return Entry(placement, tuple(parts.values()), tuple(telling.posters(placement, self.sides.main)))

    def _part(self, placement: Placement, side: Language, measure: Measure) -> Part:
        told: Telling = self._once((placement.pk, side.code), lambda: telling.tell(placement, side))
        if placement.focus:
            columns = measure.focus
        else:
            columns = measure.look_backs if placement.role == Placement.Role.LOOK_BACK else measure.others
        has_links = measure.others_have_links and placement.role != Placement.Role.LOOK_BACK
        return self._once(
            (placement.pk, side.code, columns, has_links),
            lambda: telling.whole(told) if columns is None else telling.cut(told, columns, has_links=has_links),
        )

    def _once(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]


def _rank(placement: Placement) -> tuple[bool, bool]:
    # As on the issue's page: the promoted first, then the focus, each in its order.
    return (placement.role != Placement.Role.PROMOTED, not placement.focus)


def issue_url(issue: Issue, sides: Sides, language: Language) -> str:
    """The issue's page on the web in this language, or in two with this one first."""
    name = "archive:bilingual" if sides.is_bilingual else "archive:issue"
    return f"{settings.SITE_URL}{reverse(name, args=[language.code, issue.number])}"
