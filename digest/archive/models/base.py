"""Base classes of the models with texts in several languages."""

import hashlib
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from digest.common import languages
from digest.common.languages import Text


class Origin(models.TextChoices):
    """Whether a text was written by a person or converted from the other Chinese script."""

    WRITTEN = "written", _("written")
    CONVERTED = "converted", _("converted automatically")


class TranslationBase(models.Model):
    """The texts of one row in one language. A subclass adds `owner` and the text fields, and lists the fields here."""

    PLAIN: ClassVar[tuple[str, ...]] = ()
    MARKDOWN: ClassVar[tuple[str, ...]] = ()  # each also has a field `<name>_html`, rendered on save
    DETAILS: ClassVar[tuple[str, ...]] = ()  # fields that say something about the texts
    ANCHORS: ClassVar[dict[str, str]] = {}  # field -> prefix of its anchors, if a page shows several of them

    language = models.CharField(_("language"), max_length=8, choices=languages.CHOICES)
    origin = models.CharField(
        _("method"), max_length=10, choices=Origin.choices, default=Origin.WRITTEN, editable=False
    )
    translated_from = models.CharField(max_length=8, choices=languages.CHOICES, blank=True, editable=False)
    # The digest of the source text when this was translated; if they differ, the translation is out of date.
    source_digest = models.CharField(max_length=32, blank=True, editable=False)
    # The value of `digest()` at the last save, so that a query can find translations that are out of date.
    text_digest = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["owner", "language", "origin"], name="%(class)s_once_a_language"),
            models.CheckConstraint(
                condition=models.Q(language__in=list(languages.LANGUAGES)), name="%(class)s_language_known"
            ),
            models.CheckConstraint(condition=models.Q(origin__in=Origin.values), name="%(class)s_origin_known"),
        ]

    @property
    def is_converted(self) -> bool:
        return self.origin == Origin.CONVERTED

    @classmethod
    def text_fields(cls) -> tuple[str, ...]:
        return cls.PLAIN + cls.MARKDOWN

    @classmethod
    def edited_fields(cls) -> tuple[str, ...]:
        """The fields of the form: the texts and what is said about them."""
        return cls.PLAIN + cls.DETAILS + cls.MARKDOWN

    def texts(self) -> dict[str, str]:
        """The texts by field, without the rendered HTML."""
        return {name: getattr(self, name) for name in self.text_fields()}

    def digest(self) -> str:
        """A hash of all texts."""
        joined = "\0".join(self.texts().values())
        return hashlib.blake2b(joined.encode(errors="replace"), digest_size=16).hexdigest()

    def record_source(self, source: "TranslationBase") -> None:
        """Record that this is a translation of `source` as it is now."""
        self.translated_from = source.language
        self.source_digest = source.digest()

    def is_outdated(self, source: "TranslationBase") -> bool:
        """Whether `source` has changed since this was translated from it."""
        return self.translated_from == source.language and self.source_digest != source.digest()

    def clean(self) -> None:
        super().clean()
        for name, value in self.texts().items():
            if "\0" in value:
                raise ValidationError({name: _("This text contains a character (NUL) that cannot be stored.")})

    def validate_constraints(self, exclude: Any = None) -> None:
        """Run no queries: the forms check the choices of the fields and that each language occurs once."""

    def render(self) -> None:
        """Render the Markdown fields to their `_html` fields."""
        from digest.common.markup import render  # takes 2 MB of memory that public pages do not need

        for name in self.MARKDOWN:
            rendered = render(getattr(self, name), self._prefix(name))
            setattr(self, f"{name}_html", rendered.html)
            if hasattr(self, f"{name}_outline"):
                outline = [[h.level, h.anchor, h.text] for h in rendered.outline]
                setattr(self, f"{name}_outline", outline)

    def _prefix(self, field: str) -> str:
        # A page may show many rows, the bilingual page each in two languages: anchors must be unique.
        if field not in self.ANCHORS:
            return ""
        return f"{self.ANCHORS[field]}{self.owner_id}-{self.language.rpartition('-')[2]}-"  # type: ignore[attr-defined]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render()
        self.text_digest = self.digest()
        if (fields := kwargs.get("update_fields")) is not None:
            rendered = {f"{n}{end}" for n in self.MARKDOWN for end in ("_html", "_outline") if hasattr(self, n + end)}
            own = {"text_digest"} if {*fields} & {*self.text_fields()} else set()
            kwargs["update_fields"] = {*fields, *own, *(t for t in rendered if t.rpartition("_")[0] in fields)}
        super().save(*args, **kwargs)


class Translated(models.Model):
    """A row with texts in `translations`: at most one written and one converted row per language."""

    class Meta:
        abstract = True

    translations: Any  # the reverse relation of the subclass's translation model

    def text(self, field: str, page: str | None = None) -> Text:
        """The best text of `field` for the language `page` (a code; by default the current language)."""
        return languages.choose(self.translations.all(), field, page or languages.current().code)

    def written(self, language: str) -> Any | None:
        """The written row in this language, if there is one."""
        return next((t for t in self.translations.all() if t.language == language and not t.is_converted), None)
