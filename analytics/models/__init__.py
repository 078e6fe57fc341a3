from analytics.models.event import Event
from analytics.models.seen import SeenEvent

__all__ = ["Event", "SeenEvent"]
