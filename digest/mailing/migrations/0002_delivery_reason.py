from django.db import migrations, models


class Migration(migrations.Migration):
    """What the portal says of a delivery gets a column of its own: this adds it, the next fills and the last ties it."""

    dependencies = [("mailing", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                choices=[
                    ("left", "left or paused before it was sent"),
                    ("not-chosen", "nothing of what was chosen is in it"),
                    ("cancelled", "the mailing was cancelled"),
                    ("sender-ended", "its sender ended in the middle"),
                    ("arrived", "was uncertain; it arrived, as was told later"),
                    ("came-back", "was uncertain; it came back, as was told later"),
                    ("no-connection", "no connection to the server"),
                    ("lost", "the connection was lost before the end of the mail"),
                    ("lost-at-end", "the connection was lost after the end of the mail"),
                    ("not-written", "this mail could not be made"),
                    ("fault", "a fault of the portal in the middle"),
                    ("kept", "kept on this machine"),
                ],
                max_length=16,
                verbose_name="reason",
            ),
        ),
    ]
