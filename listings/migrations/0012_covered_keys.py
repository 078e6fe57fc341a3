"""A key with which another index begins needs none of its own.

Only the indexes are dropped: to alter the fields would be to check every row of these tables against what it names.
"""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INDEXES = {
    "listings_listingprice_listing_id_1b2351b8": "listings_listingprice (listing_id)",
    "listings_listingreport_listing_id_f163edf8": "listings_listingreport (listing_id)",
    "listings_priceprior_category_id_ffafdbd1": "listings_priceprior (category_id)",
    "listings_recentview_user_id_00d234ea": "listings_recentview (user_id)",
    "listings_savedsearch_user_id_ac21e756": "listings_savedsearch (user_id)",
    "listings_savedsearchhit_search_id_58b2a1b8": "listings_savedsearchhit (search_id)",
}


class Migration(migrations.Migration):
    dependencies = [("listings", "0011_words_afterwards")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {columns}")
                for name, columns in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="listingprice",
                    name="listing",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="listings.listing",
                    ),
                ),
                migrations.AlterField(
                    model_name="listingreport",
                    name="listing",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="listings.listing",
                    ),
                ),
                migrations.AlterField(
                    model_name="priceprior",
                    name="category",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="listings.category",
                    ),
                ),
                migrations.AlterField(
                    model_name="recentview",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recent_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="savedsearch",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="savedsearchhit",
                    name="search",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hits",
                        to="listings.savedsearch",
                    ),
                ),
            ],
        ),
    ]
