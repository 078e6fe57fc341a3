"""What a table is indexed by twice is paid for with every row that is written."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db

# Of one column, not unique and over all rows, and another one over all rows begins with that column
NEEDLESS = """
SELECT plain.indexrelid::regclass::text
FROM pg_index plain
JOIN pg_index other ON other.indrelid = plain.indrelid AND other.indexrelid <> plain.indexrelid
  AND other.indkey[0] = plain.indkey[0] AND other.indclass[0] = plain.indclass[0] AND other.indpred IS NULL
JOIN pg_class indexed ON indexed.oid = plain.indrelid
WHERE indexed.relname = ANY(%s) AND plain.indnkeyatts = 1 AND plain.indkey[0] <> 0
  AND plain.indpred IS NULL AND NOT plain.indisunique
"""


def test_no_index_says_what_another_one_begins_with() -> None:
    ours = [app for app in apps.get_app_configs() if not app.name.startswith("django")]
    tables = [
        model._meta.db_table for app in ours for model in app.get_models()
    ]  # and none that Django makes of itself
    with connection.cursor() as cursor:
        cursor.execute(NEEDLESS, [tables])
        needless = {name for (name,) in cursor.fetchall()}

    assert needless == set()
