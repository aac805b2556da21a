"""Mails about a subscription itself. Nothing in them was typed by anybody: the same for all, but for the tokens."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from digest.common.languages import Language, Text, current
from digest.mailing.letters import addresses, frame, plain, texts
from digest.mailing.letters.telling import Link, own
from digest.mailing.letters.words import Sides, Words
from digest.subscriptions.models import Notice


@dataclass(frozen=True)
class Said:
    """What a notice says in one language: before and after its one main link, and lesser links at the end."""

    subject: str
    before: tuple[str, ...]
    link: Link
    after: tuple[str, ...]
    others: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Side:
    """What is said, and the language of it."""

    language: Language
    said: Said


@dataclass(frozen=True)
class NoticeLetter:
    """A notice in the languages of its reader."""

    subject: str
    html: str
    text: str


def write(kind: str, sides: Sides) -> NoticeLetter:
    """The notice of a kind (see `Notice.Kind`), with slots where the reader's tokens will stand."""
    said = []
    for language in sides.languages:
        with override(language.code):
            said.append(Side(language, _SAYING[Notice.Kind(kind)]()))
    feet = frame.notice_foot(sides)
    subject = " · ".join(side.said.subject for side in said)
    context = {
        "sides": sides,
        "subject": subject,
        "preheader": Words(tuple(_preheader(side) for side in said), sides.main.code),
        "words": {"name": sides.say(lambda: _("SNZ digest"))},
        "home_url": f"{settings.SITE_URL}/{sides.main.code}/",
        "notices": said,
        "feet": feet,
    }
    blocks = [block for side in said for block in (plain.LINE * (side is not said[0]), *_blocks(side.said))]
    return NoticeLetter(
        subject, frame.html("emails/notices/notice.html", context), plain.joined([*blocks, *plain.foot(feet)])
    )


def _preheader(side: Side) -> Text:
    return Text(side.said.before[0], side.language.code, side.language.code)


def _blocks(said: Said) -> list[str]:
    link, *others = [texts.labelled(link.label.value, link.url) for link in (said.link, *said.others)]
    return [*map(texts.fold, said.before), link, *map(texts.fold, said.after), *others]


def _confirm() -> Said:
    return Said(
        subject=_("Please confirm: the SNZ digest by mail"),
        before=(_("Somebody, we hope it was you, asked for the SNZ digest to be sent to this address."),),
        link=_page(_("Confirm the subscription"), "confirm"),
        after=(
            _("The page that opens has a button: only when it is pressed does the digest start to come."),
            _("It comes with each issue or once a month, as you choose. Nothing in it tells us whether you read it."),
            _good_for(),
            _("If you did not ask for it, you need not do anything. Or tell us, and no mail of ours will come here."),
        ),
        others=(_page(_("This was not me"), "not-me", "not_me"),),
    )


def _reminder() -> Said:
    return Said(
        subject=_("Still waiting: the SNZ digest by mail"),
        before=(
            _("Some days ago somebody asked for the SNZ digest to be sent to this address; it is not confirmed yet."),
        ),
        link=_page(_("Confirm the subscription"), "confirm"),
        after=(
            _good_for(),
            _("This is the only reminder. Without a confirmation we soon delete the address."),
            _("If you did not ask for it, you need not do anything. Or tell us, and no mail of ours will come here."),
        ),
        others=(_page(_("This was not me"), "not-me", "not_me"),),
    )


def _known() -> Said:
    return Said(
        subject=_("You are subscribed to the SNZ digest already"),
        before=(_("Somebody asked for the SNZ digest to be sent to this address. It comes here already."),),
        link=_page(_("Choose what comes"), "preferences"),
        after=(_("Language, sections, topics, rhythm, pauses and the address itself are all on that page."),),
        others=(_unsubscribe(),),
    )


def _preferences() -> Said:
    return Said(
        subject=_("Your link to what comes from the SNZ digest"),
        before=(_("Here is the link to the page of your subscription, as asked for on our site."),),
        link=_page(_("Choose what comes"), "preferences"),
        after=(
            _("Language, sections, topics, rhythm, pauses and the address itself are all on that page."),
            _("Keep the link to yourself: whoever has it can change what comes."),
        ),
        others=(_unsubscribe(),),
    )


def _new_address() -> Said:
    return Said(
        subject=_("Please confirm the new address for the SNZ digest"),
        before=(_("A reader of the SNZ digest asked for it to come to this address from now on."),),
        link=_page(_("Confirm the new address"), "address", "new_address"),
        after=(
            _good_for(),
            _("If you did not ask for it, you need not do anything: without a confirmation nothing comes here."),
        ),
    )


def _good_for() -> str:
    # At least: a request within a day gives the link of the first one, which lives for tokens.CONFIRM_LIFE.
    return _("The link is good for 24 hours.")


def _page(label: str, name: str, slot: str = "") -> Link:
    return Link(own(label), addresses.page(current().code, name, slot or name))


def _unsubscribe() -> Link:
    return Link(own(_("Unsubscribe")), addresses.unsubscribe())


_SAYING: dict[str, Callable[[], Said]] = {
    Notice.Kind.CONFIRM: _confirm,
    Notice.Kind.REMINDER: _reminder,
    Notice.Kind.KNOWN: _known,
    Notice.Kind.PREFERENCES: _preferences,
    Notice.Kind.NEW_ADDRESS: _new_address,
}
