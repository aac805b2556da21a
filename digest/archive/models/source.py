"""Sources (journals, outlets, ministries ...) and the places items are about."""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from digest.archive.models.base import Translated, TranslationBase
from digest.common import languages
from digest.common.languages import Text
from digest.common.places import is_known_place, place_name
from digest.common.slugs import make_slug
from digest.common.text import is_web_url, name_key

KEY_LENGTH = 200  # characters of a folded name that are kept: folding may lengthen (NFKC makes 18 of one ﷺ)


class SourceQuerySet(models.QuerySet["Source"]):
    def named(self, name: str) -> Self:
        """Sources with this name or alternative name in any language."""
        return self.filter(names__key=name_key(name)[:KEY_LENGTH]).distinct()


class Source(Translated):
    """The journal, outlet, ministry, company or repository an item comes from."""

    class Kind(models.TextChoices):
        JOURNAL = "journal", _("journal")
        NEWS = "news", _("news outlet")
        GOVERNMENT = "government", _("government or intergovernmental body")
        NGO = "ngo", _("association or research body")
        COMPANY = "company", _("company")
        REPOSITORY = "repository", _("repository")

    slug = models.SlugField(_("slug"), max_length=120, unique=True, allow_unicode=True, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.JOURNAL)
    url = models.URLField(_("web address"), max_length=500, blank=True)

    objects = SourceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["journal", "news", "government", "ngo", "company", "repository"]),
                name="source_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.text("name", "zh-hant")) or self.slug

    @property
    def name(self) -> Text:
        return self.text("name")

    @property
    def website(self) -> str:
        """Its web address, if that can be linked to."""
        return self.url if is_web_url(self.url) else ""

    def get_absolute_url(self) -> str:
        return reverse("archive:source", args=[languages.current().code, self.slug])

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.slug:
            self.slug = make_slug(Source, "source")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class SourceTranslation(TranslationBase):
    """The names of a source in one language."""

    PLAIN: ClassVar[tuple[str, ...]] = ("name", "other_names")

    owner = models.ForeignKey(Source, models.CASCADE, related_name="translations")
    name = models.CharField(_("name"), max_length=200, blank=True)
    other_names = models.TextField(_("other names"), blank=True, help_text=_("one per line"))

    history = HistoricalRecords()

    class Meta(TranslationBase.Meta):
        verbose_name = _("name")
        verbose_name_plural = _("names")

    def __str__(self) -> str:
        return self.name


class SourceName(models.Model):
    """A normalized name of a source, derived from its translations."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="names")
    key = models.CharField(max_length=KEY_LENGTH, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="source_name_once")]

    def __str__(self) -> str:
        return self.key


def validate_place(code: str) -> None:
    """A model field's validator for place codes."""
    if not is_known_place(code):
        raise ValidationError(_("%(code)s is not a recognised ISO 3166 or UN M49 code."), params={"code": code})


class Place(models.Model):
    """A country or region an item is about; its names come from CLDR."""

    code = models.CharField(
        _("code"),
        max_length=6,
        primary_key=True,
        validators=[validate_place],
        help_text=_("ISO 3166-1 (TW), ISO 3166-2 (GB-WLS) or UN M49 (035)"),
    )

    class Meta:
        ordering = ["code"]
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return place_name(self.code, languages.current().code)
