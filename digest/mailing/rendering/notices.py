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
        "labels": {"name": languages.in_each_language(lambda: _("SNZ digest"))},
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
        subject=_("Please confirm: the SNZ digest by mail"),
        before=(_("Somebody, we hope it was you, asked for the SNZ digest to be sent to this address."),),
        link=_page(_("Confirm the subscription"), "confirm"),
        after=(
            _("The page that opens has a button: only when it is pressed does the digest start to come."),
            _("It comes with each issue or once a month, as you choose. Nothing in it tells us whether you read it."),
            _link_lifetime(),
            _("If you did not ask for it, you need not do anything. Or tell us, and no mail of ours will come here."),
        ),
        others=(_page(_("This was not me"), "not-me", "not_me"),),
    )


def _reminder() -> NoticeText:
    return NoticeText(
        subject=_("Still waiting: the SNZ digest by mail"),
        before=(
            _("Some days ago somebody asked for the SNZ digest to be sent to this address; it is not confirmed yet."),
        ),
        link=_page(_("Confirm the subscription"), "confirm"),
        after=(
            _link_lifetime(),
            _("This is the only reminder. Without a confirmation we soon delete the address."),
            _("If you did not ask for it, you need not do anything. Or tell us, and no mail of ours will come here."),
        ),
        others=(_page(_("This was not me"), "not-me", "not_me"),),
    )


def _known() -> NoticeText:
    return NoticeText(
        subject=_("You are subscribed to the SNZ digest already"),
        before=(_("Somebody asked for the SNZ digest to be sent to this address. It comes here already."),),
        link=_page(_("Choose what comes"), "preferences"),
        after=(_("Language, sections, topics, rhythm, pauses and the address itself are all on that page."),),
        others=(_unsubscribe(),),
    )


def _preferences() -> NoticeText:
    return NoticeText(
        subject=_("Your link to what comes from the SNZ digest"),
        before=(_("Here is the link to the page of your subscription, as asked for on our site."),),
        link=_page(_("Choose what comes"), "preferences"),
        after=(
            _("Language, sections, topics, rhythm, pauses and the address itself are all on that page."),
            _("Keep the link to yourself: whoever has it can change what comes."),
        ),
        others=(_unsubscribe(),),
    )


def _new_address() -> NoticeText:
    return NoticeText(
        subject=_("Please confirm the new address for the SNZ digest"),
        before=(_("A reader of the SNZ digest asked for it to come to this address from now on."),),
        link=_page(_("Confirm the new address"), "address", "new_address"),
        after=(
            _link_lifetime(),
            _("If you did not ask for it, you need not do anything: without a confirmation nothing comes here."),
        ),
    )


def _link_lifetime() -> str:
    # At least: a second request within a day sends the same link, which is valid for tokens.CONFIRM_LIFE in all.
    return _("The link is good for 24 hours.")


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
