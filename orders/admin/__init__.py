"""The operators' door to money. Start reading at `orders.py`; what may be decided there is in `order_decisions.py`."""

from orders.admin import ledger, operations, orders

__all__ = ["ledger", "operations", "orders"]
