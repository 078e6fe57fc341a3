"""What is called differently here: categories, ways to pay, where an order stands."""

from __future__ import annotations

from listings.models import Category
from listings.services import catalogs
from orders.lifecycle import State
from orders.models import Delivery, Order

CATEGORIES = {"food": "Comida", "electronics": "Electrónica", "study": "Estudio", "other": "Otros"}
# where our own categories stand on their shelves; whatever else there is, is "other"
SHELVES = {"laptops": "electronics", "phones": "electronics", "accessories": "electronics", "textbooks": "study"}
PAYMENTS = {"Efectivo": Delivery.Payment.CASH, "Transferencia": Delivery.Payment.TRANSFER}
PAYMENT_NAMES = {str(ours): theirs for theirs, ours in PAYMENTS.items()}
STATUSES = ("pending", "accepted", "rejected", "completed")


def shelf_of(category: Category) -> str:
    return category.slug if category.slug in CATEGORIES else SHELVES.get(category.slug, "other")


def category_for(shelf: str) -> Category:
    return catalogs.settled_category(slug=shelf, name=CATEGORIES[shelf])


def status_of(order: Order, delivery: Delivery | None) -> str:
    """An order of any family: what is over is completed or rejected, and what is on its way accepted."""
    if order.state == State.COMPLETED:
        return "completed"
    if order.is_over:
        return "rejected"
    is_waiting = order.state in (State.CREATED, State.PAYING, State.FUNDED) or (
        delivery is not None and delivery.courier_id is None
    )
    return "pending" if is_waiting else "accepted"
