from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import listeners  # noqa: F401  (an order's story is told in its chat)
        from chat.realtime import news  # noqa: F401  (tells the sockets' hubs who is signed out)
        from chat.services.files import events as files
        from chat.tasks import files_in_a_thread, tell_what_waits, work_off_files
        from marketplace.common.sweeper import sweeper

        post_migrate.connect(ensure_roles, sender=self)
        sweeper.add(tell_what_waits)
        files.wake_up.means(work_off_files.delay)
        sweeper.add(files_in_a_thread)

    def make_demo_data(self) -> str | None:
        from chat import demo

        made = demo.build()
        return f"Demo rooms made: {made}." if made else None


def ensure_roles(**_: object) -> None:
    from accounts.services.roles import grant
    from chat.roles import MODERATOR_PERMISSIONS

    grant(MODERATOR_PERMISSIONS)
