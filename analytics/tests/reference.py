"""The questions once more, over the raw rows and in plain Python: slow, and with nothing in it to go wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from analytics.models import Event
from analytics.querysets.window import Window
from listings.models import Listing
from orders.models import Order

Row = dict[str, Any]
PAID = ("paid", "shipped", "completed")


def answer(name: str, window: Window, **parameters: Any) -> list[Row]:
    rows: list[Row] = globals()[f"_{name}"](window, **parameters)
    return rows


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def _events(window: Window, event_type: str | None = None) -> list[Event]:
    return [
        event
        for event in Event.objects.all()
        if window.start <= event.occurred_at < window.end and event_type in (None, event.event_type)
    ]


def _counted(keys: Iterable[tuple[str, str | None]], name: str) -> list[Row]:
    counts = Counter(keys)
    in_order = sorted(counts, key=lambda pair: (pair[0], pair[1] is None, pair[1] or ""))
    return [{"day": day, name: key, "count": counts[day, key]} for day, key in in_order]


def _1_1(window: Window) -> list[Row]:
    made = [each for each in Listing.objects.all() if window.start <= each.created_at < window.end]
    return _counted(((_day(each.created_at), str(each.category_id)) for each in made), "category_id")


def _1_2(window: Window) -> list[Row]:
    results: dict[str, list[bool]] = defaultdict(list)
    for event in _events(window, "escrow.step"):
        if event.step is not None:
            results[event.step].append(event.properties.get("result") == "cancelled")
    return [
        {"step": step, "total": len(told), "cancelled": sum(told), "pct_cancelled": _percent(sum(told), len(told))}
        for step, told in sorted(results.items())
    ]


def _percent(part: int, whole: int) -> float:
    return float((Decimal(part) * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _2_1(window: Window) -> list[Row]:
    return _counted(((_day(event.occurred_at), event.event_type) for event in _events(window)), "event_type")


def _2_2(window: Window) -> list[Row]:
    clicks = _events(window, "ui.click")
    return _counted(((_day(event.occurred_at), event.properties.get("button")) for event in clicks), "button")


def _2_4(window: Window, max_idle_sec: int = 300) -> list[Row]:
    in_session: dict[str, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(event_type="screen.view").order_by("occurred_at", "id"):
        if event.properties.get("screen") is not None:
            in_session[event.session_id].append(event)
    longest, seconds = timedelta(seconds=max_idle_sec), defaultdict(list)
    for views in in_session.values():
        for view, later in zip(views, [*views[1:], None], strict=True):
            lasted = longest if later is None else min(longest, later.occurred_at - view.occurred_at)
            if window.start <= view.occurred_at < window.end:
                seconds[view.properties["screen"]].append(Decimal(lasted // timedelta(microseconds=1)) / 1_000_000)
    return [
        {
            "screen": screen,
            "total_seconds": _whole(sum(told)),
            "views": len(told),
            "avg_seconds": _whole(sum(told) / len(told)),
        }
        for screen, told in sorted(seconds.items())
    ]


def _whole(seconds: Decimal | int) -> int:
    return int(Decimal(seconds).quantize(Decimal(1), ROUND_HALF_UP))


def _3_1(window: Window) -> list[Row]:
    return _distinct(window, "dau", "user_id")


def _3_2(window: Window) -> list[Row]:
    return _distinct(window, "sessions", "session_id")


def _distinct(window: Window, name: str, member: str) -> list[Row]:
    seen: dict[str, set[Any]] = defaultdict(set)
    for event in _events(window):
        seen[_day(event.occurred_at)].add(getattr(event, member))
    return [{"day": day, name: len(members - {None})} for day, members in sorted(seen.items())]


def _4_1(window: Window) -> list[Row]:
    return _counted(((_day(order.created_at), order.status) for order in _orders(window)), "status")


def _orders(window: Window) -> list[Order]:
    return [order for order in Order.objects.all() if window.start <= order.created_at < window.end]


def _4_2(window: Window) -> list[Row]:
    days: dict[str, list[Order]] = defaultdict(list)
    for order in _orders(window):
        days[_day(order.created_at)].append(order)
    rows = [(day, [order.total_cents for order in orders if order.status in PAID]) for day, orders in days.items()]
    return [{"day": day, "gmv_cents": sum(cents), "orders_paid": len(cents)} for day, cents in sorted(rows)]


def _5_1(window: Window) -> list[Row]:
    category = {listing.pk: str(listing.category_id) for listing in Listing.objects.all()}
    viewed = [event for event in _events(window, "feature.used") if event.properties.get("feature_key") == "quick_view"]
    return _counted(
        ((_day(e.occurred_at), category[e.listing_id]) for e in viewed if e.listing_id in category), "category_id"
    )
