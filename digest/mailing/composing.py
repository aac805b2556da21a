"""Compose emails: newsletters for one language and one selection of items, and notices."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from digest.archive.models import Issue
from digest.common.languages import LANGUAGES
from digest.mailing import mime_template
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.mime_template import MimeTemplate
from digest.mailing.rendering import filters, headers, notices, subscription_urls, text_layout
from digest.mailing.rendering.issue_content import IssueContent, load_content
from digest.mailing.rendering.issue_renderer import DETAIL_LEVELS, RenderedIssue
from digest.mailing.rendering.localized_text import mail_languages
from digest.mailing.rendering.newsletter import Newsletter
from digest.subscriptions.models import Subscriber

# Of the HTML part as it is sent, base64 included: Gmail cuts messages off at about 102 kB.
MAX_HTML_BYTES = 90_000
LARGE_HTML_BYTES = 70_000


class EmptyEdition(ValueError):
    """The subscriber's filters match no item, or the introduction alone is too long."""


@dataclass(frozen=True)
class ComposedEmail:
    """An email for all subscribers with the same filters; personal values are slots in it."""

    subject: str
    text: str
    html: str
    mime_template: MimeTemplate
    html_bytes: int
    left_out: int = 0  # items that did not fit: they are on the web only

    @property
    def is_large(self) -> bool:
        """Whether its size comes near the limit at which Gmail cuts messages off."""
        return self.html_bytes > LARGE_HTML_BYTES


def effective_selection(issues: IssueContent | Iterable[Issue], sections: str, topics: str) -> str | None:
    """A canonical name for what a subscriber's filters match: "" for everything, None for nothing.

    Filters with the same name get the same email. Pass an `IssueContent` when asking about many filters.
    """
    return filters.effective_selection(_content(issues), sections, topics)


def compose(
    issues: IssueContent | Iterable[Issue], language: str, selection: str = "", date: dt.datetime | None = None
) -> ComposedEmail:
    """The email of one or several issues, as detailed as MAX_HTML_BYTES allows. The same input gives the same email.

    `language` is one of ours or `bilingual`, `selection` a name from `effective_selection`, `date` for the Date field.
    Raises `EmptyEdition`, and `UnsafeContent` if a text must not stand in a header field.
    """
    content = _content(issues)
    placements = filters.placements_of_selection(content, selection)
    if not placements:
        raise EmptyEdition(selection)
    languages = mail_languages(language)
    newsletter = Newsletter(content, languages, placements)
    fields = headers.newsletter(newsletter.subject, languages, date or timezone.now(), newsletter.campaign)
    html, rendered = _most_detailed(newsletter)
    text = text_layout.without_control_characters(newsletter.text(rendered))
    html = text_layout.without_control_characters(html)
    _check_slots(text, html)
    return ComposedEmail(
        newsletter.subject,
        text,
        html,
        mime_template.build(fields, text, html),
        mime_template.encoded_size(html),
        left_out=sum(section.left_out for issue in rendered for section in issue.sections),
    )


def notice(kind: str, subscriber: Subscriber, date: dt.datetime | None = None) -> ComposedEmail:
    """An email about a subscription (`Notice.Kind`). It depends on the subscriber's language and nothing else."""
    languages = mail_languages(subscriber.language)
    rendered = notices.render_notice(kind, languages)
    fields = headers.notice(rendered.subject, languages, date or timezone.now(), kind)
    template = mime_template.build(fields, rendered.text, rendered.html)
    size = mime_template.encoded_size(rendered.html)
    return ComposedEmail(rendered.subject, rendered.text, rendered.html, template, size)


def _most_detailed(newsletter: Newsletter) -> tuple[str, list[RenderedIssue]]:
    """HTML and content at the most detailed level that fits: a binary search that begins with the first level."""
    best, low, high = None, 0, len(DETAIL_LEVELS)
    middle = 0  # the first level usually fits
    while low < high:
        issues = newsletter.issues(DETAIL_LEVELS[middle])
        html = newsletter.html(issues)
        if mime_template.encoded_size(html) <= MAX_HTML_BYTES:
            best, high = (html, issues), middle
        else:
            low = middle + 1
        middle = (low + high) // 2
    if best is None:
        raise EmptyEdition(_("the introduction alone exceeds the email size limit"))
    return best


def _check_slots(*parts: str) -> None:
    """Refuse archive text that contains a slot: its link would reveal subscribers' tokens to another site."""
    own = [subscription_urls.unsubscribe(), *(subscription_urls.preferences(code) for code in LANGUAGES)]
    for part in parts:
        if len(mime_template.SLOT.findall(part)) != sum(part.count(url) for url in own):
            raise UnsafeContent(_("a text contains a mark (~…~) reserved for personal links in emails"))


def _content(issues: IssueContent | Iterable[Issue]) -> IssueContent:
    return issues if isinstance(issues, IssueContent) else load_content(issues)
