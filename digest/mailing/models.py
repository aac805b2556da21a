"""Mailings, their frozen editions, and their deliveries, whose state only `outbox` changes."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from digest.archive.models import Issue
from digest.subscriptions.models import Notice, Subscriber


class Mailing(models.Model):
    """An issue sent to subscribers to every issue, or a month's issues sent to subscribers to the round-up."""

    class Kind(models.TextChoices):
        ISSUE = "issue", _("issue")
        ROUND_UP = "round-up", _("monthly round-up")

    class State(models.TextChoices):
        SENDING = "sending", _("sending")
        PAUSED = "paused", _("paused")
        CANCELLED = "cancelled", _("cancelled")
        FINISHED = "finished", _("finished")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    issue = models.ForeignKey(
        Issue, models.PROTECT, null=True, blank=True, related_name="mailings", verbose_name=_("issue")
    )
    month = models.DateField(_("month"), null=True, blank=True)  # its first day, of a round-up
    issues: Any = models.ManyToManyField(Issue, blank=True, related_name="round_ups")  # of a round-up
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.SENDING)
    audience = models.PositiveIntegerField(_("recipients"), default=0)  # the number of deliveries when it was started
    created_at = models.DateTimeField(_("started at"), default=timezone.now)
    expires_at = models.DateTimeField(_("retry until"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        constraints = [
            models.UniqueConstraint(fields=["issue"], condition=Q(kind="issue"), name="mailing_once_an_issue"),
            models.UniqueConstraint(fields=["month"], condition=Q(kind="round-up"), name="mailing_once_a_month"),
            models.CheckConstraint(
                condition=Q(kind="issue", issue__isnull=False, month__isnull=True)
                | Q(kind="round-up", issue__isnull=True, month__isnull=False),
                name="mailing_of_an_issue_or_a_month",
            ),
        ]

    def __str__(self) -> str:
        if self.issue is not None:
            return gettext("issue %(number)s") % {"number": self.issue.number}
        return gettext("monthly round-up %(month)s") % {"month": f"{self.month:%Y-%m}"}


class Edition(models.Model):
    """The frozen email of one mailing for one language and one selection of items."""

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="editions")
    language = models.CharField(max_length=9, choices=Subscriber.MAIL_LANGUAGES)
    # What it contains of this mailing, see `composing.effective_selection`; empty for everything.
    selection = models.TextField(blank=True)
    subject = models.CharField(max_length=300)
    text = models.TextField()  # with its slots, for previews
    html = models.TextField()
    mime_template = models.BinaryField()  # see `MimeTemplate.dump`
    html_bytes = models.PositiveIntegerField()  # of the HTML part as it is sent

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.UniqueConstraint(fields=["mailing", "language", "selection"], name="edition_once_a_selection")
        ]

    def __str__(self) -> str:
        return f"{self.mailing} ({self.language})"


class EditionChoice(models.Model):
    """The edition for subscribers with this language, these sections and topics; None if nothing matches."""

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="choices")
    language = models.CharField(max_length=9)
    sections = models.CharField(max_length=60, blank=True)
    topics = models.TextField(blank=True)
    edition = models.ForeignKey(Edition, models.CASCADE, null=True, related_name="choices")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "language", "sections", "topics"], name="edition_choice_once_a_mailing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.sections} {self.topics}"


class Delivery(models.Model):
    """One email to one subscriber, and its state. The address is read from the subscriber when it is claimed."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        CLAIMED = "claimed", _("claimed by a sender")
        IN_DATA = "in-data", _("being sent")
        SENT = "sent", _("sent")
        DEFERRED = "deferred", _("to be retried")
        FAILED = "failed", _("failed")
        SUPPRESSED = "suppressed", _("no longer wanted")
        UNCERTAIN = "uncertain", _("uncertain")
        EXPIRED = "expired", _("abandoned")

    class Reason(models.TextChoices):
        """The portal's own reason for a state; the mail server's is in `reply`."""

        LEFT = "left", _("unsubscribed or paused before sending")
        NOT_CHOSEN = "not-chosen", _("contains nothing the subscriber chose")
        CANCELLED = "cancelled", _("the mailing was cancelled")
        SENDER_ENDED = "sender-ended", _("the sender stopped while sending")
        ARRIVED = "arrived", _("uncertain at first; later confirmed as delivered")
        CAME_BACK = "came-back", _("uncertain at first; later returned")
        NO_CONNECTION = "no-connection", _("no connection to the server")
        LOST = "lost", _("the connection was lost before the email was sent")
        LOST_AT_END = "lost-at-end", _("the connection was lost after the email was sent")
        NOT_WRITTEN = "not-written", _("this email could not be created")
        FAULT = "fault", _("the portal failed while sending")
        KEPT = "kept", _("kept on this machine, not sent")

    OPEN: ClassVar[tuple[str, ...]] = ("pending", "claimed", "in-data", "deferred")

    # No index of its own: with one, PostgreSQL would read a whole mailing, or all notices ever sent, to find the
    # pending ones. The constraint and the indexes below begin with this field.
    mailing = models.ForeignKey(
        Mailing, models.PROTECT, null=True, related_name="deliveries", db_index=False, verbose_name=_("mailing")
    )
    # Nothing filters by edition alone, and each index costs a write at each change of state.
    edition = models.ForeignKey(
        Edition, models.PROTECT, null=True, related_name="deliveries", db_index=False, verbose_name=_("edition")
    )
    notice = models.OneToOneField(Notice, models.SET_NULL, null=True, related_name="delivery")
    notice_kind = models.CharField(
        _("kind of subscription email"), max_length=12, blank=True, choices=Notice.Kind.choices
    )
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="deliveries", verbose_name=_("subscriber"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    owner = models.CharField(_("locked by"), max_length=36, blank=True)  # the sender that has claimed it
    lease_until = models.DateTimeField(_("locked until"), null=True)  # by the database's clock
    # The database default is for processes of the previous version that run during an upgrade.
    reason = models.CharField(
        _("reason"), max_length=16, blank=True, choices=Reason.choices, default="", db_default=""
    )
    reply = models.CharField(
        _("server response"), max_length=500, blank=True
    )  # the mail server's last reply, or an error of the system
    changed_at = models.DateTimeField(_("last change"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(
                fields=["mailing", "due_at", "id"],
                condition=Q(state__in=["pending", "deferred"]),
                name="delivery_claimable",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state__in=["claimed", "in-data"]), name="delivery_leased"
            ),
            # The states that operators look at: a few rows among millions.
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["failed", "uncertain", "expired"]),
                name="delivery_troubled",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "subscriber"], condition=Q(mailing__isnull=False), name="delivery_once_a_subscriber"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("pending", "claimed", "in-data", "sent", "deferred"),
                        *("failed", "suppressed", "uncertain", "expired"),
                    ]
                ),
                name="delivery_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        *("", "left", "not-chosen", "cancelled", "sender-ended", "arrived", "came-back"),
                        *("no-connection", "lost", "lost-at-end", "not-written", "fault", "kept"),
                    ]
                ),
                name="delivery_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "in-data"], lease_until__isnull=False) & ~Q(owner="")
                | (~Q(state__in=["claimed", "in-data"]) & Q(owner="", lease_until__isnull=True)),
                name="delivery_held_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_state_display()}"


class MailEvent(models.Model):
    """A bounce, complaint or delivery reported for an email. Each is stored once, in any order."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        HARD = "hard", _("hard bounce")
        SOFT = "soft", _("soft bounce")
        POLICY = "policy", _("rejected by policy")
        COMPLAINT = "complaint", _("complaint")

    event_id = models.CharField(max_length=200, unique=True)
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, related_name="events", verbose_name=_("delivery")
    )
    subscriber = models.ForeignKey(
        Subscriber, models.PROTECT, related_name="mail_events", verbose_name=_("subscriber")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    status = models.CharField(_("status code"), max_length=11, blank=True)  # RFC 3463
    detail = models.CharField(_("details"), max_length=500, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("delivery report")
        verbose_name_plural = _("delivery reports")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.status}"


class OutboxState(models.Model):
    """The lock after a restore and the pause after faults of the mail server, in the one row of this table."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Incremented with each claim and copied to a file: after a restore from a backup, the row is behind the file.
    sequence = models.PositiveBigIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)
    lock_reason = models.CharField(max_length=200, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    faults = models.PositiveIntegerField(default=0)  # of the mail server, in a row

    class Meta:
        verbose_name = _("sending control")
        verbose_name_plural = _("sending control")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="outbox_state_is_one_row")]

    def __str__(self) -> str:
        return f"sequence number {self.sequence}"
