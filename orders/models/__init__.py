from orders.models.auditing import MoneyAudit
from orders.models.delivery import Delivery
from orders.models.dispute import Dispute, DisputeEvidence, DisputeStatement
from orders.models.inbox import InboxEvent
from orders.models.ledger import Account, LedgerTransaction, Posting
from orders.models.offer import Offer
from orders.models.order import Deadline, Order, OrderEvent, StockHold
from orders.models.payment import Escrow, EscrowStep, Operation
from orders.models.review import Review
from orders.models.seller import SellerTerms
from orders.models.simulator import SimulatorClock, SimulatorFault, SimulatorRecord, SimulatorWebhook
from orders.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account",
    "Deadline",
    "Delivery",
    "Dispute",
    "DisputeEvidence",
    "DisputeStatement",
    "Escrow",
    "EscrowStep",
    "InboxEvent",
    "LedgerTransaction",
    "MoneyAudit",
    "Offer",
    "Operation",
    "Order",
    "OrderEvent",
    "Posting",
    "Review",
    "SellerTerms",
    "SimulatorClock",
    "SimulatorFault",
    "SimulatorRecord",
    "SimulatorWebhook",
    "StockHold",
    "WebhookDelivery",
    "WebhookEndpoint",
]
