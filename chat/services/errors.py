"""What a caller in a chat may be told."""

from __future__ import annotations

from marketplace.common.errors import Conflict, DomainError, Forbidden, NotFound, TooManyRequests


class ChatNotFound(NotFound):
    """Also for a room that is not yours: the two are told apart by nobody."""

    code = "chat_not_found"
    detail = "Chat not found"


class MessageNotFound(NotFound):
    code = "message_not_found"
    detail = "Message not found"


class MemberNotFound(NotFound):
    code = "member_not_found"
    detail = "Member not found"


class NotInChat(Forbidden):
    code = "not_in_chat"
    detail = "Not in chat"


class NotAllowedHere(Forbidden):
    code = "not_allowed_in_chat"
    detail = "Your role in this chat does not allow that"


class Blocked(Forbidden):
    code = "blocked"
    detail = "You cannot write to this person"


class ChatClosed(Forbidden):
    code = "chat_closed"
    detail = "This chat is closed"


class TooLateToEdit(Conflict):
    code = "too_late_to_edit"
    detail = "This message can no longer be changed"


class NothingToSay(DomainError):
    code = "empty_message"
    detail = "A message needs a text or a file"


class UploadNotFound(NotFound):
    """Also for a file of somebody else, and for one that was never sent to you."""

    code = "upload_not_found"
    detail = "File not found"


class PreviewNotFound(NotFound):
    code = "preview_not_found"
    detail = "This file has no preview"


class UploadNotReady(Conflict):
    code = "upload_not_ready"
    detail = "The upload of this file is not finished: confirm it first"


class UploadWasRefused(Conflict):
    code = "upload_was_refused"
    detail = "This file was refused and cannot be sent"


class UploadInUse(Conflict):
    code = "upload_in_use"
    detail = "A message carries this file: delete the message instead"


class TooManyUnsent(Conflict):
    code = "too_many_unsent_files"
    detail = "You have too many files that no message carries; send or delete some first"


class NoRecipient(DomainError):
    code = "no_recipient"
    detail = "No recipient found"


class ChatWithYourself(DomainError):
    code = "own_listing"
    detail = "Cannot open chat with yourself"


class OwnerStays(DomainError):
    code = "owner_cannot_leave"
    detail = "The owner cannot leave the room"


class InvitationNeeded(Forbidden):
    code = "invitation_needed"
    detail = "This room is by invitation only"


class SlowDown(TooManyRequests):
    code = "slow_mode"
    detail = "This room is in slow mode"
