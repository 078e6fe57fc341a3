from orders.models.auditing import MoneyAudit
from orders.models.ledger import Account, LedgerTransaction, Posting
from orders.models.order import Deadline, Order, OrderEvent, StockHold
from orders.models.payment import Escrow, EscrowStep, Operation
from orders.models.seller import SellerTerms
from orders.models.simulator import SimulatorFault, SimulatorRecord
from orders.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account",
    "Deadline",
    "Escrow",
    "EscrowStep",
    "LedgerTransaction",
    "MoneyAudit",
    "Operation",
    "Order",
    "OrderEvent",
    "Posting",
    "SellerTerms",
    "SimulatorFault",
    "SimulatorRecord",
    "StockHold",
    "WebhookDelivery",
    "WebhookEndpoint",
]
