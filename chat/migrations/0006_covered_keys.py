"""A key with which another index begins needs none of its own.

Only the indexes are dropped: to alter the fields would be to check every row of these tables against what it names.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

INDEXES = {
    "chat_messagereport_message_id_0651dfb9": "chat_messagereport (message_id)",
}


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_last_seen")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {columns}")
                for name, columns in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="messagereport",
                    name="message",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="chat.message",
                    ),
                ),
            ],
        ),
    ]
