"""Who looked at a thing, found by the thing: only looks are in this index, so other events do not pay for it."""

from typing import ClassVar

from django.db import migrations, models

INDEX = """
CREATE INDEX event_listing_looks ON analytics_event (listing_id, occurred_at) INCLUDE (user_id)
WHERE event_type = 'listing.viewed' AND user_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("analytics", "0004_reading")]

    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(INDEX, "DROP INDEX event_listing_looks")],
            state_operations=[
                migrations.AddIndex(
                    model_name="event",
                    index=models.Index(
                        condition=models.Q(("event_type", "listing.viewed"), ("user_id__isnull", False)),
                        fields=["listing_id", "occurred_at"],
                        include=["user_id"],
                        name="event_listing_looks",
                    ),
                ),
            ],
        ),
    ]
