"""Days are made while events come in, by whoever comes first, and take what was caught for them meanwhile.

A day is filled before it is attached, so only the default partition is locked, and only for as long as that takes.
"""

from typing import ClassVar

from django.db import migrations

PREPARE = """
CREATE OR REPLACE FUNCTION analytics_prepare_days(first date, last date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  day date;
  name text;
  begins timestamptz;
  ends timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('analytics_event.days'));
  FOR day IN SELECT generate_series(first, last, interval '1 day')::date LOOP
    name := 'analytics_event_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    begins := day::timestamp AT TIME ZONE 'UTC';
    ends := (day + 1)::timestamp AT TIME ZONE 'UTC';
    EXECUTE format('CREATE TABLE %I (LIKE analytics_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES,'
      ' CONSTRAINT of_this_day CHECK (received_at >= %L AND received_at < %L))', name, begins, ends);
    LOCK TABLE analytics_event_rest IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM analytics_event_rest WHERE received_at >= %L AND received_at < %L'
      ' RETURNING *) INSERT INTO %I SELECT * FROM moved', begins, ends, name);
    EXECUTE format('ALTER TABLE analytics_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, begins, ends);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT of_this_day', name);
  END LOOP;
END $$;
"""

DROP = """
CREATE FUNCTION analytics_drop_days(before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  name text;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('analytics_event.days'));
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'analytics_event'::regclass AND c.relname ~ '^analytics_event_[0-9]{8}$'
      AND to_date(right(c.relname, 8), 'YYYYMMDD') < before ORDER BY 1
  LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM analytics_event_rest WHERE received_at < before::timestamp AT TIME ZONE 'UTC';
  RETURN dropped;
END $$;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("analytics", "0006_seen_events")]

    operations: ClassVar = [
        migrations.RunSQL(PREPARE, migrations.RunSQL.noop),
        migrations.RunSQL(DROP, "DROP FUNCTION analytics_drop_days(date)"),
    ]
