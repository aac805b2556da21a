from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailing", "0003_fill_delivery_reason")]

    operations = [
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    reason__in=[
                        *("", "left", "not-chosen", "cancelled", "sender-ended", "arrived", "came-back"),
                        *("no-connection", "lost", "lost-at-end", "not-written", "fault", "kept"),
                    ]
                ),
                name="delivery_reason_known",
            ),
        ),
    ]
