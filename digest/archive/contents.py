"""An issue's blocks sorted into what its page shows: sections with focus, other new items and look-backs by issue."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.blocks import Shown, articles
from digest.archive.models import Section
from digest.archive.numbers import parse_number


@dataclass(frozen=True)
class LookBacks:
    """What a section looks back at from one earlier issue."""

    number: str  # of that issue; empty if no issue the public may see was the home
    blocks: list[Shown]

    @property
    def label(self) -> str:
        return _("Issue %(number)s") % {"number": self.number} if self.number else _("Earlier")

    @property
    def onward(self) -> str:
        return _("To issue %(number)s") % {"number": self.number}

    @property
    def titles(self) -> SafeString:
        return SafeString(" · ".join(f"<span{b.title.attr}>{escape(b.title.value)}</span>" for b in self.blocks))

    @property
    def articles(self) -> SafeString:
        return articles(self.blocks)


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
        return [LookBacks(number, blocks) for number, blocks in self.look_backs.items()]

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

    def add(self, block: Shown) -> None:
        if block.is_look_back:
            self.look_backs.setdefault(block.home, []).append(block)
        elif block.is_promoted:
            self.promoted.append(block)
        else:
            (self.focus if block.focus else self.others).append(block)


def sections_of(blocks: Iterable[Shown]) -> list[SectionContents]:
    """The sections that have something in them, in reading order."""
    sections = {key: SectionContents(key) for key in Section.values}
    for block in blocks:
        sections[block.section].add(block)
    for section in sections.values():
        section.look_backs = dict(sorted(section.look_backs.items(), key=lambda pair: _order(pair[0])))
    return [section for section in sections.values() if not section.is_empty]


def _order(number: str) -> tuple[int, int]:
    return parse_number(number) if number else (0, 0)
