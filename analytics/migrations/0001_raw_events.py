"""Raw events in day partitions. A day that nobody prepared is caught by the default partition, so no event is lost."""

from typing import ClassVar

import django.contrib.postgres.indexes
from django.db import migrations, models

import marketplace.common.ids

TABLE = """
CREATE TABLE analytics_event (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  event_type varchar(80) NOT NULL,
  session_id varchar(64) NOT NULL,
  user_id uuid,
  listing_id uuid,
  order_id uuid,
  chat_id uuid,
  step varchar(40),
  properties jsonb NOT NULL DEFAULT '{}',
  occurred_at timestamptz NOT NULL,
  is_clamped boolean NOT NULL DEFAULT false,
  received_at timestamptz NOT NULL DEFAULT now(),
  transaction bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint
) PARTITION BY RANGE (received_at);
CREATE INDEX event_transaction ON analytics_event (transaction);
CREATE INDEX event_occurred_brin ON analytics_event USING brin (occurred_at) WITH (autosummarize = on);
CREATE TABLE analytics_event_rest PARTITION OF analytics_event DEFAULT;
"""

PREPARE = """
CREATE FUNCTION analytics_prepare_days(first date, last date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  day date;
BEGIN
  FOR day IN SELECT generate_series(first, last, interval '1 day')::date LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF analytics_event FOR VALUES FROM (%L) TO (%L)',
      'analytics_event_' || to_char(day, 'YYYYMMDD'),
      day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  END LOOP;
END $$;
SELECT analytics_prepare_days((now() AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date + 7);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TABLE, "DROP TABLE analytics_event"),
                migrations.RunSQL(PREPARE, "DROP FUNCTION analytics_prepare_days(date, date)"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", marketplace.common.ids.KeyField(serialize=False)),
                        ("event_type", models.CharField(max_length=80)),
                        ("session_id", models.CharField(max_length=64)),
                        ("user_id", models.UUIDField(null=True)),
                        ("listing_id", models.UUIDField(null=True)),
                        ("order_id", models.UUIDField(null=True)),
                        ("chat_id", models.UUIDField(null=True)),
                        ("step", models.CharField(max_length=40, null=True)),
                        ("properties", models.JSONField(default=dict)),
                        ("occurred_at", models.DateTimeField()),
                        ("is_clamped", models.BooleanField(default=False)),
                        ("received_at", models.DateTimeField()),
                        ("transaction", models.BigIntegerField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["transaction"], name="event_transaction"),
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["occurred_at"], name="event_occurred_brin"
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
