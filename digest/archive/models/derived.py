"""Rows that are derived and may be dropped and rebuilt: rendered blocks, and the archive's generation number."""

from django.db import models
from django.db.models.functions import Greatest
from django.utils import timezone

from digest.archive.models.issue import Placement
from digest.common import languages
from digest.common.statements import Statement


class Block(models.Model):
    """A placement's finished HTML in one language, made by `archive.blocks` when its item changes."""

    placement = models.ForeignKey(Placement, models.CASCADE, related_name="blocks")
    language = models.CharField(max_length=8, choices=languages.CHOICES)
    version = models.CharField(max_length=16)  # fingerprint of the templates it was made with
    title = models.TextField(blank=True)  # for lists of titles, with the language it is really in
    title_language = models.CharField(max_length=8, choices=languages.CHOICES)
    html = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["placement", "language"], name="block_once_a_language")]

    def __str__(self) -> str:
        return f"{self.placement_id} {self.language}"


class Generation(models.Model):
    """One row: a number that every public change raises, so that stored pages know when they are old."""

    number = models.PositiveBigIntegerField(default=1)
    raised_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="generation_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> "Generation":
        """The row, or a first one where nothing was ever published."""
        rows = _CURRENT.rows()
        return cls.from_db("default", ["id", "number", "raised_at"], rows[0]) if rows else cls(pk=1, number=1)

    @classmethod
    def raise_number(cls) -> None:
        """Make every page stored so far an old one.

        The number is at least the time in milliseconds, so that a database put back to an earlier state, or made
        anew, never comes to a number under which this machine has kept pages of another past.
        """
        now = timezone.now()
        least = int(now.timestamp() * 1000)
        number = Greatest(models.F("number") + 1, least, output_field=models.PositiveBigIntegerField())
        updated = cls.objects.filter(pk=1).update(number=number, raised_at=now)
        if not updated:
            cls.objects.get_or_create(pk=1, defaults={"number": least})


_CURRENT = Statement(lambda: Generation.objects.filter(pk=1).values_list("pk", "number", "raised_at"))
