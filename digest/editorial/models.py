"""Rows of the editors' desk."""

from django.db import models


class DemoRow(models.Model):
    """A row that `manage.py demo` loaded, and may bring in line with its files while nobody has edited it."""

    key = models.CharField(max_length=60, unique=True)  # its name in the files
    object_id = models.PositiveBigIntegerField()
    fixture_digest = models.CharField(max_length=32)  # of what the files said
    stored_digest = models.CharField(max_length=32)  # of what the database held then

    def __str__(self) -> str:
        return self.key
