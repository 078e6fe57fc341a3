"""Why a socket is closed. Below 4500 it may come back at once or with a new token; from 4500 on it need not try."""

from __future__ import annotations

BINARY = 1003
NOT_UTF8 = 1007
TOO_LARGE = 1009
RESTART = 1012
SLOW = 4008
TOO_FAST = 4029
TOKEN_ENDED = 4401
PROTOCOL = 4500
NOT_SIGNED_IN = 4501
DISABLED = 4503
REPLACED = 4504

# On sockets of one room, whose families know the standard's codes only
DONE, POLICY, FAILURE = OF_ONE_ROOM = (1000, 1008, 1011)
FIRST_OF_OURS = 4000

MEANING = {  # why, and whether to come back
    BINARY: ("a binary frame", "no: mend the client"),
    NOT_UTF8: ("not UTF-8", "no: mend the client"),
    TOO_LARGE: ("a frame that is too large", "no: mend the client"),
    RESTART: ("the process ends", "yes, with `since`"),
    SLOW: ("what was sent was not read", "yes, with `since`"),
    TOO_FAST: ("too many frames or connections", "after `retry_after`"),
    TOKEN_ENDED: ("the token has ended", "with a new one"),
    PROTOCOL: ("too much that is not JSON", "no"),
    NOT_SIGNED_IN: ("no good token or ticket, or the session was ended", "after signing in"),
    DISABLED: ("the account is disabled", "no"),
    REPLACED: ("newer sockets of the same person", "no"),
}
