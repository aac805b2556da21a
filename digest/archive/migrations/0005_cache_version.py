"""Rename Generation to CacheVersion."""

from django.db import migrations, models

from digest.common.permissions import rename_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0004_state_constraints"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RemoveConstraint("generation", "generation_is_one_row"),
        migrations.RenameModel("Generation", "CacheVersion"),
        migrations.RenameField("cacheversion", "raised_at", "changed_at"),
        migrations.AddConstraint(
            "cacheversion", models.CheckConstraint(condition=models.Q(id=1), name="cache_version_is_one_row")
        ),
        rename_permissions("archive", "Generation", "CacheVersion"),
    ]
