"""Pictures that were sent before they were made clean go through the worker's hands once more."""

from django.db import migrations
from django.db.models.functions import Now

PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")


def look_again(apps, schema_editor):
    ready = apps.get_model("chat", "Upload").objects.filter(state="ready", content_type__in=PICTURES)
    ready.update(state="waiting", due_at=Now(), attempts=0)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_payment_confirmed"),
    ]

    operations = [
        migrations.RunPython(look_again, migrations.RunPython.noop, elidable=True),
    ]
