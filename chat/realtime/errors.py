"""What a socket may be told. `close` is the code it is closed with; without one it stays."""

from __future__ import annotations

from typing import ClassVar

from chat.realtime import codes
from marketplace.common.errors import DomainError, TooManyRequests, Unauthenticated


class BadFrame(DomainError):
    code = "bad_frame"
    detail = "This frame does not fit"


class BadJSON(DomainError):
    code = "bad_json"
    detail = "A frame is one JSON object, without repeated names and at most 8 levels deep"


class UnknownType(DomainError):
    code = "unknown_type"
    detail = "No such type of frame"


class NotFollowing(DomainError):
    code = "not_subscribed"
    detail = "Subscribe to the room first"


class TooManyRooms(DomainError):
    code = "too_many_rooms"
    detail = "This socket follows as many rooms as it may"


class TooFast(TooManyRequests):
    detail = "Too many frames"


class Refused(Unauthenticated):
    """No further frames: the socket is closed with `close`."""

    close: ClassVar[int] = codes.NOT_SIGNED_IN
    code = "invalid_token"
    detail = "Invalid token"


class TokenEnded(Refused):
    close = codes.TOKEN_ENDED
    code = "token_expired"
    detail = "The token has expired; come back with a new one"


class SessionEnded(Refused):
    code = "session_ended"
    detail = "This session was ended"


class AccountDisabled(Refused):
    close = codes.DISABLED
    code = "account_disabled"
    detail = "This account is disabled"


class SignInFirst(Refused):
    code = "not_authenticated"
    detail = "Sign in first"


class SignInTooLate(Refused):
    code = "auth_timeout"
    detail = "No sign-in in time"


class Replaced(Refused):
    close = codes.REPLACED
    code = "too_many_sockets"
    detail = "A newer socket has taken this one's place"


class TooManyFromHere(Refused):
    close = codes.TOO_FAST
    code = "rate_limited"
    detail = "Too many connections"


class Garbled(Refused):
    close = codes.PROTOCOL
    code = "bad_json"
    detail = "Too much that is not JSON"


class Flooding(Refused):
    close = codes.TOO_FAST
    code = "rate_limited"
    detail = "Too many frames; wait before you come back"
