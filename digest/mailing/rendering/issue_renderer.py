"""The content of an issue's email, or a round-up's: what it says in which order, at a level of detail that fits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.archive.issue_numbers import parse_number
from digest.archive.models import Issue, Placement, Section
from digest.common.dates import Precision, format_date
from digest.common.languages import Language, Text, current
from digest.mailing.rendering.issue_content import IssueContent
from digest.mailing.rendering.item_content import (
    ItemContent,
    ItemExcerpt,
    Poster,
    abstract_url,
    full_excerpt,
    item_content,
    posters,
    short_excerpt,
)
from digest.mailing.rendering.localized_text import LocalizedText, MailLanguages

T = TypeVar("T")


@dataclass(frozen=True)
class DetailLevel:
    """The length of each summary in columns (a Han character takes two); None for the whole summary."""

    focus: int | None
    others: int
    look_backs: int
    others_have_links: bool = False
    max_items: int | None = None  # of a section; look-backs are counted separately


# From the most detailed to the least; the first that fits is used.
DETAIL_LEVELS = (
    DetailLevel(None, 280, 90, others_have_links=True),
    DetailLevel(None, 200, 76, others_have_links=True),
    DetailLevel(None, 160, 60),
    DetailLevel(None, 120, 0),
    DetailLevel(None, 60, 0),
    DetailLevel(None, 0, 0),
    DetailLevel(500, 0, 0),
    DetailLevel(320, 0, 0),
    DetailLevel(160, 0, 0),
    DetailLevel(0, 0, 0),
    *(DetailLevel(0, 0, 0, max_items=most) for most in (100, 75, 60, 50, 40, 30, 20, 15, 10, 6, 3, 1)),
)


class RenderedItem(NamedTuple):
    """One item: an excerpt for each language of the email."""

    placement: Placement
    excerpts: tuple[ItemExcerpt, ...]
    posters: tuple[Poster, ...]

    @property
    def first(self) -> ItemExcerpt:
        return self.excerpts[0]

    @property
    def links(self) -> list[tuple[LocalizedText, str]]:
        """Its links, labelled in the email's languages; links to our own pages lead to the first language.

        A bilingual email has the English text already, so the link to the English abstract is left out.
        """
        columns = zip(*(excerpt.content.links for excerpt in self.excerpts if excerpt.has_links), strict=True)
        main, abstract = self.first.content.language.code, abstract_url(self.first.content.url)
        links = [
            (LocalizedText(_distinct(link.label for link in column), main, " "), column[0].url) for column in columns
        ]
        return [(label, url) for label, url in links if len(self.excerpts) == 1 or url != abstract]

    @property
    def links_html(self) -> SafeString:
        return format_html_join(" · ", '<a href="{}">{}</a>', [(url, label.html) for label, url in self.links])


def _distinct(texts: Iterable[Text]) -> tuple[Text, ...]:
    return tuple({text.value: text for text in texts}.values())


class RenderedLookBack(NamedTuple):
    """An item of an earlier issue, and that issue."""

    item: RenderedItem
    label: LocalizedText  # Issue 8; empty if the issue it first appeared in is not public


@dataclass
class RenderedSection:
    """One section of an issue."""

    key: str
    anchor: str
    label: LocalizedText
    promoted: list[RenderedItem] = field(default_factory=list)
    focus: list[RenderedItem] = field(default_factory=list)
    others: list[RenderedItem] = field(default_factory=list)
    look_backs: list[RenderedLookBack] = field(default_factory=list)
    new_count: int = 0
    look_back_count: int = 0
    left_out: int = 0  # items that did not fit
    more: LocalizedText | None = None  # label of the link to them

    @property
    def name(self) -> LocalizedText:
        """The label for use in a list, where a dot already separates the sections."""
        return replace(self.label, separator=" ")

    @property
    def items(self) -> list[RenderedItem]:
        return [*self.promoted, *self.focus, *self.others, *(back.item for back in self.look_backs)]


@dataclass
class RenderedIssue:
    """One issue: heading, introduction, sections."""

    issue: Issue
    url: str
    label: LocalizedText  # Issue 17
    date: LocalizedText
    titles: list[Text]  # distinct: languages may share one
    themes: list[LocalizedText]
    intro: list[Text]
    look_back_theme: LocalizedText
    sections: list[RenderedSection]

    @property
    def name(self) -> LocalizedText:
        return replace(self.label, separator=" ")

    @property
    def has_look_backs(self) -> bool:
        return any(section.look_back_count for section in self.sections)


class IssueRenderer:
    """Renders items in the languages of an email. Results are cached in the content, for other levels and editions."""

    def __init__(self, content: IssueContent, languages: MailLanguages) -> None:
        self.content, self.languages = content, languages
        self._cache = content.cache

    def issues(self, placements: Iterable[Placement], level: DetailLevel) -> list[RenderedIssue]:
        """The issues that have any of the placements, newest first."""
        by_issue: dict[int, list[Placement]] = {}
        for placement in placements:
            by_issue.setdefault(placement.issue_id, []).append(placement)
        return [self._issue(issue, by_issue[issue.pk], level) for issue in self.content.issues if issue.pk in by_issue]

    def _issue(self, issue: Issue, placements: list[Placement], level: DetailLevel) -> RenderedIssue:
        by_section: dict[str, list[Placement]] = {}
        for placement in placements:
            by_section.setdefault(placement.section, []).append(placement)
        sections = [self._section(issue, key, by_section[key], level) for key in Section.values if key in by_section]
        heading = self._cached((self.languages, issue.pk), lambda: self._heading(issue))
        return RenderedIssue(issue, *heading, sections)

    def _heading(
        self, issue: Issue
    ) -> tuple[
        str, LocalizedText, LocalizedText, list[Text], list[LocalizedText], list[Text], LocalizedText
    ]:  # the fields of RenderedIssue from `url` to `look_back_theme`
        in_each_language = self.languages.in_each_language
        themes: dict[str, LocalizedText] = {}
        titles: dict[str, Text] = {}
        intro: dict[str, Text] = {}
        for language in self.languages.languages:
            if text := issue.text("title", language.code):
                titles.setdefault(text.value, text)
            if text := issue.text("themes", language.code):
                lines = [line for line in text.value.splitlines() if line.strip()]
                texts = tuple(Text(line, text.language, text.page) for line in dict.fromkeys(lines))
                themes.setdefault(text.value, LocalizedText(texts, self.languages.main.code))
            if text := issue.text("intro_html", language.code):
                intro.setdefault(text.value, text)
        return (
            issue_url(issue, self.languages, self.languages.main),
            in_each_language(lambda: _("Issue %(number)s") % {"number": issue.number}),
            in_each_language(lambda: format_date(issue.date, Precision.DAY, current().code)),
            list(titles.values()),
            list(themes.values()),
            list(intro.values()),
            in_each_language(lambda: issue.text("look_back_theme")),
        )

    def _section(self, issue: Issue, key: str, placements: list[Placement], level: DetailLevel) -> RenderedSection:
        in_each_language = self.languages.in_each_language
        new = sorted((p for p in placements if p.role != Placement.Role.LOOK_BACK), key=_rank)
        look_backs = sorted((p for p in placements if p.role == Placement.Role.LOOK_BACK), key=self._home_number)
        label = self._cached((self.languages, key), lambda: in_each_language(lambda: Section(key).label))
        section = RenderedSection(key, f"i{issue.pk}-{key}", label)
        section.new_count, section.look_back_count = len(new), len(look_backs)
        for placement in new[: level.max_items]:
            group = section.promoted if placement.role == Placement.Role.PROMOTED else section.others
            (section.focus if placement.focus else group).append(self._item(placement, level))
        section.look_backs = [self._look_back(placement, level) for placement in look_backs[: level.max_items]]
        left_out = len(placements) - len(new[: level.max_items]) - len(look_backs[: level.max_items])
        section.left_out = left_out
        if left_out:
            section.more = in_each_language(
                lambda: (
                    ngettext("%(count)s more on the web", "%(count)s more on the web", left_out) % {"count": left_out}
                )
            )
        return section

    def _look_back(self, placement: Placement, level: DetailLevel) -> RenderedLookBack:
        number = self.content.homes.get(placement.item_id, "")
        label = self._cached(
            (self.languages, "issue", number),
            lambda: self.languages.in_each_language(
                lambda: _("Issue %(number)s") % {"number": number} if number else ""
            ),
        )
        return RenderedLookBack(self._item(placement, level), label)

    def _home_number(self, placement: Placement) -> tuple[int, int]:
        number = self.content.homes.get(placement.item_id)
        return parse_number(number) if number else (0, 0)

    def _item(self, placement: Placement, level: DetailLevel) -> RenderedItem:
        excerpts: dict[tuple[str, str], ItemExcerpt] = {}
        for language in self.languages.languages:
            excerpt = self._excerpt(placement, language, level)
            # An item that exists in one language only is shown once.
            excerpts.setdefault((excerpt.content.title.value, excerpt.content.summary.value), excerpt)
        return RenderedItem(placement, tuple(excerpts.values()), tuple(posters(placement, self.languages.main)))

    def _excerpt(self, placement: Placement, language: Language, level: DetailLevel) -> ItemExcerpt:
        content: ItemContent = self._cached((placement.pk, language.code), lambda: item_content(placement, language))
        if placement.focus:
            columns = level.focus
        else:
            columns = level.look_backs if placement.role == Placement.Role.LOOK_BACK else level.others
        has_links = level.others_have_links and placement.role != Placement.Role.LOOK_BACK
        return self._cached(
            (placement.pk, language.code, columns, has_links),
            lambda: full_excerpt(content) if columns is None else short_excerpt(content, columns, has_links=has_links),
        )

    def _cached(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]  # type: ignore[return-value]


def _rank(placement: Placement) -> tuple[bool, bool]:
    # As on the issue's page: promoted items first, then items in focus, each in their own order.
    return (placement.role != Placement.Role.PROMOTED, not placement.focus)


def issue_url(issue: Issue, languages: MailLanguages, language: Language) -> str:
    """The issue's page in this language; of a bilingual email, the bilingual page that begins with it."""
    name = "archive:bilingual" if languages.is_bilingual else "archive:issue"
    return f"{settings.SITE_URL}{reverse(name, args=[language.code, issue.number])}"
