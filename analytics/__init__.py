"""Owns numbers: what apps and servers tell of use (events), their roll-ups, the business questions, and exports.

Does not own what the numbers are about: people, listings, orders and chats are asked where they live. Start with
`models/event.py` (the raw truth), then the roll-ups that are kept from it.
"""
