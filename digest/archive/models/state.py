"""The states of issues and items; `published()` is the filter of all public pages."""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Whether readers can see a row."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Withdrawal(models.TextChoices):
    """How a row was withdrawn, which decides what publishes it again."""

    BY_ITSELF = "by_itself", _("separately")  # published again only by itself
    WITH_ISSUE = "with_issue", _("with its issue")  # published again with an issue that has it


class PublishableQuerySet(models.QuerySet[Any]):
    """Rows with a state. Public pages read only `published()` rows."""

    def published(self) -> Self:
        return self.filter(state=State.PUBLISHED)

    def unpublished(self) -> Self:
        return self.exclude(state=State.PUBLISHED)

    def following_issue(self) -> Self:
        """Unpublished rows that are published along with an issue that has them."""
        return self.filter(
            models.Q(state=State.DRAFT) | models.Q(state=State.WITHDRAWN, withdrawal=Withdrawal.WITH_ISSUE)
        )

    def publish(self, at: dt.datetime) -> int:
        """Publish these rows; `published_at` keeps its first value. Returns how many were not public before."""
        return self.unpublished().update(
            state=State.PUBLISHED,
            published_at=Coalesce("published_at", at, output_field=models.DateTimeField()),
            updated_at=at,
            withdrawn_at=None,
            withdrawal="",
        )

    def withdraw(self, at: dt.datetime, withdrawal: Withdrawal) -> int:
        """Withdraw the published ones among these rows; returns how many."""
        return self.published().update(state=State.WITHDRAWN, withdrawn_at=at, withdrawal=withdrawal)


class Publishable(models.Model):
    """A row that readers can see only while it is published."""

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)  # the first time
    # The last change that readers can see.
    updated_at = models.DateTimeField(_("updated at"), null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    withdrawal = models.CharField(
        _("withdrawn"), max_length=10, choices=Withdrawal.choices, blank=True, editable=False
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="%(class)s_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state=State.PUBLISHED)
                | models.Q(published_at__isnull=False, updated_at__isnull=False),
                name="%(class)s_published_has_times",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(state=State.WITHDRAWN, withdrawn_at__isnull=False, withdrawal__in=Withdrawal.values)
                    | (~models.Q(state=State.WITHDRAWN) & models.Q(withdrawn_at__isnull=True, withdrawal=""))
                ),
                name="%(class)s_withdrawn_has_time",
            ),
        ]

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED


# Fields without history: restoring an old revision neither publishes nor withdraws.
STATE_FIELDS = ["state", "updated_at", "withdrawn_at", "withdrawal"]
