"""Stamps of what people are told."""

from django.db import migrations

from marketplace.sync.migrations._stamping import kept, on_delete, on_insert, on_update, stamp, undone

SHOWN = "{0}in_app AND {0}replaced_at IS NULL"
SEEN = ("kind", "title", "body", "data", "created_at", "read_at", "replaced_at", "in_app", "user_id")
NOTIFICATIONS = (
    on_insert(
        "accounts_notification",
        stamp(f"SELECT 11, id, user_id, false FROM came WHERE {SHOWN.format('')} ORDER BY id"),
    )
    + on_update(
        "accounts_notification",
        stamp(f"SELECT 11, NEW.id, NEW.user_id, NOT ({SHOWN.format('NEW.')})"),
        seen=SEEN,
        also=f"({SHOWN.format('OLD.')}) OR ({SHOWN.format('NEW.')})",
    )
    + on_delete(
        "accounts_notification",
        stamp(f"SELECT 11, id, user_id, true FROM gone WHERE {SHOWN.format('')} ORDER BY id"),
    )
    + kept("accounts_notification")
)
BACKFILL = "SET LOCAL statement_timeout = 0;" + stamp(
    f"SELECT 11, id, user_id, false FROM accounts_notification WHERE {SHOWN.format('')} ORDER BY id"
)


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_things"), ("accounts", "0003_sessions_end_devices_and_cookies")]

    operations = [
        migrations.RunSQL(NOTIFICATIONS, undone("accounts_notification")),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
