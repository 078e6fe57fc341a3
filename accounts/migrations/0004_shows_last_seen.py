"""Whether others are told when somebody was last here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_sessions_end_devices_and_cookies"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="shows_last_seen",
            field=models.BooleanField(default=True, db_default=True),
        ),
    ]
