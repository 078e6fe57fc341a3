from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat.realtime import news  # noqa: F401  (tells the sockets' hubs who is signed out)
