"""A newsletter at one measure: the HTML and the plain text of an issue's mail or of a month's."""

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
from digest.common.sanitising import plain_text as bare
from digest.mailing.letters import addresses, frame, plain, texts
from digest.mailing.letters.issue import IssuePart, Measure, Teller, issue_url
from digest.mailing.letters.source import Source
from digest.mailing.letters.words import Sides, Words

SUBJECT = 100  # columns that a subject tries to keep to; phones show forty or so


class Newsletter:
    """What does not depend on the measure is made once."""

    def __init__(self, source: Source, sides: Sides, placements: Sequence[Placement]) -> None:
        self.source, self.sides, self.placements = source, sides, placements
        self.teller = Teller(source, sides)
        say = sides.say
        self.words = {
            "name": say(lambda: _("SNZ digest")),
            "read": replace(say(lambda: _("Read on the web")), joint=" "),
            "unsubscribe": replace(say(lambda: _("Unsubscribe")), joint=" "),
            "focus": say(lambda: _("This issue’s focus")),
            "look_backs": say(lambda: _("Look-backs")),
        }

    def parts(self, measure: Measure) -> list[IssuePart]:
        return self.teller.issues(self.placements, measure)

    @cached_property
    def subject(self) -> str:
        """The issue and its themes, as far as there is room; of a month, its issues."""
        return " · ".join(text.value for text in self.sides.say(self._subject).texts)

    def _subject(self) -> str:
        numbers = current().comma.join(issue.number for issue in self._told)
        title = _("SNZ digest %(number)s") % {"number": numbers}
        room = max(SUBJECT // len(self.sides.languages) - texts.width(title), 30)
        themes: list[str] = []
        for issue in self._told:
            themes += [line.strip() for line in issue.text("themes").value.splitlines() if line.strip()]
        said = ""
        for theme in themes:
            longer = f"{said}{'; ' if current() is ENGLISH else '、'}{theme}" if said else texts.shorten(theme, room)
            if said and texts.width(longer) > room:
                break
            said = longer
        return _("%(title)s: %(themes)s") % {"title": title, "themes": said} if said else title

    @cached_property
    def _told(self) -> list[Issue]:
        told = {placement.issue_id for placement in self.placements}
        return [issue for issue in self.source.issues if issue.pk in told]

    @property
    def campaign(self) -> str:
        return "issue-" + "+".join(issue.number for issue in self._told)

    @cached_property
    def preheader(self) -> Words:
        """What a list of mails shows after the subject: how the essay begins, or else the first titles."""
        said = self.sides.say(lambda: self._told[0].text("intro_html"))
        if not said:
            said = self.sides.say(lambda: current().comma.join(escape(p.item.title) for p in self.placements[:3]))
        return said.each(lambda text: texts.shorten(bare(text), 140))

    def html(self, parts: Sequence[IssuePart]) -> str:
        context = {
            "sides": self.sides,
            "subject": self.subject,
            "preheader": self.preheader,
            "words": self.words,
            "home_url": f"{settings.SITE_URL}/{self.sides.main.code}/",
            "web_url": self._web(self.sides.main),
            "unsubscribe_url": addresses.unsubscribe(),
            "issues": parts,
            "is_round_up": len(parts) > 1,
            "note": _note(parts),
            "feet": self._feet,
        }
        return frame.html("emails/newsletter.html", context)

    def text(self, parts: Sequence[IssuePart]) -> str:
        words = self.words
        if len(parts) > 1:
            head = [self._lines(words["name"], *(part.label for part in parts))]
        else:
            head = [self._lines(words["name"], part.label, part.date) for part in parts]
            head += [block for part in parts for block in (plain.titles(part), plain.themes(part))]
        ways = [(words["read"], self._web(self.sides.main)), (words["unsubscribe"], addresses.unsubscribe())]
        blocks = [*head, "\n".join(texts.labelled(word.plain, url) for word, url in ways)]
        for part in parts:
            if len(parts) > 1:
                blocks += [
                    f"{plain.RULE}\n{self._lines(part.label, part.date)}",
                    plain.titles(part),
                    plain.themes(part),
                ]
                blocks.append(texts.labelled(words["read"].plain, part.url))
            blocks.append(texts.fold(_note(parts)) if part is parts[0] else "")
            blocks += plain.issue(part, words["focus"], words["look_backs"])
        return plain.joined([*blocks, *plain.foot(self._feet)])

    def _lines(self, *said: Words) -> str:
        """A line for each language of the mail."""
        lines = [
            " · ".join(text.value for words in said for text in words.texts if text.page == language.code)
            for language in self.sides.languages
        ]
        return "\n".join(texts.fold(line) for line in lines if line)

    @cached_property
    def _feet(self) -> list[frame.Foot]:
        return frame.newsletter_foot(self.sides, self._web)

    def _web(self, language: Language) -> str:
        """The issue's page on the web, that of all issues for a round-up."""
        if len(self._told) > 1:
            return f"{settings.SITE_URL}{reverse('archive:issues', args=[language.code])}"
        return issue_url(self._told[0], self.sides, language)


def _note(parts: Sequence[IssuePart]) -> str:
    """Tells readers of texts that a machine put into their script, in that script; empty where there are none."""
    for part in parts:
        told = [entry.first.telling for section in part.sections for entry in section.entries]
        for text in [*part.intro, *(each.title for each in told), *(each.summary for each in told)]:
            if text.converted:
                with override(text.language):
                    return _("Converted by machine from %(name)s.") % {"name": text.converted_from}
    return ""
