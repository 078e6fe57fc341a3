"""Day tables beside the raw events."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("analytics", "0001_raw_events"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Day",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "of", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("of", models.CharField(max_length=8)),
                ("day", models.DateField()),
                ("is_closed", models.BooleanField()),
                ("has_strays", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="DayCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "day", "digest", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("day", models.DateField()),
                ("digest", models.BinaryField(max_length=32)),
                ("key", models.TextField(null=True)),
                ("n", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="DayMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "day", "member", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("day", models.DateField()),
                ("member", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="MovedListing",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("listing_id", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="ViewedListing",
            fields=[
                ("listing_id", models.UUIDField(primary_key=True, serialize=False)),
                ("category_id", models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Fold",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("below", models.BigIntegerField(default=0)),
                ("cluster", models.CharField(max_length=40)),
                ("raw_since", models.DateField(null=True)),
                ("folded_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="fold_is_one")],
            },
        ),
    ]
