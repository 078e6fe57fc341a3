"""One row of each kind that the admin shows, for the tests that walk through all of its pages."""

from __future__ import annotations

from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from listings.models import Category
from listings.services import catalogs, listings
from orders.models import Account, InboxEvent, LedgerTransaction, MoneyAudit, Posting, WebhookDelivery, WebhookEndpoint
from orders.services import operations, paying, placing


def admin_rows(seller: User) -> dict[str, Model]:
    catalogs.seed_base()
    facts = {"title": "Lamp", "price_cents": 5_000, "currency": "COP", "category": Category.objects.earliest("pk")}
    buyer = User.objects.create(username="buyer-of-lamps")
    order = placing.place(buyer, placing.Wish(listings.offer(seller, facts=facts).pk))[0]
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    order.refresh_from_db()
    endpoint = WebhookEndpoint.objects.create(name="Books", url="https://books.example", secret="a secret of ours")
    sent = {"event_id": order.pk, "order_id": order.pk, "payload": {}, "give_up_at": timezone.now()}
    return {
        "webhookendpoint": endpoint,
        "webhookdelivery": WebhookDelivery.objects.create(endpoint=endpoint, event="order.paid", **sent),
        "inboxevent": InboxEvent.objects.create(
            provider="simulator", event_id="evt_1", kind="operation.updated", outcome="unknown object", attempts=3
        ),
        "order": order,
        "operation": order.operations.get(),
        "account": Account.objects.earliest("pk"),
        "ledgertransaction": LedgerTransaction.objects.get(),
        "moneyaudit": MoneyAudit.objects.create(is_ok=True, orders=1, differences=0),
        "posting": Posting.objects.earliest("pk"),
    }
