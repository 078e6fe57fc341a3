"""The moderators' door to things. Start reading at `listings.py`; the queues are in `reports.py` and `flags.py`."""

from listings.admin import catalogs, flags, listings, reports, switches

__all__ = ["catalogs", "flags", "listings", "reports", "switches"]
