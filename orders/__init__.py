"""Owns money: orders, payments, escrow and its ledger, disputes, reviews, offers, receipts.

Owns no things and no talk: it holds pieces of a listing through `listings.services.stock` and says what happened.
Start reading at `lifecycle.py`, then `services/moving.py`, `services/operations.py` and `services/settling.py`.
"""
