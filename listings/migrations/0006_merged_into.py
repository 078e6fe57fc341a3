"""A merged category or brand says what it has become; for those of before, the audit trail knows."""

import django.db.models.deletion
from django.db import migrations, models

# The last merge counts, and only while the row is still hidden: shown again, it is itself once more
REMEMBERED = """
UPDATE listings_{kind} source SET merged_into_id = target.id
FROM (SELECT DISTINCT ON (target_id) target_id, data->>'into' AS into_id FROM common_auditentry
      WHERE action = '{kind}.merged' ORDER BY target_id, id DESC) merge
JOIN listings_{kind} target ON target.id::text = merge.into_id
WHERE source.id::text = merge.target_id AND source.is_hidden
"""


def field(model):
    return models.ForeignKey(
        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"listings.{model}"
    )


class Migration(migrations.Migration):
    dependencies = [("listings", "0005_cards"), ("common", "0002_shared_rows")]

    operations = [
        migrations.AddField("category", "merged_into", field("category")),
        migrations.AddField("brand", "merged_into", field("brand")),
        migrations.RunSQL(REMEMBERED.format(kind="category"), migrations.RunSQL.noop),
        migrations.RunSQL(REMEMBERED.format(kind="brand"), migrations.RunSQL.noop),
    ]
