"""Columns for the states of issues and items, still empty; a record of deleted rows; no more rendered blocks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Deletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("item", "item"), ("issue", "issue"), ("topic", "topic"), ("source", "source")],
                        max_length=6,
                    ),
                ),
                ("object_id", models.PositiveBigIntegerField()),
                ("name", models.CharField(blank=True, max_length=120)),
                ("published_at", models.DateTimeField(null=True)),
                ("deleted_at", models.DateTimeField()),
                ("merged_into", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "deleted_at"], name="deletion_by_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id"), name="deletion_once_a_row"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["item", "issue", "topic", "source"])),
                        name="deletion_kind_known",
                    ),
                ],
            },
        ),
        migrations.AddField("issue", "state", models.CharField(
                choices=[("draft", "draft"), ("published", "published"), ("withdrawn", "withdrawn")],
                null=True,
                editable=False,
                max_length=10,
                verbose_name="state",
            )),
        migrations.AddField(
            "issue",
            "updated_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="updated at"),
        ),
        migrations.AddField(
            "issue",
            "withdrawn_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AddField(
            "issue",
            "withdrawal",
            models.CharField(
                blank=True,
                default="",
                choices=[("by_itself", "by itself"), ("with_issue", "with its issue")],
                editable=False,
                max_length=10,
                verbose_name="withdrawn",
            ),
            preserve_default=False,
        ),
        migrations.AddField("item", "state", models.CharField(
                choices=[("draft", "draft"), ("published", "published"), ("withdrawn", "withdrawn")],
                null=True,
                editable=False,
                max_length=10,
                verbose_name="state",
            )),
        migrations.AddField(
            "item",
            "updated_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="updated at"),
        ),
        migrations.AddField(
            "item",
            "withdrawn_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AddField(
            "item",
            "withdrawal",
            models.CharField(
                blank=True,
                default="",
                choices=[("by_itself", "by itself"), ("with_issue", "with its issue")],
                editable=False,
                max_length=10,
                verbose_name="withdrawn",
            ),
            preserve_default=False,
        ),
        migrations.DeleteModel("Block"),
    ]
