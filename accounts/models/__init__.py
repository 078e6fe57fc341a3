from accounts.models.contact import Block, PersonReport
from accounts.models.device import Device
from accounts.models.notification import (
    Delivery,
    Notification,
    NotificationPreference,
    NotificationSettings,
)
from accounts.models.person import Role, User
from accounts.models.session import Session, Surface

__all__ = [
    "Block",
    "Delivery",
    "Device",
    "Notification",
    "NotificationPreference",
    "NotificationSettings",
    "PersonReport",
    "Role",
    "Session",
    "Surface",
    "User",
]
