"""What `chat` has to tell people. Who hears which of them, and when, is in `services/nudging.py` and `listeners.py`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.notices import Kind, register

MESSAGE = Kind(
    name="chat.message",
    label=_("Messages you have not read"),
    title="{sender}",
    body="{text}",
)
MENTION = Kind(
    name="chat.mention",
    label=_("Somebody mentions you in a group"),
    title=_("{sender} mentions you in {room_name}"),
    body="{text}",
)
INVITATION = Kind(
    name="chat.invitation",
    label=_("You are invited to a group"),
    title=_("{sender} invites you to {room_name}"),
    body=_("Join when you like."),
)

register(MESSAGE, MENTION, INVITATION)
