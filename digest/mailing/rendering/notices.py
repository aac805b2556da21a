"""Emails about a subscription. Their texts are the same for all subscribers except for the tokens in their links."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from digest.common.languages import Language, Text, current
from digest.mailing.rendering import layout, plain_text, subscription_urls, text_layout
from digest.mailing.rendering.item_content import LabelledUrl
from digest.mailing.rendering.localized_text import LocalizedText, MailLanguages, in_current_language
from digest.subscriptions.models import Notice


@dataclass(frozen=True)
class NoticeText:
    """The texts of a notice in one language: around its main link, with other links at the end."""

    subject: str
    before: tuple[str, ...]
    link: LabelledUrl
    after: tuple[str, ...]
    others: tuple[LabelledUrl, ...] = ()


@dataclass(frozen=True)
class LocalizedNotice:
    """The texts of a notice with their language."""

    language: Language
    text: NoticeText


@dataclass(frozen=True)
class RenderedNotice:
    """A notice in the languages of its subscriber."""

    subject: str
    html: str
    text: str


def render_notice(kind: str, languages: MailLanguages) -> RenderedNotice:
    """The notice of a kind (see `Notice.Kind`), with slots for the subscriber's tokens."""
    notices = []
    for language in languages.languages:
        with override(language.code):
            notices.append(LocalizedNotice(language, _TEXTS_BY_KIND[Notice.Kind(kind)]()))
    footers = layout.notice_footer(languages)
    subject = " · ".join(notice.text.subject for notice in notices)
    context = {
        "languages": languages,
        "subject": subject,
        "preheader": LocalizedText(tuple(_preheader(notice) for notice in notices), languages.main.code),
        "labels": {"name": languages.in_each_language(lambda: _("SNZ Digest"))},
        "home_url": f"{settings.SITE_URL}/{languages.main.code}/",
        "notices": notices,
        "footers": footers,
    }
    blocks = _blocks(notices[0].text)
    for notice in notices[1:]:
        blocks += [plain_text.RULE, *_blocks(notice.text)]
    return RenderedNotice(
        subject,
        layout.render_html("emails/notices/notice.html", context),
        plain_text.join_blocks([*blocks, *plain_text.footer_blocks(footers)]),
    )


def _preheader(notice: LocalizedNotice) -> Text:
    return Text(notice.text.before[0], notice.language.code, notice.language.code)


def _blocks(text: NoticeText) -> list[str]:
    link, *others = [text_layout.labelled(link.label.value, link.url) for link in (text.link, *text.others)]
    return [*map(text_layout.fold, text.before), link, *map(text_layout.fold, text.after), *others]


def _confirm() -> NoticeText:
    return NoticeText(
        subject=_("Please confirm your subscription to the SNZ Digest"),
        before=(_("We received a request to send the SNZ Digest to this address."),),
        link=_page(_("Confirm your subscription"), "confirm"),
        after=(
            _("Press the button on the page that opens; the digest is not sent until you do."),
            _("It arrives with each issue or once a month, as you choose. It contains no tracking."),
            _link_lifetime(),
            _("If you did not request this, ignore this email, or use the link below to block this address."),
        ),
        others=(_page(_("I didn’t request this"), "not-me", "not_me"),),
    )


def _reminder() -> NoticeText:
    return NoticeText(
        subject=_("Reminder: please confirm your subscription to the SNZ Digest"),
        before=(
            _(
                "A few days ago, we received a request to send the SNZ Digest to this address. It has not "
                "been confirmed yet."
            ),
        ),
        link=_page(_("Confirm your subscription"), "confirm"),
        after=(
            _link_lifetime(),
            _("This is the only reminder. If you do not confirm, we will soon delete the address."),
            _("If you did not request this, ignore this email, or use the link below to block this address."),
        ),
        others=(_page(_("I didn’t request this"), "not-me", "not_me"),),
    )


def _known() -> NoticeText:
    return NoticeText(
        subject=_("You are already subscribed to the SNZ Digest"),
        before=(_("We received a request to send the SNZ Digest to this address, which is already subscribed."),),
        link=_page(_("Manage preferences"), "preferences"),
        after=(_("You can change the language, sections, topics, frequency, pauses and address on that page."),),
        others=(_unsubscribe(),),
    )


def _preferences() -> NoticeText:
    return NoticeText(
        subject=_("Your preferences link for the SNZ Digest"),
        before=(_("Here is the link to your preferences, as requested on our site."),),
        link=_page(_("Manage preferences"), "preferences"),
        after=(
            _("You can change the language, sections, topics, frequency, pauses and address on that page."),
            _("Keep this link private: anyone who has it can change your preferences."),
        ),
        others=(_unsubscribe(),),
    )


def _new_address() -> NoticeText:
    return NoticeText(
        subject=_("Please confirm your new address for the SNZ Digest"),
        before=(_("We received a request to send the SNZ Digest to this address from now on."),),
        link=_page(_("Confirm the new address"), "address", "new_address"),
        after=(
            _link_lifetime(),
            _("If you did not request this, ignore this email. Nothing will be sent here without your confirmation."),
        ),
    )


def _link_lifetime() -> str:
    # At least: a second request within a day sends the same link, which is valid for tokens.CONFIRM_LIFE in all.
    return _("The link is valid for 24 hours.")


def _page(label: str, name: str, slot: str = "") -> LabelledUrl:
    return LabelledUrl(in_current_language(label), subscription_urls.page(current().code, name, slot or name))


def _unsubscribe() -> LabelledUrl:
    return LabelledUrl(in_current_language(_("Unsubscribe")), subscription_urls.unsubscribe())


_TEXTS_BY_KIND: dict[str, Callable[[], NoticeText]] = {
    Notice.Kind.CONFIRM: _confirm,
    Notice.Kind.REMINDER: _reminder,
    Notice.Kind.KNOWN: _known,
    Notice.Kind.PREFERENCES: _preferences,
    Notice.Kind.NEW_ADDRESS: _new_address,
}
