"""The HTML and the plain text of a newsletter email: of one issue, or of a monthly round-up."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import override

from digest.archive.models import Issue, Placement
from digest.common.languages import ENGLISH, Language, current
from digest.common.sanitising import plain_text as without_tags
from digest.mailing.rendering import layout, plain_text, subscription_urls, text_layout
from digest.mailing.rendering.issue_content import IssueContent
from digest.mailing.rendering.issue_renderer import DetailLevel, IssueRenderer, RenderedIssue, issue_url
from digest.mailing.rendering.localized_text import LocalizedText, MailLanguages

SUBJECT_COLUMNS = 100  # aimed at; phones show about forty
MIN_THEMES_COLUMNS = 30
PREHEADER_COLUMNS = 140


class Newsletter:
    """An email whose subject, labels and footer do not depend on the level of detail, which `issues` takes."""

    def __init__(self, content: IssueContent, languages: MailLanguages, placements: Sequence[Placement]) -> None:
        self.content, self.languages, self.placements = content, languages, placements
        self.renderer = IssueRenderer(content, languages)
        in_each_language = languages.in_each_language
        self.labels = {
            "name": in_each_language(lambda: _("SNZ Digest")),
            "read": replace(in_each_language(lambda: _("Read on the web")), separator=" "),
            "unsubscribe": replace(in_each_language(lambda: _("Unsubscribe")), separator=" "),
            "focus": in_each_language(lambda: _("This issue’s focus")),
            "look_backs": in_each_language(lambda: _("From earlier issues")),
        }

    def issues(self, level: DetailLevel) -> list[RenderedIssue]:
        return self.renderer.issues(self.placements, level)

    @cached_property
    def subject(self) -> str:
        """The issue number and as many of its themes as fit; for a round-up, the numbers of its issues."""
        return " · ".join(text.value for text in self.languages.in_each_language(self._subject).texts)

    def _subject(self) -> str:
        numbers = current().comma.join(issue.number for issue in self._issues)
        title = _("SNZ Digest %(number)s") % {"number": numbers}
        columns = SUBJECT_COLUMNS // len(self.languages.languages) - text_layout.width(title)
        themes = self._themes(max(columns, MIN_THEMES_COLUMNS))
        return _("%(title)s: %(themes)s") % {"title": title, "themes": themes} if themes else title

    def _themes(self, columns: int) -> str:
        """The first theme, shortened if need be, and the next ones as long as they fit."""
        lines = [line.strip() for issue in self._issues for line in issue.text("themes").value.splitlines()]
        separator = "; " if current() is ENGLISH else "、"
        themes = ""
        for theme in filter(None, lines):
            longer = f"{themes}{separator}{theme}" if themes else text_layout.shorten(theme, columns)
            if themes and text_layout.width(longer) > columns:
                break
            themes = longer
        return themes

    @cached_property
    def _issues(self) -> list[Issue]:
        wanted = {placement.issue_id for placement in self.placements}
        return [issue for issue in self.content.issues if issue.pk in wanted]

    @property
    def campaign(self) -> str:
        return "issue-" + "+".join(issue.number for issue in self._issues)

    @cached_property
    def preheader(self) -> LocalizedText:
        """What a list of emails shows after the subject: the beginning of the introduction, or the first titles."""
        text = self.languages.in_each_language(lambda: self._issues[0].text("intro_html"))
        if not text:
            text = self.languages.in_each_language(
                lambda: current().comma.join(escape(p.item.title) for p in self.placements[:3])
            )
        return text.map(lambda html: text_layout.shorten(without_tags(html), PREHEADER_COLUMNS))

    def html(self, issues: Sequence[RenderedIssue]) -> str:
        context = {
            "languages": self.languages,
            "subject": self.subject,
            "preheader": self.preheader,
            "labels": self.labels,
            "home_url": f"{settings.SITE_URL}/{self.languages.main.code}/",
            "web_url": self._web_url(self.languages.main),
            "unsubscribe_url": subscription_urls.unsubscribe(),
            "issues": issues,
            "is_round_up": len(issues) > 1,
            "note": _conversion_note(issues),
            "footers": self._footers,
        }
        return layout.render_html("emails/newsletter.html", context)

    def text(self, issues: Sequence[RenderedIssue]) -> str:
        blocks = [*self._heading_blocks(issues), self._links_block()]
        for issue in issues:
            if len(issues) > 1:
                blocks.append(f"{plain_text.DOUBLE_RULE}\n{self._lines(issue.label, issue.date)}")
                blocks += [plain_text.titles(issue), plain_text.themes(issue)]
                blocks.append(text_layout.labelled(self.labels["read"].plain, issue.url))
            blocks.append(text_layout.fold(_conversion_note(issues)) if issue is issues[0] else "")
            blocks += plain_text.issue_blocks(issue, self.labels["focus"], self.labels["look_backs"])
        return plain_text.join_blocks([*blocks, *plain_text.footer_blocks(self._footers)])

    def _heading_blocks(self, issues: Sequence[RenderedIssue]) -> list[str]:
        name = self.labels["name"]
        if len(issues) > 1:
            return [self._lines(name, *(issue.label for issue in issues))]
        issue = issues[0]
        return [self._lines(name, issue.label, issue.date), plain_text.titles(issue), plain_text.themes(issue)]

    def _links_block(self) -> str:
        links = [
            (self.labels["read"], self._web_url(self.languages.main)),
            (self.labels["unsubscribe"], subscription_urls.unsubscribe()),
        ]
        return "\n".join(text_layout.labelled(label.plain, url) for label, url in links)

    def _lines(self, *labels: LocalizedText) -> str:
        """A line for each language of the email."""
        lines = [
            " · ".join(text.value for label in labels for text in label.texts if text.page == language.code)
            for language in self.languages.languages
        ]
        return "\n".join(text_layout.fold(line) for line in lines if line)

    @cached_property
    def _footers(self) -> list[layout.Footer]:
        return layout.newsletter_footer(self.languages, self._web_url)

    def _web_url(self, language: Language) -> str:
        """The issue's page; for a round-up, the page that lists all issues."""
        if len(self._issues) > 1:
            return f"{settings.SITE_URL}{reverse('archive:issues', args=[language.code])}"
        return issue_url(self._issues[0], self.languages, language)


def _conversion_note(issues: Sequence[RenderedIssue]) -> str:
    """A note on machine-converted texts, in their own script; empty if there are none."""
    for issue in issues:
        contents = [item.first.content for section in issue.sections for item in section.items]
        for text in [*issue.intro, *(each.title for each in contents), *(each.summary for each in contents)]:
            if text.converted:
                with override(text.language):
                    return _("Converted automatically from %(name)s.") % {"name": text.converted_from}
    return ""
