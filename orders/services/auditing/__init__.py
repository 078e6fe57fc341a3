"""Proving the books: ledger, orders and provider say the same. Start reading at `auditing.py`."""
