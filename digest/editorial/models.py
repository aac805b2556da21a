"""Which rows were loaded by the demo."""

from django.db import models


class DemoRow(models.Model):
    """A row that `manage.py demo` has loaded, and updates from its fixtures as long as nobody has edited it."""

    key = models.CharField(max_length=60, unique=True)  # its id in the fixtures
    object_id = models.PositiveBigIntegerField()
    fixture_digest = models.CharField(max_length=32)  # of the row in the fixtures
    stored_digest = models.CharField(max_length=32)  # of the row in the database after loading

    def __str__(self) -> str:
        return self.key
