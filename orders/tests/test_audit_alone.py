"""The audit as the worker runs it: in a transaction of its own, with the books moving beside it."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import User
from orders.models import MoneyAudit, Order
from orders.services import paying
from orders.services.auditing.moment import one_moment
from orders.tasks import audit_books

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_nightly_audit_keeps_what_it_found(buyer: User, paid: Order) -> None:
    paying.capture(buyer, paid.pk)
    assert audit_books() == 0
    assert MoneyAudit.objects.get().is_ok


def test_while_it_asks_nothing_can_be_written() -> None:
    with one_moment(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
