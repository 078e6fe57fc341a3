"""The moderators' door. Start reading at `people.py`; who may act on whom is in `ranks.py`."""

from accounts.admin import groups, people, reports, site

__all__ = ["groups", "people", "reports", "site"]
