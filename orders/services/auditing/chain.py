"""The steps of an order are numbered without a gap, lead from one to the next, and are chained by hash."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from orders.lifecycle import BEGINNINGS, NOTES, TERMINAL, TRANSITIONS, Party, Step

# One row for each step that does not fit, and why. `{where}` narrows it to one order, or to none.
LINKS = """
WITH edges (step, source, target, party) AS (SELECT * FROM unnest(%(step)s::text[], %(source)s::text[],
                                                  %(target)s::text[], %(party)s::text[])),
     steps AS (
  SELECT e.order_id, e.version, e.step, e.from_state, e.to_state, e.party, e.hash,
         row_number() OVER w AS place, lag(e.to_state) OVER w AS state_before,
         orders_event_hash(coalesce(lag(e.hash) OVER w, ''::bytea), e) AS hash_now
  FROM orders_orderevent e {where} WINDOW w AS (PARTITION BY e.order_id ORDER BY e.version))
SELECT order_id, version, concat_ws(', ',
         CASE WHEN version <> place THEN 'a step before it is missing' END,
         CASE WHEN from_state <> coalesce(state_before, '') THEN 'does not follow the one before' END,
         CASE WHEN hash <> hash_now THEN 'was changed after it was written' END,
         CASE WHEN NOT is_known THEN 'is no step that the table allows' END) AS why
FROM (SELECT steps.*, (steps.step, from_state, to_state, party) IN (SELECT * FROM edges) AS is_known FROM steps) s
WHERE version <> place OR from_state <> coalesce(state_before, '') OR hash <> hash_now OR NOT is_known
"""


def edges() -> dict[str, list[str]]:
    """Every step there may be, a row for each way to make it."""
    rows = [(Step.CREATE.value, "", state.value, Party.BUYER.value) for state in BEGINNINGS]
    for step, each in TRANSITIONS.items():
        targets = sorted(TERMINAL) if each.target is None else [each.target]
        rows += [
            (step.value, str(source), str(target), str(party))
            for source in each.sources
            for target in targets
            for party in each.parties
        ]
    for note, each in NOTES.items():
        rows += [(note.value, str(here), str(here), str(party)) for here in each.sources for party in each.parties]
    return dict(zip(("step", "source", "target", "party"), map(list, zip(*rows, strict=True)), strict=True))


def broken_steps_of(order_id: UUID) -> dict[int, str]:
    """Which steps of an order do not fit, and why. None, if nobody has been at the table."""
    with connection.cursor() as cursor:
        cursor.execute(LINKS.format(where="WHERE e.order_id = %(order)s"), {**edges(), "order": order_id})
        return {int(version): str(why) for _, version, why in cursor.fetchall()}
