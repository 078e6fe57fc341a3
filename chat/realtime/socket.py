"""One connection: who it is, which rooms it follows, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.models import User
from accounts.tokens import Claims
from chat.frames import Shown
from chat.realtime import codes
from chat.realtime.errors import Refused, TokenEnded
from chat.realtime.inbound import Pace
from chat.realtime.marking import Held, Key, write_held
from chat.realtime.outbox import Outbox, Sending
from chat.realtime.packets import Packet
from chat.services.errors import ChatNotFound

if TYPE_CHECKING:
    from chat.realtime.dialects import Dialect
    from chat.realtime.hub import Hub
    from chat.realtime.seats import Seat

CLOSE_SECONDS = 5.0


class Socket:
    __slots__ = (
        "__weakref__",
        "_ending",
        "_goodbye",
        "_send",
        "address",
        "bound_to",
        "claims",
        "closed_with",
        "dialect",
        "held_marks",
        "home",
        "hub",
        "id",
        "is_closing",
        "outbox",
        "pace",
        "person",
        "seats",
        "typed_at",
    )
    person: User
    claims: Claims

    def __init__(self, hub: Hub, dialect: Dialect, send: Sending, address: str) -> None:
        self.hub, self.dialect, self.address = hub, dialect, address
        self.id = secrets.token_hex(6)
        self.home: UUID | None = None
        self.bound_to: UUID | None = None
        self.seats: dict[UUID, Seat] = {}
        self.outbox = Outbox(send, self.cut_off)
        self.pace = Pace(hub.limits.frames_per_second, hub.limits.strikes)
        self.typed_at: dict[UUID, float] = {}
        self.held_marks: dict[Key, Held] = {}
        self.is_closing = False
        self.closed_with = 0
        self._send = send
        self._ending: asyncio.TimerHandle | None = None
        self._goodbye: asyncio.Task[None] | None = None

    @property
    def is_signed_in(self) -> bool:
        return hasattr(self, "claims")

    def show(self, shown: Shown, *, is_passing: bool = False) -> None:
        text = self.dialect.shown(shown)
        if text is not None:
            self.outbox.put(Packet(text, is_passing=is_passing))

    # ── The life of its token ────────────────────────────────────────────────────────────────────

    def belongs_to(self, person: User, claims: Claims) -> None:
        """Also again, with a later token of the same person."""
        self.person, self.claims = person, claims
        left = claims.expires_at.timestamp() - time.time()
        self._in(max(0.0, left - self.hub.limits.warning_seconds), self._warn)

    def _in(self, seconds: float, then: Any) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(seconds, then)

    def _warn(self) -> None:
        left = max(0.0, self.claims.expires_at.timestamp() - time.time())
        self.show({"type": "token_expiring", "expires_in": int(left)})
        self._in(left, lambda: self.refuse(TokenEnded()))

    # ── Rooms ────────────────────────────────────────────────────────────────────────────────────

    def must_be_for(self, room_id: UUID | None) -> None:
        """What a ticket for one room has opened, is for that room."""
        if self.bound_to not in (None, room_id):
            raise ChatNotFound

    def put_out(self, seat: Seat, reason: str) -> None:
        """Not of one's own will: the rules of the room have changed."""
        self.hub.leave(seat)
        shown = {"type": "unsubscribed", "room": str(seat.room.id), "reason": reason, "last_seq": seat.room.seq}
        self.show(shown)
        if self.home == seat.room.id:  # it has no other
            self.close(codes.DONE if reason == "left" else codes.POLICY)

    # ── The end ──────────────────────────────────────────────────────────────────────────────────

    def refuse(self, error: Refused) -> None:
        self.show({"type": "error", **error.body()})
        self.close(error.close)

    def cut_off(self) -> None:
        self.close(codes.SLOW)

    @property
    def is_heard(self) -> bool:
        """Whose place a newer one has taken is still allowed what it had said before: some say one thing and go."""
        return not self.is_closing or self.closed_with == codes.REPLACED

    def close(self, code: int) -> None:
        if not self.is_closing:
            self.closed_with = code
            self.hub.forget(self)
            self._goodbye = asyncio.get_running_loop().create_task(self._say_goodbye(code))

    async def _say_goodbye(self, code: int) -> None:
        """Who does not even take the last word is cut off: the server itself would wait for them for ever."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.outbox.drained()
                await self._send({"type": "websocket.close", "code": self.dialect.close_code(code)})
        except TimeoutError:
            self.abort()
        except Exception:
            return  # gone already
        finally:
            self.outbox.shut()

    def abort(self) -> None:
        """ASGI knows no such thing; uvicorn's `send` is a method of the connection."""
        transport = getattr(getattr(self._send, "__self__", None), "transport", None)
        with contextlib.suppress(Exception):
            transport.abort()  # type: ignore[union-attr]

    def ended(self) -> None:
        """Whatever ended it: nothing of it stays, and what it has read stays read."""
        write_held(self)
        self.hub.forget(self)
        self.outbox.shut()

    def stop_timer(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
