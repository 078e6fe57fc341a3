import django.db.models.deletion
import django.db.models.functions.datetime
import marketplace.common.ids
from django.conf import settings
from django.db import migrations, models


# What was said stays said, what was offered stays offered, and only who took part may judge.
GUARDS = """
CREATE TRIGGER dispute_kept BEFORE DELETE ON orders_dispute FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
CREATE TRIGGER dispute_statement_append_only BEFORE UPDATE OR DELETE ON orders_disputestatement
  FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
CREATE TRIGGER dispute_evidence_append_only BEFORE UPDATE OR DELETE ON orders_disputeevidence
  FOR EACH ROW EXECUTE FUNCTION common_refuse_change();

CREATE FUNCTION orders_check_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM orders_order o WHERE o.id = NEW.order_id AND o.state = 'completed'
                 AND ((NEW.ratee_was = 'seller' AND (NEW.rater_id, NEW.ratee_id) = (o.buyer_id, o.seller_id))
                   OR (NEW.ratee_was = 'buyer' AND (NEW.rater_id, NEW.ratee_id) = (o.seller_id, o.buyer_id)))) THEN
    RAISE EXCEPTION 'order % gives % no word about %', NEW.order_id, NEW.rater_id, NEW.ratee_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER review_by_a_party BEFORE INSERT ON orders_review FOR EACH ROW EXECUTE FUNCTION orders_check_review();
CREATE TRIGGER review_unchanged BEFORE UPDATE OF order_id, rater_id, ratee_id, ratee_was, rating ON orders_review
  FOR EACH ROW EXECUTE FUNCTION common_refuse_change();

CREATE FUNCTION orders_guard_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.listing_id, NEW.buyer_id, NEW.seller_id, NEW.made_by, NEW.price_cents, NEW.quantity, NEW.currency)
     <> (OLD.listing_id, OLD.buyer_id, OLD.seller_id, OLD.made_by, OLD.price_cents, OLD.quantity, OLD.currency)
     OR (OLD.state <> 'open' AND NEW.state <> OLD.state)
     OR (OLD.order_id IS NOT NULL AND NEW.order_id IS DISTINCT FROM OLD.order_id) THEN
    RAISE EXCEPTION 'offer % cannot change', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER offer_guarded BEFORE UPDATE ON orders_offer FOR EACH ROW EXECUTE FUNCTION orders_guard_offer();
"""
DROP_GUARDS = """
DROP TRIGGER offer_guarded ON orders_offer;
DROP FUNCTION orders_guard_offer();
DROP TRIGGER review_unchanged ON orders_review;
DROP TRIGGER review_by_a_party ON orders_review;
DROP FUNCTION orders_check_review();
DROP TRIGGER dispute_evidence_append_only ON orders_disputeevidence;
DROP TRIGGER dispute_statement_append_only ON orders_disputestatement;
DROP TRIGGER dispute_kept ON orders_dispute;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0004_finding"),
        ("orders", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("raised_by", models.CharField(choices=[("buyer", "Buyer"), ("seller", "Seller")], max_length=6)),
                ("reason", models.TextField(blank=True, default="")),
                ("buyer_proposal_cents", models.BigIntegerField(blank=True, null=True)),
                ("seller_proposal_cents", models.BigIntegerField(blank=True, null=True)),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dispute", to="orders.order"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DisputeEvidence",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("buyer", "Buyer"),
                            ("seller", "Seller"),
                            ("operator", "Operator"),
                            ("system", "System"),
                        ],
                        max_length=8,
                    ),
                ),
                ("storage_key", models.CharField(max_length=300, unique=True)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="orders.dispute",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "dispute evidence",
            },
        ),
        migrations.CreateModel(
            name="DisputeStatement",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("buyer", "Buyer"),
                            ("seller", "Seller"),
                            ("operator", "Operator"),
                            ("system", "System"),
                        ],
                        max_length=8,
                    ),
                ),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="orders.dispute",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("made_by", models.CharField(choices=[("buyer", "Buyer"), ("seller", "Seller")], max_length=6)),
                ("price_cents", models.BigIntegerField()),
                ("quantity", models.PositiveIntegerField(default=1)),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("countered", "Countered"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "buyer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="listings.listing",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer",
                        to="orders.order",
                    ),
                ),
                (
                    "parent",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counter",
                        to="orders.offer",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers_received",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", marketplace.common.ids.KeyField(serialize=False)),
                ("ratee_was", models.CharField(choices=[("buyer", "Buyer"), ("seller", "Seller")], max_length=6)),
                ("rating", models.PositiveSmallIntegerField()),
                ("comment", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="orders.order",
                    ),
                ),
                (
                    "ratee",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews_received",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews_written",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("escalated_at__isnull", False)), fields=["escalated_at"], name="dispute_escalated"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("raised_by__in", ("buyer", "seller"))), name="dispute_raised_by_a_party"
            ),
        ),
        migrations.AddIndex(
            model_name="disputeevidence",
            index=models.Index(fields=["dispute", "id"], name="dispute_evidence_in_order"),
        ),
        migrations.AddIndex(
            model_name="disputestatement",
            index=models.Index(fields=["dispute", "id"], name="dispute_statement_in_order"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["buyer", "-id"], name="offer_of_buyer"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["seller", "-id"], name="offer_of_seller"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("listing", "buyer"), name="offer_one_open_per_buyer"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_cents__gte", 0), ("quantity__gt", 0)), name="offer_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("buyer", models.F("seller")), _negated=True), name="offer_not_to_oneself"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("order__isnull", True), ("state", "accepted"), _connector="OR"),
                name="offer_ordered_once_accepted",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["ratee", "-id"], name="review_of_ratee"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(fields=("order", "rater"), name="review_once_per_author"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating__gte", 1), ("rating__lte", 5)), name="review_one_to_five"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("rater", models.F("ratee")), _negated=True), name="review_not_of_oneself"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("ratee_was__in", ("buyer", "seller"))), name="review_of_a_party"
            ),
        ),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
    ]
