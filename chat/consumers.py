"""The socket doors. `SocketConsumer` is what every family's door has in common; `MarketConsumer` is `/v1/ws`.

`OneRoomConsumer` is for the families whose address is one room's.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import structlog
from channels.consumer import AsyncConsumer

from accounts.models import User
from chat import frames
from chat.frames import Shown
from chat.realtime import admission, codes
from chat.realtime.acting import act
from chat.realtime.commands import Command, Follow, SignIn
from chat.realtime.dialects import PRODUCT, Dialect
from chat.realtime.errors import BadJSON, Flooding, Refused, SignInFirst, SignInTooLate, TooManyFromHere
from chat.realtime.following import follow
from chat.realtime.hub import Hub, hub
from chat.realtime.inbound import parsed
from chat.realtime.outcomes import shown_error
from chat.realtime.socket import Socket
from chat.realtime.threads import in_thread
from chat.services.access import Standing
from chat.services.errors import ChatNotFound

log = structlog.get_logger(__name__)

Event = dict[str, Any]


class Gone(Exception):
    """The client has closed the connection, or we have and it knows."""


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """One frame is dealt with after the other, in the task that the server made for this connection.

    It has no channel in the layer: the hub of this process listens for all its sockets. And it looks after its own
    database connections, so nothing has to be closed after every event.
    """

    channel_layer_alias = "none"
    dialect: ClassVar[Dialect]
    rate_scope: ClassVar[str] = "socket_person"  # the limit of how many somebody opens
    socket: Socket
    hub: Hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except Gone:
            return
        finally:
            if hasattr(self, "socket"):
                self.socket.ended()

    async def dispatch(self, message: Event) -> None:
        match message["type"]:
            case "websocket.receive":
                await self.received(message)
            case "websocket.connect":
                await self.connected()
            case "websocket.disconnect":
                raise Gone

    # ── Coming in ────────────────────────────────────────────────────────────────────────────────

    async def connected(self) -> None:
        self.hub = hub()
        headers = admission.headers_of(self.scope)
        if self.hub.is_leaving or not admission.is_welcome_from(headers):
            await self.base_send({"type": "websocket.close", "code": codes.NOT_SIGNED_IN})
            raise Gone
        self.socket = Socket(self.hub, self.dialect, self.base_send, admission.address_of(self.scope, headers))
        if not self.dialect.refuses_before_accept:
            await self._accept()
        await self._let_in(headers)

    async def _accept(self) -> None:
        offered = self.scope.get("subprotocols") or ()
        chosen = self.dialect.subprotocol if self.dialect.subprotocol in offered else None
        await self.base_send({"type": "websocket.accept", "subprotocol": chosen})

    async def _let_in(self, headers: dict[str, str]) -> None:
        try:
            await self._count()
            shown = admission.shown_in(self.scope, headers)
            if shown.token is None and shown.ticket is None:
                self._wait_for_sign_in()
            else:
                await self._admit(await in_thread(admission.person_with, shown, self.rate_scope))
        except Exception as error:
            await self._turn_away(error)

    async def _count(self) -> None:
        """Before anything is asked of the database. An open socket counts from here on, whoever it is."""
        if self.hub.addresses[self.socket.address] >= self.hub.limits.sockets_per_address:
            raise TooManyFromHere(extra={"retry_after": 60})
        self.hub.enter(self.socket)
        await in_thread(admission.count_handshake, self.socket.address)

    def _wait_for_sign_in(self) -> None:
        if self.dialect.refuses_before_accept:
            raise Refused
        limits = self.hub.limits
        self.socket._in(limits.sign_in_seconds, lambda: self.socket.refuse(SignInTooLate()))

    async def _turn_away(self, error: Exception) -> None:
        if self.dialect.refuses_before_accept and not self.socket.is_signed_in:
            await self.base_send({"type": "websocket.close", "code": codes.NOT_SIGNED_IN})
            raise Gone
        self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        if isinstance(error, Refused):
            self.socket.refuse(error)
        else:
            self.socket.show(shown_error(error))
            self.socket.close(self.dialect.failure)  # not theirs to mend, and worth another try

    async def _admit(self, shown: admission.Admitted) -> None:
        self.socket.bound_to = shown.room_id
        await self.may_enter(shown.person)
        if self.dialect.refuses_before_accept:
            await self._accept()
        if self.socket.is_closing:
            return
        self.socket.belongs_to(shown.person, shown.claims)
        self.hub.admit(self.socket)
        await self.admitted()

    async def may_enter(self, person: User) -> None:
        """For an address that is one room's: find it, or raise what `_turn_away` will say."""

    async def admitted(self) -> None:
        """The first words to who may come in."""

    # ── What it says ─────────────────────────────────────────────────────────────────────────────

    async def received(self, message: Event) -> None:
        raw = message.get("text")
        if not self.socket.is_heard:
            return
        if raw is None and not self.dialect.takes_binary:
            self.socket.close(codes.BINARY)
            return
        try:
            await self._keep_pace()
            await self._obey(raw if raw is not None else message["bytes"])
        except Refused as error:
            self.socket.refuse(error)

    async def _keep_pace(self) -> None:
        """Not reading is the only brake that a sender feels."""
        wait = self.socket.pace.count()
        if wait:
            strike = self.socket.pace.strike()
            if isinstance(strike, Flooding):
                raise strike
            self.socket.show(shown_error(strike))
            await asyncio.sleep(wait)

    async def _obey(self, raw: str | bytes) -> None:
        said: Shown = {}
        try:
            said = parsed(raw)
            command = self.dialect.command(said, self.socket.home)
            if not self.socket.is_signed_in:
                await self._sign_in(command)
            else:
                self.socket.must_be_for(getattr(command, "room_id", self.socket.bound_to))
                await self.obey(command)
        except Refused:
            raise
        except Exception as error:
            self.socket.show({**shown_error(error), **_about(said)})
            if isinstance(error, BadJSON):
                self.socket.pace.garbled()

    async def obey(self, command: Command) -> None:
        await act(self.socket, command)

    async def _sign_in(self, command: object) -> None:
        if not isinstance(command, SignIn):
            raise SignInFirst
        await self._admit(await in_thread(admission.person_with, admission.Shown(token=command.token), self.rate_scope))


def _about(said: Shown) -> Shown:
    """So that a client knows which of its frames an error answers."""
    return {name: said[name] for name in ("client_id", "room") if isinstance(said.get(name), str)}


class MarketConsumer(SocketConsumer):
    dialect = PRODUCT

    async def admitted(self) -> None:
        limits = self.hub.limits
        self.socket.show(
            {
                "type": "welcome",
                "protocol": 1,
                "user": frames.person(self.socket.person),
                "token_exp": int(self.socket.claims.expires_at.timestamp()),
                "heartbeat": limits.heartbeat_seconds,
                "reconnect": {"min": 500, "max": 20_000, "jitter": "full"},
                "limits": {
                    "frame_bytes": limits.text_bytes,
                    "frames_per_second": limits.frames_per_second,
                    "rooms": limits.rooms_per_socket,
                    "events": limits.catch_up_frames,
                },
            }
        )


class OneRoomConsumer(SocketConsumer):
    """The room is chosen by the address, and followed from the moment in which it was seen that this person may."""

    standing: Standing

    def place_of(self, person: User) -> Standing:
        """Where the address leads this person, or a `DomainError`; asked in a thread."""
        raise NotImplementedError

    async def may_enter(self, person: User) -> None:
        self.standing = await in_thread(self.place_of, person)
        if not self.standing.may_follow:
            raise ChatNotFound
        self.socket.must_be_for(self.standing.room_id)
        self.socket.home = self.standing.room_id

    async def admitted(self) -> None:
        """What was said before, clients read elsewhere."""
        standing = self.standing
        await follow(self.socket, Follow(standing.room_id, standing.seq, str(standing.epoch)))

    @property
    def number(self) -> int:
        """Of the room, as its address says."""
        return int(self.scope["url_route"]["kwargs"]["number"])
