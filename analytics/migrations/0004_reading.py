"""How an event is read, in one place (of a name that an app makes up, 80 characters), and what of the events no roll-up holds yet.

The function keeps one plan for a session, and never one that reads whole partitions, starts other processes or compiles
itself, each of which takes longer than the answer: how little is fresh cannot be seen from a statement. It goes by days and not by `occurred_at`, whose index would lead to all that is in the window.
"""

from typing import ClassVar

from django.db import migrations

READING = """
CREATE VIEW analytics_reading AS
SELECT id, transaction, occurred_at, (occurred_at AT TIME ZONE 'UTC')::date AS day, event_type, session_id, user_id,
  listing_id, step,
  CASE event_type WHEN 'ui.click' THEN left(properties ->> 'button', 80) END AS button,
  CASE event_type WHEN 'escrow.step' THEN left(properties ->> 'result', 80) END AS result,
  CASE event_type WHEN 'feature.used' THEN left(properties ->> 'feature_key', 80) END AS feature,
  CASE event_type WHEN 'screen.view' THEN left(properties ->> 'screen', 80) END AS screen
FROM analytics_event
"""

FRESH = """
CREATE FUNCTION analytics_fresh(first date, after date) RETURNS SETOF analytics_reading
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
  RETURN QUERY SELECT * FROM analytics_reading
    WHERE transaction >= coalesce((SELECT below FROM analytics_fold), 0)
      AND day >= first AND day < after;
END $$
"""

# From the beginning on: whoever folds first has something to lock
FOLD = """
INSERT INTO analytics_fold (id, below, cluster, folded_at)
SELECT 1, 0, system_identifier::text, now() FROM pg_control_system()
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("analytics", "0003_closed_days")]

    operations: ClassVar = [
        migrations.RunSQL(READING, "DROP VIEW analytics_reading"),
        migrations.RunSQL(FRESH, "DROP FUNCTION analytics_fresh(date, date)"),
        migrations.RunSQL(FOLD, migrations.RunSQL.noop),
    ]
