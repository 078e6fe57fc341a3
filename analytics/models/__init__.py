from analytics.models.event import Event
from analytics.models.rollup import Day, DayCount, DayMember, Fold, MovedListing, ViewedListing
from analytics.models.seen import SeenEvent

__all__ = ["Day", "DayCount", "DayMember", "Event", "Fold", "MovedListing", "SeenEvent", "ViewedListing"]
