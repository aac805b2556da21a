"""What the archive keeps of itself: which rows were deleted or merged, and the number that says when pages are old."""

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Deletion(models.Model):
    """A record of a deleted or merged row, for redirects from old addresses and for feeds and harvesters."""

    class Kind(models.TextChoices):
        ITEM = "item", _("item")
        ISSUE = "issue", _("issue")
        TOPIC = "topic", _("topic")
        SOURCE = "source", _("source")

    kind = models.CharField(max_length=6, choices=Kind.choices)
    object_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=120, blank=True)  # the number of an issue, the slug of a topic or source
    published_at = models.DateTimeField(null=True)  # the first time; null if it was never public
    deleted_at = models.DateTimeField()
    merged_into = models.PositiveBigIntegerField(null=True)  # id of the row of the same kind

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


class Generation(models.Model):
    """One row: a number that every public change raises, so that stored pages know when they are old.

    The row is also the lock that every writer of content takes first; see `archive.changes`.
    """

    number = models.PositiveBigIntegerField(default=1)
    raised_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="generation_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> "Generation":
        """The row, or a first one where nothing was ever published."""
        return cls.objects.filter(pk=1).first() or cls(pk=1, number=1)

    @classmethod
    def lock(cls) -> "Generation":
        """The row, locked until the transaction ends (SQLite locks all of the database instead)."""
        return cls.objects.select_for_update().filter(pk=1).first() or cls.objects.get_or_create(pk=1)[0]

    @classmethod
    @transaction.atomic(savepoint=False)
    def raise_number(cls) -> int:
        """Make every page stored so far an old one; returns the new number.

        The number is at least the time in milliseconds, so that a database put back to an earlier state, or made
        anew, never comes to a number under which this machine has kept pages of another past.
        """
        now = timezone.now()
        number = max(cls.lock().number + 1, int(now.timestamp() * 1000))
        cls.objects.filter(pk=1).update(number=number, raised_at=now)
        return number
