"""Topics: the controlled vocabulary. They are django-taggit tags with labels, synonyms and definitions by language."""

from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from taggit.models import ItemBase, TagBase

from digest.archive.models.base import Translated, TranslationBase
from digest.archive.models.state import State
from digest.common import languages
from digest.common.languages import Text
from digest.common.slugs import make_slug
from digest.common.text import is_web_url, name_key


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible(self) -> Self:
        """Topics that readers can see: all but collections that no published item names."""
        has_published_item = models.Q(read_on_from__state=State.PUBLISHED)
        return self.filter(
            ~models.Q(facet="collection")
            | models.Exists(Topic.objects.filter(has_published_item, pk=models.OuterRef("pk")))
        )

    def with_neighbours(self, slug: str) -> Self:
        """The topic with this slug and its broader and narrower topics, annotated `is_broader` and `is_narrower`."""
        relations = Topic.broader.through.objects
        return (
            self.annotate(
                is_broader=models.Exists(relations.filter(to_topic=models.OuterRef("pk"), from_topic__slug=slug)),
                is_narrower=models.Exists(relations.filter(from_topic=models.OuterRef("pk"), to_topic__slug=slug)),
            )
            .filter(models.Q(slug=slug) | models.Q(is_broader=True) | models.Q(is_narrower=True))
            .order_by("slug")
        )

    def labelled(self, label: str) -> "Topic | None":
        """The topic with this label or synonym in any language, or None."""
        key = name_key(label)
        for topic in self.prefetch_related("translations"):
            for row in topic.translations.all():
                if key in {name_key(name) for name in (row.label, *row.synonyms.splitlines())}:
                    return topic
        return None


class Topic(TagBase, Translated):  # type: ignore[misc, django-manager-missing]  # taggit has no types
    """A concept items can be tagged with (SKOS: Concept), or an editors' collection for further reading."""

    class Facet(models.TextChoices):
        SINKS_SOILS = "sinks-soils", _("Sinks and soils")
        PRACTICES = "practices", _("Practices and systems")
        LAND = "land", _("Land")
        CLIMATE = "climate", _("Emissions and climate")
        MARKETS = "markets", _("Carbon markets")
        POLICY = "policy", _("Policy and measurement")
        VALUE = "value", _("Value and ecosystems")
        COLLECTION = "collection", _("Collections for further reading")

    class Match(models.TextChoices):
        """How the AGROVOC concept relates to ours (SKOS mapping properties)."""

        EXACT = "exact", _("exact match")
        CLOSE = "close", _("close match")
        BROAD = "broad", _("broad match")

    slug: Any  # taggit's field
    # taggit's own `name` is the tag as typed; labels for readers are in the translations.
    facet = models.CharField(_("facet"), max_length=16, choices=Facet.choices, default=Facet.PRACTICES)
    broader = models.ManyToManyField(
        "self", symmetrical=False, related_name="narrower", blank=True, verbose_name=_("broader topics")
    )
    agrovoc_uri = models.URLField(_("AGROVOC web address"), max_length=200, blank=True)
    agrovoc_match = models.CharField(_("AGROVOC match"), max_length=8, choices=Match.choices, blank=True)

    objects = TopicQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.CheckConstraint(condition=~models.Q(slug=""), name="topic_slug_not_empty"),
            models.CheckConstraint(
                condition=models.Q(
                    facet__in=[
                        "sinks-soils",
                        "practices",
                        "land",
                        "climate",
                        "markets",
                        "policy",
                        "value",
                        "collection",
                    ]
                ),
                name="topic_facet_known",
            ),
            models.CheckConstraint(
                condition=models.Q(agrovoc_uri="", agrovoc_match="")
                | (~models.Q(agrovoc_uri="") & ~models.Q(agrovoc_match="")),
                name="topic_agrovoc_uri_with_match",
            ),
        ]

    def __str__(self) -> str:
        return str(self.text("label", "zh-hant")) or self.name

    def get_absolute_url(self) -> str:
        return reverse("archive:topic", args=[languages.current().code, self.slug])

    @property
    def agrovoc_link(self) -> str:
        """The address of the AGROVOC concept, if that can be linked to."""
        return self.agrovoc_uri if is_web_url(self.agrovoc_uri) else ""

    @property
    def label(self) -> Text:
        """The label for readers; without a label in any language, the name of the tag."""
        return self.text("label") or Text(self.name, languages.current().code, languages.current().code)

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Called by taggit, whose own method may return an empty slug for Han characters."""
        return make_slug(Topic, tag, "topic")

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = make_slug(Topic, self.name, "topic")
        super().save(*args, **kwargs)

    def ancestors(self) -> set[int]:
        """Ids of all broader topics, direct and indirect."""
        found: set[int] = set()
        layer = {self.pk}
        while layer:
            layer = set(Topic.broader.through.objects.filter(from_topic__in=layer).values_list("to_topic", flat=True))
            layer -= found
            found |= layer
        return found

    def check_broader(self, topics: "list[Topic]") -> None:
        """Raise ValidationError if these broader topics would make a topic broader than itself."""
        for topic in topics:
            if topic.pk == self.pk or self.pk in topic.ancestors():
                raise ValidationError(
                    _("“%(topic)s” is narrower than this topic, so it cannot also be broader."),
                    params={"topic": topic},
                )


class TopicTranslation(TranslationBase):
    """A topic's label, synonyms and definition in one language (SKOS: prefLabel, altLabel, definition)."""

    PLAIN: ClassVar[tuple[str, ...]] = ("label", "synonyms", "definition")

    owner = models.ForeignKey(Topic, models.CASCADE, related_name="translations")
    label = models.CharField(_("label"), max_length=200, blank=True)
    synonyms = models.TextField(_("synonyms"), blank=True, help_text=_("one per line"))
    definition = models.TextField(_("definition"), blank=True)

    history = HistoricalRecords()

    class Meta(TranslationBase.Meta):
        verbose_name = _("label and definition")
        verbose_name_plural = _("labels and definitions")

    def __str__(self) -> str:
        return self.label


class TopicAlias(models.Model):
    """A former slug of a renamed or merged topic; its address redirects to the topic."""

    slug = models.CharField(_("former slug"), max_length=100, unique=True)
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")

    def __str__(self) -> str:
        return self.slug


class ItemTopic(ItemBase):  # type: ignore[misc]  # taggit has no types
    """A topic of an item (the through model of taggit)."""

    content_object = models.ForeignKey("archive.Item", models.CASCADE, related_name="topic_ties")
    tag = models.ForeignKey(Topic, models.CASCADE, related_name="item_ties")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_object", "tag"], name="item_topic_once")]
