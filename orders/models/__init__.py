from orders.models.ledger import Account, LedgerTransaction, Posting
from orders.models.order import Deadline, Order, OrderEvent, StockHold
from orders.models.payment import Escrow, EscrowStep, Operation
from orders.models.seller import SellerTerms
from orders.models.simulator import SimulatorFault, SimulatorRecord

__all__ = [
    "Account",
    "Deadline",
    "Escrow",
    "EscrowStep",
    "LedgerTransaction",
    "Operation",
    "Order",
    "OrderEvent",
    "Posting",
    "SellerTerms",
    "SimulatorFault",
    "SimulatorRecord",
    "StockHold",
]
