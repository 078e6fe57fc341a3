from django.contrib.postgres.operations import CreateExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        CreateExtension(name)
        for name in ("postgis", "pgcrypto", "citext", "pg_trgm", "unaccent", "btree_gist", "btree_gin")
    ]
