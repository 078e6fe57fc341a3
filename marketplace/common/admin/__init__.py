"""What staff see of the shared rows, and what every app's admin is built from."""

from marketplace.common.admin import rows
from marketplace.common.admin.badges import badge
from marketplace.common.admin.decisions import Decision, DecisionAdmin
from marketplace.common.admin.readonly import ReadOnlyAdmin

__all__ = ["Decision", "DecisionAdmin", "ReadOnlyAdmin", "badge", "rows"]
