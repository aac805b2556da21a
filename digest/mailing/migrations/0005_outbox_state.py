"""Rename Post to OutboxState, its `mark` to `sequence`, and `pieces` of Edition to `mime_template`."""

from django.db import migrations, models

from digest.common.permissions import rename_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("mailing", "0004_delivery_reason_known"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RemoveConstraint("post", "post_is_one_row"),
        migrations.RenameModel("Post", "OutboxState"),
        migrations.RenameField("outboxstate", "mark", "sequence"),
        migrations.AddConstraint(
            "outboxstate", models.CheckConstraint(condition=models.Q(id=1), name="outbox_state_is_one_row")
        ),
        migrations.RenameField("edition", "pieces", "mime_template"),
        rename_permissions("mailing", "Post", "OutboxState"),
    ]
