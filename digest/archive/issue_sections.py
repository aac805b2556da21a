"""Groups the fragments of an issue as its page shows them: by section, then focus, other new items and look-backs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.fragments import Fragment, render_articles
from digest.archive.issue_numbers import parse_number
from digest.archive.models import Section


@dataclass(frozen=True)
class LookBackGroup:
    """The look-backs of a section at one earlier issue."""

    number: str  # of the earlier issue; empty if the items have no home in a published issue
    fragments: list[Fragment]

    @property
    def label(self) -> str:
        return _("Issue %(number)s") % {"number": self.number} if self.number else _("Earlier")

    @property
    def link_text(self) -> str:
        return _("Go to issue %(number)s") % {"number": self.number}

    @property
    def titles(self) -> SafeString:
        return SafeString(" · ".join(f"<span{f.title.attr}>{escape(f.title.value)}</span>" for f in self.fragments))

    @property
    def articles(self) -> SafeString:
        return render_articles(self.fragments)


@dataclass
class IssueSection:
    """One section of an issue."""

    key: str
    promoted: list[Fragment] = field(default_factory=list)
    focus: list[Fragment] = field(default_factory=list)
    others: list[Fragment] = field(default_factory=list)
    look_backs: dict[str, list[Fragment]] = field(default_factory=dict)  # by number of the home issue, oldest first

    @property
    def label(self) -> str:
        return str(Section(self.key).label)

    @property
    def articles(self) -> SafeString:
        """The HTML of everything but the look-backs."""
        return render_articles([*self.promoted, *self.new_items])

    @property
    def look_back_groups(self) -> list[LookBackGroup]:
        return [LookBackGroup(number, fragments) for number, fragments in self.look_backs.items()]

    @property
    def new_items(self) -> list[Fragment]:
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

    def add(self, fragment: Fragment) -> None:
        if fragment.is_look_back:
            self.look_backs.setdefault(fragment.home, []).append(fragment)
        elif fragment.is_promoted:
            self.promoted.append(fragment)
        else:
            (self.focus if fragment.focus else self.others).append(fragment)


def group_by_section(fragments: Iterable[Fragment]) -> list[IssueSection]:
    """The sections that have any items, in reading order."""
    sections = {key: IssueSection(key) for key in Section.values}
    for fragment in fragments:
        sections[fragment.section].add(fragment)
    for section in sections.values():
        section.look_backs = dict(sorted(section.look_backs.items(), key=lambda pair: _sort_key(pair[0])))
    return [section for section in sections.values() if not section.is_empty]


def _sort_key(number: str) -> tuple[int, int]:
    return parse_number(number) if number else (0, 0)
