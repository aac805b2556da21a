"""Issues of the newsletter, and placements of items in issues."""

from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from digest.archive.issue_numbers import parse_number, validate_number
from digest.archive.models.base import Translated, TranslationBase
from digest.archive.models.state import STATE_FIELDS, Publishable, PublishableQuerySet, State, Withdrawal
from digest.common import languages
from digest.common.languages import Text
from digest.common.sections import Section as Section


class IssueQuerySet(PublishableQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-whole", "-part")

    def complete(self) -> Self:
        """Issues that are in the archive themselves, not those known only through look-backs in later issues."""
        return self.filter(record=Issue.Record.COMPLETE)


class Issue(Publishable, Translated):
    """An issue of the newsletter (schema.org: PublicationIssue)."""

    class Record(models.TextChoices):
        COMPLETE = "complete", _("complete")
        PARTIAL = "partial", _("known only from look-backs in later issues")

    number = models.CharField(_("number"), max_length=7, unique=True, validators=[validate_number])
    whole = models.PositiveSmallIntegerField(editable=False)
    part = models.PositiveSmallIntegerField(editable=False, default=0)
    date = models.DateField(_("date"), null=True, blank=True)
    record = models.CharField(_("record"), max_length=8, choices=Record.choices, default=Record.COMPLETE)
    remainder = models.TextField(
        _("text not recognised on import"),
        blank=True,
        help_text=_("not shown to readers; sort this text into the issue, then clear the field"),
    )
    items: Any = models.ManyToManyField("Item", through="Placement", related_name="issues")

    objects = IssueQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=STATE_FIELDS)

    class Meta:
        ordering = ["-whole", "-part"]
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(fields=["whole", "part"], name="issue_whole_and_part_once"),
            models.CheckConstraint(condition=models.Q(record__in=["complete", "partial"]), name="issue_record_known"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("archive:issue", args=[languages.current().code, self.number])

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.whole, self.part = parse_number(self.number)
        if (fields := kwargs.get("update_fields")) is not None and "number" in fields:
            kwargs["update_fields"] = {*fields, "whole", "part"}
        super().save(*args, **kwargs)

    @property
    def year(self) -> int | None:
        return self.date.year if self.date else None

    @property
    def title(self) -> Text:
        return self.text("title")

    @property
    def intro(self) -> Text:
        return self.text("intro_html")

    @property
    def themes(self) -> Text:
        return self.text("themes")

    @property
    def is_partial(self) -> bool:
        return self.record == self.Record.PARTIAL

    def neighbours(self) -> "tuple[Issue | None, Issue | None]":
        """The published issues before and after this one; only their numbers are loaded."""
        numbers = Issue.objects.published().only("number")
        whole, part = self.whole, self.part
        before = numbers.filter(models.Q(whole__lt=whole) | models.Q(whole=whole, part__lt=part))
        after = numbers.filter(models.Q(whole__gt=whole) | models.Q(whole=whole, part__gt=part))
        return before.newest_first().first(), after.order_by("whole", "part").first()


class IssueTranslation(TranslationBase):
    """The texts of an issue in one language."""

    PLAIN: ClassVar[tuple[str, ...]] = ("title", "themes", "look_back_theme")
    MARKDOWN: ClassVar[tuple[str, ...]] = ("programme_note", "intro")
    ANCHORS: ClassVar[dict[str, str]] = {"programme_note": "note-", "intro": "intro-"}

    owner = models.ForeignKey(Issue, models.CASCADE, related_name="translations")
    title = models.CharField(_("title"), max_length=200, blank=True)
    programme_note = models.TextField(_("programme note"), blank=True, help_text=_("Markdown"))
    programme_note_html = models.TextField(blank=True, editable=False)
    intro = models.TextField(_("introductory essay"), blank=True, help_text=_("Markdown"))
    intro_html = models.TextField(blank=True, editable=False)
    themes = models.TextField(_("themes"), blank=True, help_text=_("one per line"))
    look_back_theme = models.CharField(_("theme of the look-backs"), max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta(TranslationBase.Meta):
        verbose_name = _("text")
        verbose_name_plural = _("texts")

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"


class PlacementQuerySet(models.QuerySet["Placement"]):
    def in_reading_order(self) -> Self:
        return self.order_by("position", "pk")

    def in_published_issues(self) -> Self:
        return self.filter(issue__state=State.PUBLISHED)

    def public(self) -> Self:
        """Placements of published items in published issues."""
        return self.in_published_issues().filter(item__state=State.PUBLISHED)

    def as_if_published(self, issue: Issue) -> Self:
        """Placements that would be public if `issue` were published now: for previews.

        Items that were withdrawn by themselves are not included, since publishing the issue would not publish them.
        """
        mine = models.Q(item__in=Placement.objects.filter(issue=issue).values("item"))
        follows = models.Q(item__state=State.DRAFT) | models.Q(item__withdrawal=Withdrawal.WITH_ISSUE)
        # Partial issues are published with the first issue that looks back at their items.
        partial = models.Q(issue__record=Issue.Record.PARTIAL) & ~models.Q(issue__withdrawal=Withdrawal.BY_ITSELF)
        return self.filter(
            models.Q(issue__state=State.PUBLISHED) | models.Q(issue=issue) | (mine & partial),
            models.Q(item__state=State.PUBLISHED) | (mine & follows),
        )


class Placement(Translated):
    """An item in an issue. The first placement of an item is its home; later ones are look-backs."""

    class Role(models.TextChoices):
        NEW = "new", _("new")
        LOOK_BACK = "look_back", _("look-back")
        PROMOTED = "promoted", _("promoted event with a poster")

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="placements", verbose_name=_("issue"))
    item = models.ForeignKey("Item", models.CASCADE, related_name="placements", verbose_name=_("item"))
    section = models.CharField(_("section"), max_length=8, choices=Section.choices)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    role = models.CharField(_("role"), max_length=9, choices=Role.choices, default=Role.NEW)
    focus = models.BooleanField(_("this issue’s focus"), default=False)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        indexes = [models.Index(fields=["issue", "position"], name="placement_issue_position")]
        constraints = [
            models.UniqueConstraint(fields=["issue", "item"], name="placement_once_an_issue"),
            models.UniqueConstraint(
                fields=["item"], condition=~models.Q(role="look_back"), name="placement_one_home_an_item"
            ),
            models.CheckConstraint(
                condition=models.Q(focus=False) | models.Q(role="new"), name="placement_focus_only_on_new"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["new", "look_back", "promoted"]), name="placement_role_known"
            ),
            models.CheckConstraint(condition=models.Q(section__in=Section.values), name="placement_section_known"),
        ]

    def __str__(self) -> str:
        return f"{self.issue} · {self.get_section_display()} · {self.position}"


class PlacementTranslation(TranslationBase):
    """A short summary for one issue, as for look-backs and items that are not in focus."""

    MARKDOWN: ClassVar[tuple[str, ...]] = ("summary",)
    ANCHORS: ClassVar[dict[str, str]] = {"summary": "back-"}

    owner = models.ForeignKey(Placement, models.CASCADE, related_name="translations")
    summary = models.TextField(_("summary"), blank=True)
    summary_html = models.TextField(blank=True, editable=False)

    class Meta(TranslationBase.Meta):
        verbose_name = _("short summary")
        verbose_name_plural = _("short summaries")

    def __str__(self) -> str:
        return self.summary[:60]
