"""Items: one record for each publication, news article, policy, dataset or event that the digest covers."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from taggit.managers import TaggableManager

from digest.archive.models.base import Translated, TranslationBase
from digest.archive.models.issue import Placement, Section
from digest.archive.models.item_queryset import ItemQuerySet
from digest.archive.models.source import Place, Source
from digest.archive.models.state import STATE_FIELDS, Publishable, State
from digest.archive.models.topic import ItemTopic, Topic
from digest.common import languages
from digest.common.dates import Precision, format_range, iso_date, last_day
from digest.common.languages import Text
from digest.common.text import name_key


class Genre(models.TextChoices):
    """The type of an item; more specific than its kind."""

    PAPER = "paper", _("paper")
    FEATURE = "feature", _("feature")
    REPORT = "report", _("report")
    NEWS = "news", _("news article")
    LAW = "law", _("law")
    PLAN = "plan", _("plan")
    CONSULTATION = "consultation", _("consultation")
    STANDARD = "standard", _("standard or methodology")
    HANDBOOK = "handbook", _("handbook")
    DATASET = "dataset", _("dataset")
    TOOL = "tool", _("tool")
    PLATFORM = "platform", _("platform")
    CONFERENCE = "conference", _("conference")
    SYMPOSIUM = "symposium", _("symposium")


class TitleOrigin(models.TextChoices):
    """Where a title comes from, if that is not obvious: readers are told, and citations depend on it."""

    ORIGINAL = "original", _("the title as published")
    TRANSLATED = "translated", _("translated by our editors")
    SUPPLIED = "supplied", _("supplied by our editors")


class Item(Publishable, Translated):  # type: ignore[django-manager-missing]  # taggit has no types
    """A publication, news article, policy, dataset or event: one record, however many issues show it."""

    class Attendance(models.TextChoices):
        """schema.org: eventAttendanceMode."""

        ONSITE = "onsite", _("in person")
        ONLINE = "online", _("online")
        HYBRID = "hybrid", _("in person and online")

    Genre = Genre

    kind = models.CharField(_("kind"), max_length=8, choices=Section.choices)
    genre = models.CharField(_("genre"), max_length=12, choices=Genre.choices, blank=True)
    date = models.DateField(_("date"), null=True, blank=True)
    date_end = models.DateField(_("end date"), null=True, blank=True)
    date_precision = models.CharField(_("precision"), max_length=5, choices=Precision.choices, default=Precision.DAY)
    # The last day that the date may mean; tells past events from upcoming ones.
    last_day = models.DateField(null=True, editable=False)
    # The date, or the earliest possible date if there is none: databases differ in where NULL sorts.
    sort_date = models.DateField(editable=False, default=dt.date.min)
    attendance = models.CharField(_("attendance"), max_length=6, choices=Attendance.choices, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("source")
    )
    doi = models.CharField(_("DOI"), max_length=200, blank=True, help_text=_("without https://doi.org/"))
    authors = models.TextField(
        _("authors"), blank=True, help_text=_("one per line, given name first; organisations in braces: {World Bank}")
    )
    volume = models.CharField(_("volume"), max_length=20, blank=True)
    number = models.CharField(_("number within the volume"), max_length=20, blank=True)
    pages = models.CharField(_("pages or article number"), max_length=40, blank=True)
    places = models.ManyToManyField(Place, blank=True, related_name="items", verbose_name=_("places"))
    related = models.ManyToManyField("self", blank=True, verbose_name=_("related items"))
    further_reading = models.ManyToManyField(
        Topic, blank=True, related_name="read_on_from", verbose_name=_("further reading")
    )

    topics = TaggableManager(through=ItemTopic, blank=True, verbose_name=_("topics"))
    objects = ItemQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=STATE_FIELDS)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        indexes = [
            models.Index(
                fields=["kind", "-sort_date", "-id"],
                condition=models.Q(state=State.PUBLISHED),
                name="item_published_by_date",
            ),
            models.Index(fields=["doi"], name="item_doi"),
        ]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(condition=models.Q(kind__in=Section.values), name="item_kind_known"),
            models.CheckConstraint(
                condition=models.Q(date_precision__in=Precision.values), name="item_precision_known"
            ),
            models.CheckConstraint(
                condition=models.Q(date_end__isnull=True)
                | models.Q(date__isnull=False, date_end__gte=models.F("date")),
                name="item_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(attendance="") | models.Q(kind="event"), name="item_attendance_only_for_events"
            ),
            # DOIs are not case sensitive (DOI Handbook, 2.4).
            models.UniqueConstraint(Lower("doi"), condition=~models.Q(doi=""), name="item_doi_once"),
            models.CheckConstraint(condition=models.Q(genre__in=["", *Genre.values]), name="item_genre_known"),
        ]

    def __str__(self) -> str:
        return str(self.text("title", "zh-hant")) or f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_date = self.date or dt.date.min
        self.last_day = last_day(self.date_end or self.date, self.date_precision)
        if (fields := kwargs.get("update_fields")) is not None and {"date", "date_end", "date_precision"} & set(
            fields
        ):
            kwargs["update_fields"] = {*fields, "sort_date", "last_day"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("archive:item", args=[languages.current().code, self.pk])

    @property
    def date_text(self) -> str:
        return format_range(self.date, self.date_end, self.date_precision, languages.current().code)

    @property
    def date_iso(self) -> str:
        return iso_date(self.date, self.date_precision)

    @property
    def author_list(self) -> list[str]:
        return [name.strip() for name in self.authors.splitlines() if name.strip()]

    @property
    def shown_authors(self) -> list[str]:
        return [name.strip("{}") for name in self.author_list]

    @property
    def doi_url(self) -> str:
        return f"https://doi.org/{self.doi}" if self.doi else ""

    @property
    def fragment_template(self) -> str:
        """The template of an item in issues and lists; events have a template of their own."""
        return f"archive/fragments/{'event' if self.kind == Section.EVENT else 'item'}.html"

    @property
    def facts_template(self) -> str:
        """The template of the facts beside the text on the item's page."""
        return f"archive/includes/{'event' if self.kind == Section.EVENT else 'item'}_facts.html"

    @property
    def year(self) -> int | None:
        return self.date.year if self.date else None

    @property
    def title(self) -> Text:
        return self.shown_title(languages.current().code)

    def shown_title(self, language: str) -> Text:
        """The title in this language if there is one; without any title, “[Untitled]”."""
        return self.text("title", language) or Text(gettext("[Untitled]"), language, language)

    def title_origin(self, title: Text) -> str:
        """The `TitleOrigin` of one of this item's titles; empty if it is not stated."""
        rows = (row for row in self.translations.all() if row.language == title.language)
        return next((row.title_origin for row in rows if row.is_converted == title.converted), "")

    def title_note(self, title: Text) -> str:
        """What readers are told about one of this item's titles; empty for a published title."""
        origin = self.title_origin(title)
        if origin == TitleOrigin.SUPPLIED:
            return gettext("Title supplied by our editors")
        if origin == TitleOrigin.TRANSLATED:
            is_english = title.language == "en"
            return gettext("English title by our editors") if is_english else gettext("Chinese title by our editors")
        return ""

    @property
    def summary_text(self) -> Text:
        return self.text("summary_html")

    @property
    def place_text(self) -> Text:
        return self.text("place")

    @property
    def place_names(self) -> str:
        """The countries and regions it is about, separated as is usual in the language of the page."""
        return languages.current().comma.join(place.name for place in self.places.all())

    @property
    def source_name(self) -> Text:
        return self.source.text("name") if self.source else Text("", languages.current().code, "")

    @property
    def posters(self) -> list[Any]:
        return [figure for figure in self.figures.all() if figure.role == "poster"]

    @property
    def links_with_address(self) -> list[Any]:
        """Links with an address, in order; not the abstract, which is on this site."""
        return [link for link in self.links.all() if link.has_address and link.role not in ("source", "abstract")]

    @property
    def links_without_address(self) -> list[Any]:
        """Links whose address is missing in the source; not those to our own abstract and lists."""
        return [
            link
            for link in self.links.all()
            if not link.has_address and link.role not in ("source", "abstract", "more")
        ]

    @property
    def has_abstract(self) -> bool:
        return bool(self.text("abstract"))

    @property
    def abstract_label(self) -> str:
        return gettext("English abstract") if self.text("abstract").language == "en" else gettext("Abstract")

    @property
    def home(self) -> Placement | None:
        """The placement where the item first appeared; None for items that are in no issue."""
        return self.placements.exclude(role=Placement.Role.LOOK_BACK).select_related("issue").first()


class ItemTranslation(TranslationBase):
    """The texts of an item in one language."""

    PLAIN: ClassVar[tuple[str, ...]] = ("title", "place")
    MARKDOWN: ClassVar[tuple[str, ...]] = ("summary", "abstract", "body")
    DETAILS: ClassVar[tuple[str, ...]] = ("title_origin",)
    ANCHORS: ClassVar[dict[str, str]] = {"summary": "sum-", "abstract": "abs-"}

    owner = models.ForeignKey(Item, models.CASCADE, related_name="translations")
    title = models.CharField(_("title"), max_length=500, blank=True)
    # Derived from the title; used to find the same item again.
    title_key = models.CharField(max_length=300, blank=True, editable=False, db_index=True)
    title_origin = models.CharField(
        _("origin of the title"),
        max_length=10,
        choices=TitleOrigin.choices,
        blank=True,
        help_text=_("leave empty for a title that needs no note"),
    )
    place = models.CharField(_("venue and town"), max_length=300, blank=True)
    summary = models.TextField(_("summary"), blank=True, help_text=_("Markdown"))
    summary_html = models.TextField(blank=True, editable=False)
    abstract = models.TextField(_("abstract"), blank=True, help_text=_("Markdown"))
    abstract_html = models.TextField(blank=True, editable=False)
    body = models.TextField(
        _("full text"), blank=True, help_text=_("Markdown; [@3] cites a reference, [[figure:1]] inserts a figure")
    )
    body_html = models.TextField(blank=True, editable=False)
    body_outline: Any = models.JSONField(default=list, blank=True, editable=False)

    history = HistoricalRecords(excluded_fields=["summary_html", "abstract_html", "body_html", "body_outline"])

    class Meta(TranslationBase.Meta):
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            *TranslationBase.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(title_origin__in=["", *TitleOrigin.values]),
                name="itemtranslation_title_origin_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.title_key = name_key(self.title)[:300]
        if (fields := kwargs.get("update_fields")) is not None and "title" in fields:
            kwargs["update_fields"] = {*fields, "title_key"}
        super().save(*args, **kwargs)
