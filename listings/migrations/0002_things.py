import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import marketplace.common.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("listings", "0001_words_and_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FeatureSwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80, unique=True)),
                ("is_on", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("slug", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=80)),
                ("is_hidden", models.BooleanField(default=False)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="listings.category",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "categories",
            },
        ),
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("slug", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=80)),
                ("is_hidden", models.BooleanField(default=False)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="brands",
                        to="listings.category",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                (
                    "number",
                    marketplace.common.ids.NumberField(editable=False, sequence="listings_listing_number", unique=True),
                ),
                ("title", models.CharField(max_length=140)),
                ("description", models.TextField(blank=True, null=True)),
                ("price_cents", models.BigIntegerField()),
                ("currency", models.CharField(default="COP", max_length=3)),
                ("condition", models.CharField(blank=True, max_length=40, null=True)),
                ("quantity", models.PositiveIntegerField(default=1)),
                ("reserved", models.PositiveIntegerField(default=0)),
                ("sold", models.PositiveIntegerField(default=0)),
                (
                    "location",
                    django.contrib.gis.db.models.fields.PointField(
                        blank=True, geography=True, null=True, spatial_index=False, srid=4326
                    ),
                ),
                ("price_suggestion_used", models.BooleanField(default=False)),
                ("quick_view_enabled", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("live", "Live"),
                            ("paused", "Paused"),
                            ("sold", "Sold"),
                            ("archived", "Archived"),
                        ],
                        default="live",
                        max_length=8,
                    ),
                ),
                ("hidden_at", models.DateTimeField(blank=True, null=True)),
                ("hidden_reason", models.CharField(blank=True, default="", max_length=500)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("seller_is_active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "is_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(
                                ("hidden_at__isnull", True),
                                ("removed_at__isnull", True),
                                ("seller_is_active", True),
                                ("state", "live"),
                            ),
                            output_field=models.BooleanField(),
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "plain_title",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func("title", function="listings_plain"),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "shown_latitude",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func("location", function="listings_shown_latitude"),
                        output_field=models.FloatField(null=True),
                    ),
                ),
                (
                    "shown_longitude",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func("location", function="listings_shown_longitude"),
                        output_field=models.FloatField(null=True),
                    ),
                ),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                (
                    "brand",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="listings.brand",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="listings.category",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("moderate_listing", "Can hide listings and see hidden ones")],
            },
        ),
        migrations.CreateModel(
            name="Favourite",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="favourites",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="favourites",
                        to="listings.listing",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListingFlag",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("upheld", "Upheld"), ("dismissed", "Dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_note", models.CharField(blank=True, default="", max_length=500)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "kind",
                    models.CharField(
                        choices=[("picture", "Picture of another seller"), ("reported", "Hidden by reports")],
                        max_length=10,
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="flags", to="listings.listing"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListingPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("price_cents", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="listings.listing"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListingReport",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("upheld", "Upheld"), ("dismissed", "Dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_note", models.CharField(blank=True, default="", max_length=500)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("scam", "Scam or fraud"),
                            ("forbidden", "Must not be sold"),
                            ("wrong", "Wrong category or description"),
                            ("stolen", "Stolen goods or pictures"),
                            ("spam", "Spam or a duplicate"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(blank=True, default="", max_length=1000)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="listings.listing"
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listing_reports_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MaintenanceRun",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                (
                    "chore",
                    models.CharField(
                        choices=[("thumbnails", "Thumbnails"), ("suggestions", "Suggestions"), ("orphans", "Orphans")],
                        max_length=12,
                    ),
                ),
                ("wanted", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("STARTED", "Started"),
                            ("SUCCESS", "Success"),
                            ("FAILURE", "Failure"),
                        ],
                        default="PENDING",
                        max_length=8,
                    ),
                ),
                ("result", models.JSONField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "due_at",
                    models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("slot", models.CharField(blank=True, max_length=40, null=True, unique=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("run_maintenance", "Can set chores going and read their results")],
            },
        ),
        migrations.CreateModel(
            name="Photo",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("storage_key", models.CharField(max_length=300, unique=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for the worker"),
                            ("ready", "Ready"),
                            ("broken", "Not a picture"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("trouble", models.CharField(blank=True, default="", max_length=200)),
                ("content_type", models.CharField(max_length=40)),
                ("size_bytes", models.PositiveIntegerField()),
                ("width", models.PositiveIntegerField(blank=True, null=True)),
                ("height", models.PositiveIntegerField(blank=True, null=True)),
                ("colour", models.CharField(blank=True, default="", max_length=7)),
                ("fingerprint", models.BigIntegerField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "due_at",
                    models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photos",
                        to="listings.listing",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PricePrior",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("condition", models.CharField(blank=True, max_length=40, null=True)),
                ("currency", models.CharField(max_length=3)),
                ("p25", models.BigIntegerField()),
                ("p50", models.BigIntegerField()),
                ("p75", models.BigIntegerField()),
                ("n", models.PositiveIntegerField()),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "brand",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="listings.brand",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="listings.category"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceSuggestion",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("suggested_price_cents", models.BigIntegerField()),
                ("currency", models.CharField(default="COP", max_length=3)),
                (
                    "algorithm",
                    models.CharField(
                        choices=[
                            ("local_median", "Local Median"),
                            ("prior_only", "Prior Only"),
                            ("prior+local_mix", "Mix"),
                            ("msrp_heuristic", "Msrp"),
                            ("hardcoded_fallback", "Fallback"),
                        ],
                        max_length=20,
                    ),
                ),
                ("p25", models.BigIntegerField()),
                ("p50", models.BigIntegerField()),
                ("p75", models.BigIntegerField()),
                ("n", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="price_suggestions",
                        to="listings.listing",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecentView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="listings.listing"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recent_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RemovedPhoto",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("storage_key", models.CharField(max_length=300, unique=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "due_at",
                    models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="removed_photo_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("criteria", models.JSONField()),
                ("wants_alerts", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "saved searches",
            },
        ),
        migrations.CreateModel(
            name="SavedSearchHit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="listings.listing"
                    ),
                ),
                (
                    "search",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="hits", to="listings.savedsearch"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("slug"), name="category_slug_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent", models.F("id")), _negated=True), name="category_not_its_own_parent"
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("slug"),
                models.F("category"),
                name="brand_slug_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("is_active", True)), fields=["-created_at", "-id"], name="listing_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["category", "-created_at", "-id"],
                name="listing_newest_in_category",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["brand", "-created_at", "-id"],
                name="listing_newest_of_brand",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("is_active", True)), fields=["price_cents", "id"], name="listing_cheapest"
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["seller", "-created_at", "-id"], name="listing_of_seller"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GistIndex(
                condition=models.Q(("is_active", True)), fields=["location"], name="listing_near"
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("is_active", True)), fields=["search"], name="listing_words"
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("plain_title", "gin_trgm_ops"),
                condition=models.Q(("is_active", True)),
                name="listing_trigrams",
            ),
        ),
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_cents__gte", 0)), name="listing_price_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(models.F("reserved"), "+", models.F("sold")),
                    )
                ),
                name="listing_stock_not_oversold",
            ),
        ),
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="listing_currency_code"
            ),
        ),
        migrations.AddIndex(
            model_name="favourite",
            index=models.Index(fields=["listing", "id"], name="favourite_of_listing"),
        ),
        migrations.AddIndex(
            model_name="favourite",
            index=models.Index(fields=["user", "-id"], name="favourite_of_user"),
        ),
        migrations.AddConstraint(
            model_name="favourite",
            constraint=models.UniqueConstraint(fields=("user", "listing"), name="favourite_once"),
        ),
        migrations.AddIndex(
            model_name="listingflag",
            index=models.Index(fields=["state", "created_at"], name="listing_flag_queue"),
        ),
        migrations.AddConstraint(
            model_name="listingflag",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("listing", "kind"), name="listing_flag_once_open"
            ),
        ),
        migrations.AddIndex(
            model_name="listingprice",
            index=models.Index(fields=["listing", "-id"], name="listing_price_history"),
        ),
        migrations.AddIndex(
            model_name="listingreport",
            index=models.Index(fields=["state", "created_at"], name="listing_report_queue"),
        ),
        migrations.AddConstraint(
            model_name="listingreport",
            constraint=models.UniqueConstraint(fields=("listing", "reporter"), name="listing_report_once"),
        ),
        migrations.AddIndex(
            model_name="maintenancerun",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="maintenance_due"
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(fields=["listing", "position", "id"], name="photo_of_listing"),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="photo_due"),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.F("fingerprint"),
                    output_field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                    template="(ARRAY[((%(expressions)s >> 0) & 65535)::integer + 0, ((%(expressions)s >> 16) & 65535)::integer + 65536, ((%(expressions)s >> 32) & 65535)::integer + 131072, ((%(expressions)s >> 48) & 65535)::integer + 196608])",
                ),
                condition=models.Q(("fingerprint__isnull", False), ("state", "ready")),
                name="photo_lookalikes",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceprior",
            constraint=models.UniqueConstraint(
                fields=("category", "brand", "condition", "currency"), name="price_prior_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="priceprior",
            constraint=models.CheckConstraint(
                condition=models.Q(("p25__lte", models.F("p50")), ("p50__lte", models.F("p75"))),
                name="price_prior_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="pricesuggestion",
            index=models.Index(fields=["listing", "-id"], name="price_suggestion_of_listing"),
        ),
        migrations.AddIndex(
            model_name="recentview",
            index=models.Index(fields=["user", "-seen_at"], name="recent_view_of_user"),
        ),
        migrations.AddConstraint(
            model_name="recentview",
            constraint=models.UniqueConstraint(fields=("user", "listing"), name="recent_view_once"),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="saved_search_name_once"),
        ),
        migrations.AddConstraint(
            model_name="savedsearchhit",
            constraint=models.UniqueConstraint(fields=("search", "listing"), name="saved_search_hit_once"),
        ),
    ]
