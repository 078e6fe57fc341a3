"""An event is one row; who listens gets a delivery from the worker. What is there already has been handed out."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("common", "0002_shared_rows")]

    operations = [
        migrations.AddField("outboxevent", "is_handed_out", models.BooleanField(db_default=True)),
        migrations.AlterField("outboxevent", "is_handed_out", models.BooleanField(db_default=False)),
        migrations.AddIndex(
            "outboxevent",
            models.Index(fields=["id"], condition=models.Q(("is_handed_out", False)), name="outbox_event_to_hand_out"),
        ),
        migrations.AlterField(
            "outboxdelivery",
            "event",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="common.outboxevent",
            ),
        ),
    ]
