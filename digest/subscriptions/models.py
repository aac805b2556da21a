"""Subscribers, consent events, suppressions and the data that protects the forms from misuse."""

import secrets
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from digest.common import languages
from digest.common.sections import Section


def new_secret() -> str:
    """128 random bits in hexadecimal. A subscriber's tokens are computed from this and the portal's key."""
    return secrets.token_hex(16)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> Self:
        return self.filter(state=Subscriber.State.ACTIVE)

    def due(self, rhythm: str, today: Any) -> Self:
        """Subscribers who get the next email of this rhythm: active, and not paused on this day."""
        awake = Q(paused_until__isnull=True) | Q(paused_until__lte=today)
        return self.active().filter(awake, rhythm=rhythm)


class Subscriber(models.Model):
    """One address with its preferences and state. Erased rows keep neither address nor preferences."""

    class State(models.TextChoices):
        PENDING = "pending", _("not confirmed yet")
        ACTIVE = "active", _("active")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
        BOUNCED = "bounced", _("bounced")
        COMPLAINED = "complained", _("complained")
        BLOCKED = "blocked", _("blocked by the owner of the address")
        ERASED = "erased", _("deleted")

    class Rhythm(models.TextChoices):
        EVERY_ISSUE = "issue", _("every issue")
        MONTHLY = "monthly", _("monthly round-up")

    BILINGUAL: ClassVar[str] = "bilingual"
    MAIL_LANGUAGES: ClassVar[list[tuple[str, Any]]] = [
        *languages.CHOICES,
        (BILINGUAL, _("Chinese and English side by side")),
    ]

    # As typed, with the domain in its IDNA 2008 A-label form; empty once erased.
    address = models.EmailField(_("email address"), max_length=254, blank=True)
    # The address in lower case: one row per address, also with concurrent requests.
    address_key = models.CharField(max_length=254, unique=True, null=True, editable=False)  # noqa: DJ001  many erased
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    language = models.CharField(_("email language"), max_length=9, choices=MAIL_LANGUAGES)
    # Comma-separated section names in reading order; empty: all of them.
    sections = models.CharField(_("sections"), max_length=60, blank=True)
    # Comma-separated ids of topics in ascending order; empty: all. Ids, because a topic may be renamed.
    topics = models.TextField(_("topics"), blank=True)
    rhythm = models.CharField(_("frequency"), max_length=7, choices=Rhythm.choices, default=Rhythm.EVERY_ISSUE)
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    # A change of address that is not confirmed yet.
    new_address = models.EmailField(max_length=254, blank=True, editable=False)
    # Tokens are computed from this and the portal's key, and never stored; a new value invalidates all of them.
    secret = models.CharField(max_length=32, default=new_secret, editable=False)
    created_at = models.DateTimeField(_("requested at"), default=timezone.now, editable=False)
    # Time of the latest request for confirmation. Its token is valid for 48 hours.
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        indexes = [
            # Freezing a mailing reads exactly these columns.
            models.Index(
                fields=["rhythm", "language", "sections", "id"],
                condition=Q(state="active"),
                name="subscriber_active",
            ),
            models.Index(fields=["asked_at"], condition=Q(state="pending"), name="subscriber_pending"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["pending", "active", "unsubscribed", "bounced", "complained", "blocked", "erased"]
                ),
                name="subscriber_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="erased", address="", address_key__isnull=True)
                | (~Q(state="erased") & ~Q(address="") & Q(address_key__isnull=False)),
                name="subscriber_erased_has_no_address",
            ),
        ]

    def __str__(self) -> str:
        return self.address or f"#{self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def is_pausing(self) -> bool:
        """Whether the subscriber has paused mail today."""
        return self.paused_until is not None and self.paused_until > timezone.localdate()

    @property
    def section_labels(self) -> list[tuple[str, Any]]:
        """Name and label of each chosen section."""
        chosen = self.sections.split(",") if self.sections else Section.values
        return [(name, label) for name, label in Section.choices if name in chosen]

    @property
    def masked_address(self) -> str:
        """`a…@farm.example`: recognisable for its owner, but not for others to whom an email was forwarded."""
        local, _at, domain = self.address.rpartition("@")
        return f"{local[:1]}…@{domain}" if local else ""


class Suppression(models.Model):
    """An erased or blocked address that gets no mail, stored only as a keyed hash."""

    class Reason(models.TextChoices):
        ERASED = "erased", _("deleted")
        BLOCKED = "blocked", _("blocked by the owner of the address")

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=7, choices=Reason.choices)
    created_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")

    def __str__(self) -> str:
        return f"{self.address_hash[:8]}… ({self.get_reason_display()})"


class ConsentEventQuerySet(models.QuerySet["ConsentEvent"]):
    def update(self, **kwargs: Any) -> int:
        raise TypeError("consent events are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("consent events are never deleted")


class ConsentEvent(models.Model):
    """The append-only proof of what was agreed or ended, when and how (GDPR Art. 7(1); Taiwan's PDPA Art. 7).

    The database refuses changes as well, by triggers; see migration 0002.
    """

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("requested a subscription")
        CONFIRMED = "confirmed", _("confirmed")
        CHANGED = "changed", _("changed preferences")
        ADDRESS_CHANGED = "address", _("changed address")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
        BOUNCED = "bounced", _("ended by a bounce")
        COMPLAINED = "complained", _("ended by a complaint")
        BLOCKED = "blocked", _("blocked by the owner of the address")
        ERASED = "erased", _("deleted")
        IMPORTED = "imported", _("imported")
        LIFTED = "lifted", _("suppression removed by an administrator")

    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="consent_events")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("time"), default=timezone.now)
    # What was agreed to: the version of the text and the language it was shown in.
    text_version = models.CharField(_("version of the consent text"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=9, blank=True)
    # The name of the ConsentSource, e.g. subscribe-page, one-click, preferences, import, admin:<user name>, bounce.
    way = models.CharField(_("channel"), max_length=200)
    # The requester's truncated network: /24 of IPv4, /48 of IPv6.
    network = models.CharField(_("truncated IP address"), max_length=49, blank=True)
    # What changed, the version imported, and the like: never an address.
    detail = models.JSONField(_("details"), default=dict, blank=True)

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.at):%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("consent events are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("consent events are never deleted")


class Notice(models.Model):
    """A requested email about the subscription itself; `mailing` sends it ahead of all newsletters.

    It stores neither token nor text: both are made when it is sent.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("confirmation request")
        REMINDER = "reminder", _("reminder to confirm")
        KNOWN = "known", _("already subscribed")
        PREFERENCES = "preferences", _("preferences link")
        NEW_ADDRESS = "new-address", _("confirmation request for a new address")

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("subscription email")
        verbose_name_plural = _("subscription emails")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class RateCount(models.Model):
    """How often something was requested within a time window. The key is a keyed hash, never an address."""

    key = models.CharField(max_length=64)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window_start"], name="rate_count_once_a_window")]
        indexes = [models.Index(fields=["window_start"], name="rate_count_window")]

    def __str__(self) -> str:
        return f"{self.key[:8]}… {self.count}"


class SpentFormToken(models.Model):
    """A used form token: each can be used only once."""

    digest = models.CharField(max_length=64, unique=True)
    spent_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]
