from analytics.models.event import Event
from analytics.models.rollup import Day, DayCount, DayMember, Fold, MovedListing, ViewedListing

__all__ = ["Day", "DayCount", "DayMember", "Event", "Fold", "MovedListing", "ViewedListing"]
