"""An issue's fragments sorted as its page shows them: sections with focus, other new items and look-backs by issue."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.fragments import Shown, articles
from digest.archive.models import Section
from digest.archive.numbers import parse_number


@dataclass(frozen=True)
class LookBacks:
    """What a section looks back at from one earlier issue."""

    number: str  # of that issue; empty if no issue the public may see was the home
    fragments: list[Shown]

    @property
    def label(self) -> str:
        return _("Issue %(number)s") % {"number": self.number} if self.number else _("Earlier")

    @property
    def onward(self) -> str:
        return _("To issue %(number)s") % {"number": self.number}

    @property
    def titles(self) -> SafeString:
        return SafeString(" · ".join(f"<span{b.title.attr}>{escape(b.title.value)}</span>" for b in self.fragments))

    @property
    def articles(self) -> SafeString:
        return articles(self.fragments)


@dataclass
class SectionContents:
    """One section of an issue."""

    key: str
    promoted: list[Shown] = field(default_factory=list)
    focus: list[Shown] = field(default_factory=list)
    others: list[Shown] = field(default_factory=list)
    look_backs: dict[str, list[Shown]] = field(default_factory=dict)  # by number of the home issue, oldest first

    @property
    def label(self) -> str:
        return str(Section(self.key).label)

    @property
    def articles(self) -> SafeString:
        """All but the look-backs, as the issue's page shows them."""
        return articles([*self.promoted, *self.new])

    @property
    def look_back_groups(self) -> list[LookBacks]:
        return [LookBacks(number, fragments) for number, fragments in self.look_backs.items()]

    @property
    def new(self) -> list[Shown]:
        return self.focus + self.others

    @property
    def new_count(self) -> int:
        return len(self.focus) + len(self.others) + len(self.promoted)

    @property
    def look_back_count(self) -> int:
        return sum(map(len, self.look_backs.values()))

    @property
    def is_empty(self) -> bool:
        return not (self.new_count or self.look_backs)

    def add(self, shown: Shown) -> None:
        if shown.is_look_back:
            self.look_backs.setdefault(shown.home, []).append(shown)
        elif shown.is_promoted:
            self.promoted.append(shown)
        else:
            (self.focus if shown.focus else self.others).append(shown)


def sections_of(fragments: Iterable[Shown]) -> list[SectionContents]:
    """The sections that have something in them, in reading order."""
    sections = {key: SectionContents(key) for key in Section.values}
    for shown in fragments:
        sections[shown.section].add(shown)
    for section in sections.values():
        section.look_backs = dict(sorted(section.look_backs.items(), key=lambda pair: _order(pair[0])))
    return [section for section in sections.values() if not section.is_empty]


def _order(number: str) -> tuple[int, int]:
    return parse_number(number) if number else (0, 0)
