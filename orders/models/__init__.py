from orders.models.inbox import InboxEvent
from orders.models.ledger import Account, LedgerTransaction, Posting
from orders.models.order import Deadline, Order, OrderEvent, StockHold
from orders.models.payment import Escrow, EscrowStep, Operation
from orders.models.seller import SellerTerms
from orders.models.simulator import SimulatorClock, SimulatorFault, SimulatorRecord, SimulatorWebhook

__all__ = [
    "Account",
    "Deadline",
    "Escrow",
    "EscrowStep",
    "InboxEvent",
    "LedgerTransaction",
    "Operation",
    "Order",
    "OrderEvent",
    "Posting",
    "SellerTerms",
    "SimulatorClock",
    "SimulatorFault",
    "SimulatorRecord",
    "SimulatorWebhook",
    "StockHold",
]
