"""Which rows the demo loaded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DemoRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=60, unique=True)),
                ("object_id", models.PositiveBigIntegerField()),
                ("fixture_digest", models.CharField(max_length=32)),
                ("stored_digest", models.CharField(max_length=32)),
            ],
        ),
    ]
