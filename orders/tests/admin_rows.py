"""One row of each kind that the admin shows, for the tests that walk through all of its pages."""

from __future__ import annotations

from django.db.models import Model

from accounts.models import User
from listings.models import Category
from listings.services import catalogs, listings
from orders.models import Account, LedgerTransaction, Posting
from orders.services import operations, paying, placing


def admin_rows(seller: User) -> dict[str, Model]:
    catalogs.seed_base()
    facts = {"title": "Lamp", "price_cents": 5_000, "currency": "COP", "category": Category.objects.earliest("pk")}
    buyer = User.objects.create(username="buyer-of-lamps")
    order = placing.place(buyer, placing.Wish(listings.offer(seller, facts=facts).pk))[0]
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    order.refresh_from_db()
    return {
        "order": order,
        "operation": order.operations.get(),
        "account": Account.objects.earliest("pk"),
        "ledgertransaction": LedgerTransaction.objects.get(),
        "posting": Posting.objects.earliest("pk"),
    }
