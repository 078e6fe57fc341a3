"""What the Moderators group may do here: read the books, decide disputes. Nobody may write in the ledger."""

MODERATOR_PERMISSIONS = (
    "orders.view_order",
    "orders.operate_order",
    "orders.view_orderevent",
    "orders.view_operation",
    "orders.view_ledgertransaction",
    "orders.view_posting",
    "orders.view_account",
    "orders.view_moneyaudit",
    "orders.view_inboxevent",
)
