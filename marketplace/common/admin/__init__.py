"""What staff see of the shared rows, and what every app's admin is built from."""

from marketplace.common.admin import rows
from marketplace.common.admin.badges import badge
from marketplace.common.admin.decisions import Decision, DecisionAdmin
from marketplace.common.admin.filtering import OfferedFilters
from marketplace.common.admin.finding import exactly, link_to
from marketplace.common.admin.readonly import LookOnlyInline, ReadOnlyAdmin

__all__ = [
    "Decision",
    "DecisionAdmin",
    "LookOnlyInline",
    "OfferedFilters",
    "ReadOnlyAdmin",
    "badge",
    "exactly",
    "link_to",
    "rows",
]
