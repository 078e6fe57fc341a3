"""What the Moderators group may do here. Nobody reads other people's chats: reports bring what was said with them."""

MODERATOR_PERMISSIONS = (
    "chat.view_room",
    "chat.moderate_chat",
    "chat.view_messagereport",
    "chat.change_messagereport",
)
