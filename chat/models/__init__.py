from chat.models.event import Event
from chat.models.file import Attachment, Upload
from chat.models.last_seen import LastSeen
from chat.models.member import Member
from chat.models.message import Mention, Message, Reaction, Revision
from chat.models.moderation import MessageReport
from chat.models.nudge import Nudge
from chat.models.room import Room

__all__ = [
    "Attachment",
    "Event",
    "LastSeen",
    "Member",
    "Mention",
    "Message",
    "MessageReport",
    "Nudge",
    "Reaction",
    "Revision",
    "Room",
    "Upload",
]
