"""Records of deleted and merged rows, and the version number of cached pages."""

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Deletion(models.Model):
    """A row that was deleted or merged into another, so that old addresses can redirect and feeds can report it."""

    class Kind(models.TextChoices):
        ITEM = "item", _("item")
        ISSUE = "issue", _("issue")
        TOPIC = "topic", _("topic")
        SOURCE = "source", _("source")

    kind = models.CharField(max_length=6, choices=Kind.choices)
    object_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=120, blank=True)  # the number of an issue, the slug of a topic or source
    published_at = models.DateTimeField(null=True)  # first publication; null if it was never public
    deleted_at = models.DateTimeField()
    merged_into = models.PositiveBigIntegerField(null=True)  # id of the row of the same kind it was merged into

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="deletion_once_a_row"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["item", "issue", "topic", "source"]), name="deletion_kind_known"
            ),
        ]
        indexes = [models.Index(fields=["kind", "deleted_at"], name="deletion_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class CacheVersion(models.Model):
    """A single row with a number that grows with every public change, so that cached pages become outdated.

    Writers of content lock this row before they write; see `archive.changes`.
    """

    number = models.PositiveBigIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="cache_version_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> "CacheVersion":
        """Return the row, or an unsaved one with the number 1 if there is none yet."""
        return cls.objects.filter(pk=1).first() or cls(pk=1, number=1)

    @classmethod
    def lock(cls) -> "CacheVersion":
        """Return the row, locked until the transaction ends (SQLite locks the whole database instead)."""
        return cls.objects.select_for_update().filter(pk=1).first() or cls.objects.get_or_create(pk=1)[0]

    @classmethod
    @transaction.atomic(savepoint=False)
    def increment(cls) -> int:
        """Make all cached pages outdated, and return the new number.

        The number is at least the current time in milliseconds. A database that was restored from a backup or created
        anew therefore never reaches a number under which this machine has cached pages of another database.
        """
        now = timezone.now()
        number = max(cls.lock().number + 1, int(now.timestamp() * 1000))
        cls.objects.filter(pk=1).update(number=number, changed_at=now)
        return number
