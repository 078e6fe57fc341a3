"""Groups: who is in, who leads, and how one comes and goes. All of it stands in the room's log, in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from chat import announcing
from chat.models import Event, Member, Room
from chat.services import access, log
from chat.services.errors import (
    ChatClosed,
    ChatNotFound,
    InvitationNeeded,
    MemberNotFound,
    NotAllowedHere,
    NotInChat,
    OwnerStays,
)
from marketplace.common import outbox

CHANGEABLE = ("name", "description", "is_private", "slow_mode_seconds")
IN = Member.State.ACTIVE


@transaction.atomic
def create(owner: User, *, name: str, description: str = "", is_private: bool = False) -> Room:
    room: Room = Room.objects.create(
        kind=Room.Kind.GROUP, name=name, description=description, is_private=is_private, owner=owner
    )
    Member.objects.create(room=room, user=owner, role=Member.Role.OWNER)
    return room


@transaction.atomic
def change(actor: User, room_id: UUID, **wanted: Any) -> Room:
    room = _led(actor, room_id)
    changed = [name for name in CHANGEABLE if name in wanted and getattr(room, name) != wanted[name]]
    if not changed:
        return room
    for name in changed:
        setattr(room, name, wanted[name])
    room.save(update_fields=changed)
    log.change_rules(room)
    log.append(room, Event.Type.ROOM, actor=actor, changed={name: getattr(room, name) for name in changed})
    return room


@transaction.atomic
def join(user: User, room_id: UUID) -> bool:
    """True if they were not in it before."""
    room = _group(user, room_id)
    member = Member.objects.filter(room=room, user=user).first()
    if member is not None and member.state == IN:
        return False
    if member is not None and member.state == Member.State.BANNED:
        raise ChatNotFound
    if room.closed_at is not None:
        raise ChatClosed
    is_invited = member is not None and member.state == Member.State.INVITED
    if room.is_private and not is_invited:
        raise InvitationNeeded
    _let_in(room, user)
    return True


@transaction.atomic
def invite(actor: User, room_id: UUID, user: User) -> bool:
    """False if they are in already, or were invited before."""
    room = _led(actor, room_id)
    member = Member.objects.filter(room=room, user=user).first()
    if member is not None and member.state in (IN, Member.State.INVITED):
        return False
    if member is not None and member.state == Member.State.BANNED:
        raise NotAllowedHere("This person is banned here")
    if not User.objects.filter(pk=user.pk).not_blocked_with(actor).exists():
        raise MemberNotFound("User not found")
    facts = {"state": Member.State.INVITED, "invited_by": actor, "role": Member.Role.MEMBER}
    Member.objects.update_or_create(room=room, user=user, defaults=facts)
    outbox.publish("room.invited", room_id=str(room.pk), user_id=str(user.pk), by=str(actor.pk))
    return True


@transaction.atomic
def add(actor: User, room_id: UUID, user: User) -> bool:
    """Invited and in at once: for surfaces on which whoever leads a group puts people into it."""
    invite(actor, room_id, user)
    return join(user, room_id)


@transaction.atomic
def leave(user: User, room_id: UUID) -> None:
    room = _group(user, room_id)
    member = Member.objects.filter(room=room, user=user, state=IN).first()
    if member is None:
        raise NotInChat("You are not a member of this room")
    if member.role == Member.Role.OWNER:
        raise OwnerStays
    _let_out(room, member, Member.State.LEFT, Event.Type.LEFT, actor=user)


@transaction.atomic
def remove(actor: User, room_id: UUID, user_id: UUID, *, for_good: bool = False) -> None:
    """The one who is removed sees everything up to their removal, and nothing after it.

    Who has left is banned like who is here: else they come back whenever they like. Who is banned stays so.
    """
    room = _led(actor, room_id)
    member = Member.objects.filter(room=room, user=user_id).first()
    if member is None or (member.state == Member.State.LEFT and not for_good):
        raise MemberNotFound
    if member.state == Member.State.BANNED:
        return
    _outranks(actor, room, member)
    state = Member.State.BANNED if for_good else Member.State.REMOVED
    if member.state == IN:
        _let_out(room, member, state, Event.Type.REMOVED, actor=actor)
    else:
        Member.objects.filter(pk=member.pk).update(state=state)
        announcing.hubs_after_commit({"type": "standing.changed", "user_id": str(user_id)})  # a guest may be following


@transaction.atomic
def lift_ban(actor: User, room_id: UUID, user_id: UUID) -> None:
    _led(actor, room_id)
    banned = Member.objects.filter(room=room_id, user=user_id, state=Member.State.BANNED)
    if not banned.update(state=Member.State.REMOVED):
        raise MemberNotFound


@transaction.atomic
def give_role(actor: User, room_id: UUID, user_id: UUID, role: str) -> Member:
    """By the owner; `owner` hands the room over."""
    room = _group(actor, room_id)
    access.standing(actor.pk, room_id).must_lead()
    if room.owner_id != actor.pk:
        raise NotAllowedHere
    member: Member | None = Member.objects.filter(room=room, user=user_id, state=IN).first()
    if member is None:
        raise MemberNotFound
    if role == Member.Role.OWNER:
        if not User.objects.active().filter(pk=user_id).exists():
            raise NotAllowedHere("This account is disabled: nobody would lead the group")
        Member.objects.filter(room=room, user=actor).update(role=Member.Role.MODERATOR)
        Room.objects.filter(pk=room.pk).update(owner=user_id)
    elif member.user_id == room.owner_id:
        raise NotAllowedHere("An owner hands the room over first")
    Member.objects.filter(pk=member.pk).update(role=role)
    member.role = role
    log.change_rules(room)
    log.append(room, Event.Type.CHANGED, actor=actor, user_id=str(user_id), role=role)
    return member


@transaction.atomic
def close(actor: User | None, room_id: UUID, *, reason: str, now: datetime) -> Room:
    """Nobody writes there any more; what was said stays."""
    room = log.lock(room_id)
    if room.closed_at is None:
        Room.objects.filter(pk=room.pk).update(closed_at=now, closed_reason=reason)
        log.change_rules(room)
        log.append(room, Event.Type.ROOM, actor=actor, changed={"is_closed": True})
    return room


@transaction.atomic
def open_again(actor: User | None, room_id: UUID) -> Room:
    room = log.lock(room_id)
    if room.closed_at is not None:
        Room.objects.filter(pk=room.pk).update(closed_at=None, closed_reason="")
        log.change_rules(room)
        log.append(room, Event.Type.ROOM, actor=actor, changed={"is_closed": False})
    return room


def _group(user: User, room_id: UUID) -> Room:
    """Locked. One that cannot be seen does not exist; what is not a group cannot be joined or left."""
    room = log.lock(room_id)
    if room.kind != Room.Kind.GROUP or not Room.objects.visible_to(user).filter(pk=room_id).exists():
        raise ChatNotFound
    return room


def _led(actor: User, room_id: UUID) -> Room:
    room = _group(actor, room_id)
    access.standing(actor.pk, room_id).must_lead()
    return room


def _outranks(actor: User, room: Room, member: Member) -> None:
    """The owner is above all, a moderator above members."""
    if member.user_id == room.owner_id or (member.role == Member.Role.MODERATOR and actor.pk != room.owner_id):
        raise NotAllowedHere


def _let_in(room: Room, user: User) -> None:
    """A group that is not open shows a newcomer what is said from now on."""
    start = room.last_seq
    facts = {
        "state": IN,
        "joined_seq": start,
        "left_seq": None,
        "last_read_seq": start,
        "notified_seq": start,
        "hidden_seq": None,
        "joined_at": Now(),
    }
    member, _ = Member.objects.update_or_create(room=room, user=user, defaults=facts)
    log.change_rules(room)
    log.append(room, Event.Type.JOINED, actor=user, user_id=str(user.pk), role=member.role)


def _let_out(room: Room, member: Member, state: str, type: str, *, actor: User) -> None:
    log.change_rules(room)
    event = log.append(room, type, actor=actor, user_id=str(member.user_id))
    Member.objects.filter(pk=member.pk).update(state=state, left_seq=event.seq, role=Member.Role.MEMBER)
