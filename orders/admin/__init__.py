"""The operators' door to money. Start reading at `orders.py`; what may be decided there is in `order_decisions.py`."""

from orders.admin import inbox, ledger, operations, orders, webhooks

__all__ = ["inbox", "ledger", "operations", "orders", "webhooks"]
