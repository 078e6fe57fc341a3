from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_lighter_orders")]

    operations = [migrations.RemoveIndex(model_name="dispute", name="dispute_escalated")]
