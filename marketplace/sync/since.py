"""`since`, as phones of all kinds write a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from marketplace.sync import clock
from marketplace.sync.errors import InvalidSince, SinceInFuture

LONGEST = 64  # a time is shorter; what is longer is not looked at
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # nothing is older, and there is time before it to reckon with
_LOST_PLUS = re.compile(r"(?<=T)(\S+) (?=\d\d:?\d\d$)")  # a `+` that nobody encoded arrives as a blank


def read(text: str, *, now: datetime) -> datetime:
    if len(text) > LONGEST:
        raise InvalidSince
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+", text.strip()))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidSince from error
    if moment > now + clock.FAST:
        raise SinceInFuture
    return max(moment, BEGINNING)
