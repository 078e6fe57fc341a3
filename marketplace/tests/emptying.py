"""After a test that commits: the rows go, and the tables stay as they are.

Django's `flush` truncates some ninety tables with all their indexes and then makes permissions and groups anew, which
takes longer than most of these tests. What is the same after every test is left where it is.
"""

from __future__ import annotations

from django.db import connections
from django.test import TransactionTestCase

from accounts.services.roles import MODERATORS

SAME_FOR_ALL = (
    *("django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"),
    *("spatial_ref_sys", "sync_meta"),
)
# Without triggers, which rightly refuse to delete what is append-only
_EMPTY = """
DO $$
DECLARE each regclass;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR each IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
              AND NOT relname = ANY ('{%s}') LOOP
    EXECUTE format('DELETE FROM %%s', each);
  END LOOP;
  DELETE FROM auth_group WHERE name <> '%s';
END $$
"""


def _fixture_teardown(self: TransactionTestCase) -> None:
    for name in self._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        with connections[name].cursor() as cursor:
            cursor.execute(_EMPTY % (",".join(SAME_FOR_ALL), MODERATORS))


def instead_of_flush() -> None:
    TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[attr-defined]
