"""An ordinary order by the short road: one statement asks everything, writes everything and answers.

Whatever is not ordinary (an offer, a key or `client_id` that is known, a piece too few, somebody who may not) writes
nothing, and `placing.place` says why. So no refusal has a second wording, and no rule a second author.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from marketplace.common import outbox
from marketplace.common.idempotency import Claim
from marketplace.common.ids import uuid7
from marketplace.common.postgis import fixed
from orders import terms
from orders.lifecycle import State
from orders.querysets.ordinary import PLACE
from orders.services.placing import Wish


def place(*, buyer_id: UUID, session_id: UUID, wish: Wish, claim: Claim | None) -> bytes | None:
    """The answer, as it is sent and remembered; None when it is not that simple, and then nothing has happened."""
    if wish.offer_id is not None:
        return None
    try:
        row = fixed.change(PLACE, {**_asked(buyer_id, session_id, claim), **_wished(wish), **_made_up()})
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            return None  # sent twice at once, and the other was first
        raise
    if row is None:
        return None
    outbox.wake_up.after_commit()
    return str(row[0]).encode()


def _asked(buyer_id: UUID, session_id: UUID, claim: Claim | None) -> dict[str, Any]:
    return {
        "buyer": buyer_id,
        "session": session_id,
        "caller": claim and claim.caller,
        "route": claim and claim.route,
        "key": claim and claim.key,
        "fingerprint": claim and claim.fingerprint,
    }


def _wished(wish: Wish) -> dict[str, Any]:
    return {
        "listing": wish.listing_id,
        "pieces": wish.quantity or 1,
        "client_id": wish.client_id,
        "total_cents": wish.total_cents,
        "currency": wish.currency,
    }


def _made_up() -> dict[str, Any]:
    """The names of what is written, and what is agreed with everybody."""
    fee = terms.current_fee()
    return {
        "order": uuid7(),
        "event": uuid7(),
        "message": uuid7(),
        "life": terms.time_in(State.CREATED),
        "most_unpaid": terms.most_unpaid(),
        "fee_bps": fee.basis_points,
        "fee_min": fee.least_cents,
        "fee_max": fee.most_cents,
    }
