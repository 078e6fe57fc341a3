import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

DEFAULTS = """
CREATE SEQUENCE sync_seq OWNED BY sync_index.seq;
ALTER TABLE sync_index
  ALTER xid SET DEFAULT pg_current_xact_id()::text::bigint,
  ALTER seq SET DEFAULT nextval('sync_seq'),
  SET (autovacuum_vacuum_scale_factor = 0.05);
INSERT INTO sync_meta (id, generation, min_floor) VALUES (1, gen_random_uuid(), 0);

CREATE FUNCTION sync_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'phones hold copies of %: DELETE tells them, TRUNCATE does not', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""
UNDO = """
DROP FUNCTION sync_refuse_truncate();
ALTER TABLE sync_index ALTER xid DROP DEFAULT, ALTER seq DROP DEFAULT;
DROP SEQUENCE sync_seq;
"""


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("common", "0002_shared_rows")]

    operations = [
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("at", models.DateTimeField(primary_key=True, serialize=False)),
                ("floor_xid", models.BigIntegerField(db_index=True)),
            ],
            options={"db_table": "sync_epoch", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Log",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("generation", models.UUIDField(default=uuid.uuid4)),
                ("min_floor", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "sync_meta", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Stamp",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "entity", "scope", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.SmallIntegerField()),
                ("entity", models.UUIDField()),
                ("scope", models.UUIDField()),
                ("xid", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("passing", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "sync_index",
                "default_permissions": (),
                "indexes": [models.Index(fields=["scope", "xid", "seq"], name="sync_index_position")],
            },
        ),
        migrations.CreateModel(
            name="PushedOperation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "client_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("client_id", models.CharField(max_length=64)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("answer", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["created_at"], name="pushed_operation_age")],
            },
        ),
        migrations.RunSQL(DEFAULTS, UNDO),
    ]
