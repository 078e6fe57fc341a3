"""Push for tests: kept in memory, and able to answer as a provider might."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from accounts.push.base import PushMessage, PushTarget

Answer = Callable[[PushTarget, PushMessage], None]


class MemoryPush:
    """`answer` is asked before a message counts as sent; it may raise, or take its time."""

    sent: ClassVar[list[tuple[PushTarget, PushMessage]]] = []
    answer: ClassVar[Answer | None] = None

    @classmethod
    def forget(cls) -> None:
        cls.sent.clear()
        cls.answer = None

    def send(self, target: PushTarget, message: PushMessage) -> None:
        answer = type(self).answer
        if answer is not None:
            answer(target, message)
        self.sent.append((target, message))
