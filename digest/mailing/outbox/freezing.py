"""Start a mailing: its emails and its audience are frozen in one transaction."""

import datetime as dt

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from digest.archive.models import Issue
from digest.mailing import composing
from digest.mailing.models import Delivery, Edition, EditionChoice, Mailing
from digest.mailing.outbox import sql
from digest.mailing.rendering.issue_content import IssueContent, load_content
from digest.subscriptions.models import Subscriber

Choice = tuple[str, str, str]  # language, sections, topics, as a subscriber's row has them


class NotReady(ValueError):
    """Nothing to send: the issue is not published, or no issue was published in the month."""


def start(issue: Issue) -> Mailing:
    """Freeze the mailing of an issue for subscribers to every issue. Called again, it returns the existing mailing.

    Raises NotReady for an issue that is not published, or that is known only through look-backs.
    """
    if not issue.is_published or issue.is_partial:
        raise NotReady(f"issue {issue.number} is not published")
    with transaction.atomic():
        mailing, is_new = Mailing.objects.get_or_create(
            kind=Mailing.Kind.ISSUE, issue=issue, defaults={"expires_at": _expiry()}
        )
        if is_new:
            _freeze(mailing, [issue], Subscriber.Rhythm.EVERY_ISSUE)
    return mailing


def start_round_up(month: dt.date) -> Mailing:
    """Freeze the round-up of the issues published since the last one, until the end of `month` (any day of it).

    Called again for the same month, it returns the existing mailing. Raises NotReady if no issue was published.
    """
    month = month.replace(day=1)
    end = (month + dt.timedelta(days=32)).replace(day=1)
    with transaction.atomic():
        mailing, is_new = Mailing.objects.get_or_create(
            kind=Mailing.Kind.ROUND_UP, month=month, defaults={"expires_at": _expiry()}
        )
        if is_new:
            issues = list(_issues_until(end))
            if not issues:
                raise NotReady(f"nothing new was published until the end of {month:%Y-%m}")
            mailing.issues.set(issues)
            _freeze(mailing, issues, Subscriber.Rhythm.MONTHLY)
    return mailing


def _issues_until(end: dt.date) -> "list[Issue]":
    """The issues that no round-up has covered yet, from the month of the first round-up on."""
    covered = Mailing.issues.through.objects.values("issue_id")
    first = Mailing.objects.filter(kind=Mailing.Kind.ROUND_UP).aggregate(month=Min("month"))["month"]
    issues = Issue.objects.published().complete().filter(published_at__lt=_midnight(end)).exclude(pk__in=covered)
    return list(issues.filter(published_at__gte=_midnight(first)).order_by("whole", "part"))


def _midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day in the portal's time zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _expiry() -> dt.datetime:
    return sql.clock() + dt.timedelta(hours=settings.MAIL_LIFE_HOURS)


def _freeze(mailing: Mailing, issues: list[Issue], rhythm: str) -> None:
    content = load_content(issues)
    due = Subscriber.objects.due(rhythm, timezone.localdate(sql.clock()))
    # Preferences may change while this runs: repeat until everyone has a row.
    while choices := list(
        due.exclude(deliveries__mailing=mailing).values_list("language", "sections", "topics").distinct()
        if mailing.audience
        else due.values_list("language", "sections", "topics").distinct()
    ):
        for choice in choices:
            _choose(mailing, content, choice)
        mailing.audience += _insert(mailing, rhythm)
    Mailing.objects.filter(pk=mailing.pk).update(audience=mailing.audience)


def _choose(mailing: Mailing, content: IssueContent, choice: Choice) -> None:
    """Link a choice to its edition, which is composed when it is first needed."""
    language, sections, topics = choice
    selection = composing.effective_selection(content, sections, topics)
    edition = None
    if selection is not None:
        edition = Edition.objects.filter(mailing=mailing, language=language, selection=selection).first()
        if edition is None:
            email = composing.compose(content, language, selection)
            edition = Edition.objects.create(
                mailing=mailing,
                language=language,
                selection=selection,
                subject=email.subject,
                text=email.text,
                html=email.html,
                mime_template=email.mime_template.dump(),
                html_bytes=email.html_bytes,
            )
    EditionChoice.objects.get_or_create(
        mailing=mailing, language=language, sections=sections, topics=topics, defaults={"edition": edition}
    )


def _insert(mailing: Mailing, rhythm: str) -> int:
    """Insert a delivery for each due subscriber who has none, in one statement; returns how many."""
    now = sql.now()
    states = Delivery.State
    due = Subscriber.objects.due(rhythm, timezone.localdate(sql.clock()))
    readers, parameters = due.values("id", "language", "sections", "topics").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO mailing_delivery (mailing_id, edition_id, subscriber_id, state, reason, reply, notice_kind,
                                          owner, attempts, due_at, changed_at)
            SELECT c.mailing_id, c.edition_id, s.id,
                   CASE WHEN c.edition_id IS NULL THEN '{states.SUPPRESSED}' ELSE '{states.PENDING}' END,
                   CASE WHEN c.edition_id IS NULL THEN '{Delivery.Reason.NOT_CHOSEN}' ELSE '' END,
                   '', '', '', 0, {now}, {now}
            FROM ({readers}) s
            JOIN mailing_editionchoice c ON c.language = s.language AND c.sections = s.sections AND c.topics = s.topics
            WHERE c.mailing_id = %s
            ON CONFLICT DO NOTHING
            """,
            [*parameters, mailing.pk],
        )
        return int(cursor.rowcount)
