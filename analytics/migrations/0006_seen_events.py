from typing import ClassVar

import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("analytics", "0005_looks")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="SeenEvent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.BrinIndex(fields=["seen_at"], name="seen_event_brin")],
            },
        ),
    ]
