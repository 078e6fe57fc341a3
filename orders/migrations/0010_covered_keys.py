"""A key with which another index begins needs none of its own.

Only the indexes are dropped: to alter the fields would be to check every row of these tables against what it names.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

INDEXES = {
    "orders_webhookdelivery_endpoint_id_9523d097": "orders_webhookdelivery (endpoint_id)",
}


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_unused_index")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {columns}")
                for name, columns in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="webhookdelivery",
                    name="endpoint",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="orders.webhookendpoint",
                    ),
                ),
            ],
        ),
    ]
