"""Every issue and item has a state, and the times that go with it; lists of published items go by the state."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0003_fill_states")]

    operations = [
        migrations.AlterField("issue", "state", models.CharField(
                choices=[("draft", "draft"), ("published", "published"), ("withdrawn", "withdrawn")],
                default="draft",
                editable=False,
                max_length=10,
                verbose_name="state",
            )),
        migrations.AddConstraint(
            "issue",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "published", "withdrawn"])), name="issue_state_known"
            ),
        ),
        migrations.AddConstraint(
            "issue",
            models.CheckConstraint(
                condition=~models.Q(state="published")
                | models.Q(published_at__isnull=False, updated_at__isnull=False),
                name="issue_published_has_times",
            ),
        ),
        migrations.AddConstraint(
            "issue",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        state="withdrawn", withdrawn_at__isnull=False, withdrawal__in=["by_itself", "with_issue"]
                    )
                    | (~models.Q(state="withdrawn") & models.Q(withdrawn_at__isnull=True, withdrawal=""))
                ),
                name="issue_withdrawn_has_time",
            ),
        ),
        migrations.AlterField("item", "state", models.CharField(
                choices=[("draft", "draft"), ("published", "published"), ("withdrawn", "withdrawn")],
                default="draft",
                editable=False,
                max_length=10,
                verbose_name="state",
            )),
        migrations.AddConstraint(
            "item",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "published", "withdrawn"])), name="item_state_known"
            ),
        ),
        migrations.AddConstraint(
            "item",
            models.CheckConstraint(
                condition=~models.Q(state="published")
                | models.Q(published_at__isnull=False, updated_at__isnull=False),
                name="item_published_has_times",
            ),
        ),
        migrations.AddConstraint(
            "item",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        state="withdrawn", withdrawn_at__isnull=False, withdrawal__in=["by_itself", "with_issue"]
                    )
                    | (~models.Q(state="withdrawn") & models.Q(withdrawn_at__isnull=True, withdrawal=""))
                ),
                name="item_withdrawn_has_time",
            ),
        ),
        migrations.RemoveIndex("item", "item_published_by_date"),
        migrations.AddIndex(
            "item",
            models.Index(
                condition=models.Q(("state", "published")),
                fields=["kind", "-sort_date", "-id"],
                name="item_published_by_date",
            ),
        ),
    ]
