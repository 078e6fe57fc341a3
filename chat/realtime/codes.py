"""Why a socket is closed. Below 4500 it may come back at once or with a new token; from 4500 on it need not try."""

from __future__ import annotations

DONE = 1000
BINARY = 1003
POLICY = 1008
FAILURE = 1011
RESTART = 1012
FIRST_OF_OURS = 4000
SLOW = 4008
TOO_FAST = 4029
TOKEN_ENDED = 4401
PROTOCOL = 4500
NOT_SIGNED_IN = 4501
DISABLED = 4503
REPLACED = 4504
NOT_A_MEMBER = 4507
