"""Attachments of items: links, references, figures and corrections."""

from pathlib import PurePosixPath
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from digest.archive.models.base import Translated, TranslationBase
from digest.archive.models.item import Item
from digest.archive.pictures import WIDTHS, picture_path, rendition_name
from digest.common.languages import Text
from digest.common.text import is_web_url


class Link(models.Model):
    """A link of an item. The address may be missing: some old documents have only the labels."""

    class Role(models.TextChoices):
        ORIGINAL = "original", _("Original")
        ABSTRACT = "abstract", _("English abstract")
        WEBSITE = "website", _("Website")
        DATA = "data", _("Data")
        GUIDE = "guide", _("Guide")
        REGISTRATION = "registration", _("Registration")
        PROGRAMME = "programme", _("Programme")
        MORE = "more", _("More")
        SOURCE = "source", _("Source’s page")

    item = models.ForeignKey(Item, models.CASCADE, related_name="links")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    label = models.CharField(_("label as printed"), max_length=200, blank=True)
    url = models.URLField(_("web address"), max_length=1000, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    role__in=[
                        *("original", "abstract", "website", "data", "guide"),
                        *("registration", "programme", "more", "source"),
                    ]
                ),
                name="link_role_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.url or '—'}"

    @property
    def has_address(self) -> bool:
        """Whether it has a web address that can be linked to."""
        return is_web_url(self.url)

    @property
    def host(self) -> str:
        """The host name of the address, without `www.`."""
        try:
            return (urlsplit(self.url).hostname or "").removeprefix("www.")
        except ValueError:  # not a valid address; forms refuse such addresses
            return ""


class Reference(models.Model):
    """An entry in the reference list of a paper; the text is empty if it is missing in the source."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="references")
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.TextField(_("reference"), blank=True)
    doi = models.CharField(_("DOI"), max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="reference_number_once")]

    def __str__(self) -> str:
        return f"[{self.number}] {self.text}"


class Figure(Translated):
    """A picture of an item: the poster of an event or a figure of a paper. The picture file may be missing."""

    class Role(models.TextChoices):
        POSTER = "poster", _("poster")
        FIGURE = "figure", _("figure")

    item = models.ForeignKey(Item, models.CASCADE, related_name="figures")
    role = models.CharField(_("role"), max_length=6, choices=Role.choices, default=Role.FIGURE)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    picture = models.ImageField(
        _("image"),
        upload_to=picture_path,
        blank=True,
        width_field="width",
        height_field="height",
        max_length=120,
        help_text=_("JPEG, PNG or WebP, up to 25 megapixels"),
    )
    width = models.PositiveIntegerField(null=True, blank=True, editable=False)  # pixels
    height = models.PositiveIntegerField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["role", "number"]
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            models.UniqueConstraint(fields=["item", "role", "number"], name="figure_number_once"),
            models.CheckConstraint(condition=models.Q(role__in=["poster", "figure"]), name="figure_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.number}"

    @property
    def caption(self) -> Text:
        return self.text("caption")

    @property
    def alternative(self) -> Text:
        return self.text("alternative")

    @property
    def address(self) -> str:
        return reverse("picture", args=[PurePosixPath(str(self.picture.name)).stem])

    @property
    def widths(self) -> list[int]:
        """Widths in pixels of the existing renditions, and last of the picture itself."""
        return [width for width in WIDTHS if width < (self.width or 0)] + [self.width or 0]

    def address_of(self, width: int) -> str:
        """The address of the rendition with this width."""
        name = str(self.picture.name)
        if width != self.width:
            name = rendition_name(name, width)
        return reverse("picture", args=[PurePosixPath(name).stem])

    @property
    def small_address(self) -> str:
        return self.address_of(self.widths[0])

    @property
    def srcset(self) -> str:
        return ", ".join(f"{self.address_of(width)} {width}w" for width in self.widths)

    @property
    def sizes(self) -> str:
        """The `sizes` attribute of the <img>: how wide the style sheet shows the picture."""
        return "(min-width: 50rem) 20rem, 92vw" if self.role == self.Role.POSTER else "(min-width: 50rem) 40rem, 92vw"


class FigureTranslation(TranslationBase):
    """The caption and text alternative of a figure in one language."""

    PLAIN: ClassVar[tuple[str, ...]] = ("caption", "alternative")

    owner = models.ForeignKey(Figure, models.CASCADE, related_name="translations")
    caption = models.CharField(_("caption"), max_length=500, blank=True)
    alternative = models.TextField(
        _("text alternative"), blank=True, help_text=_("what the image shows, for readers who cannot see it")
    )

    class Meta(TranslationBase.Meta):
        verbose_name = _("caption and text alternative")
        verbose_name_plural = _("captions and text alternatives")

    def __str__(self) -> str:
        return self.caption


class Correction(Translated):
    """A dated public note on an item that was wrong."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="corrections")
    date = models.DateField(_("date"))

    history = HistoricalRecords()

    class Meta:
        ordering = ["date", "pk"]
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")

    def __str__(self) -> str:
        return f"{self.date} · {self.item}"

    @property
    def note(self) -> Text:
        return self.text("note_html")


class CorrectionTranslation(TranslationBase):
    """A correction in one language."""

    MARKDOWN: ClassVar[tuple[str, ...]] = ("note",)
    ANCHORS: ClassVar[dict[str, str]] = {"note": "note-"}

    owner = models.ForeignKey(Correction, models.CASCADE, related_name="translations")
    note = models.TextField(_("note"), blank=True, help_text=_("Markdown"))
    note_html = models.TextField(blank=True, editable=False)

    class Meta(TranslationBase.Meta):
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return self.note[:60]
