"""Roll-ups and raw rows say the same at every moment: late, out of order, twice at once, after a crash."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.models import DayCount, Fold, MovedListing
from analytics.querysets.questions import QUESTIONS, answer, answer_json
from analytics.querysets.window import Window
from analytics.services import folding
from analytics.tests import reference
from analytics.tests.writing import Said, fold_all, write, writing_elsewhere
from listings.models import Category, Listing
from marketplace.common.jsonio import dumps
from marketplace.tests.ended import until_all_have_ended

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 5, 4, tzinfo=UTC)
MINUTES = 4 * 24 * 60
PEOPLE = [UUID(int=n) for n in range(4)]
UNKNOWN = UUID(int=99)


def moments() -> st.SearchStrategy[datetime]:
    """Many on the edges of days, where mistakes are."""
    edges = st.sampled_from([START + timedelta(days=n, microseconds=by) for n in range(1, 4) for by in (-1, 0, 1)])
    return st.one_of(edges, st.integers(0, MINUTES).map(lambda n: START + timedelta(minutes=n)))


def events(listings: list[UUID]) -> st.SearchStrategy[Said]:
    kinds: list[tuple[str, dict[str, Any]]] = [
        *[("ui.click", {"button": button}) for button in ("buy", "", None)],
        ("ui.click", {}),
        *[("escrow.step", {"result": result}) for result in ("cancelled", "ok")],
        *[("feature.used", {"feature_key": key}) for key in ("quick_view", "share")],
        *[("screen.view", {"screen": screen}) for screen in ("home", "detail")],
    ]
    return st.builds(
        lambda kind, at, session, user, listing, step: Said(kind[0], at, session, user, listing, step, kind[1]),
        *(st.sampled_from(kinds), moments(), st.sampled_from(["session-1", "session-2"])),
        *(st.sampled_from([None, *PEOPLE]), st.sampled_from([None, UNKNOWN, *listings])),
        st.sampled_from([None, "payment_made", "shipped"]),
    )


class Crash(Exception):
    pass


def crash_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the events were counted and before anybody has heard of it."""

    def crash() -> None:
        raise Crash

    with monkeypatch.context() as patch, contextlib.suppress(Crash):
        patch.setattr(folding, "move_listings", crash)
        folding.fold()


def agree(window: Window) -> None:
    for name in QUESTIONS:
        assert answer(name, window) == reference.answer(name, window), name
        assert answer_json(name, window) == dumps(answer(name, window)), name


def empty() -> None:
    with connection.cursor() as cursor:
        for table in ("event", "fold", "daycount", "daymember", "viewedlisting", "movedlisting"):
            cursor.execute(f"DELETE FROM analytics_{table}")


@pytest.fixture
def listings(make_listing: Callable[..., Listing]) -> list[Listing]:
    return [make_listing(category="phones"), make_listing(category="laptops")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_in_whatever_order(
    data: st.DataObject, listings: list[Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty()
    batches = st.lists(events([each.pk for each in listings]), max_size=5)
    categories = list(Category.objects.all())
    with contextlib.ExitStack() as under_way:
        for step in data.draw(st.lists(st.sampled_from(["write", "begin", "fold", "crash", "move"]), max_size=8)):
            match step:
                case "write":
                    write(*data.draw(batches))
                case "begin":  # and end it later than what begins after it
                    under_way.enter_context(writing_elsewhere(*data.draw(batches)))
                case "fold":
                    folding.fold()
                case "crash":
                    crash_in_the_middle(monkeypatch)
                case "move":
                    moved = data.draw(st.sampled_from(listings))
                    Listing.objects.filter(pk=moved.pk).update(category=data.draw(st.sampled_from(categories)))
        agree(Window(*data.draw(st.tuples(moments(), moments()))))
    window = Window(*sorted(data.draw(st.tuples(moments(), moments()))))
    agree(window)
    folding.fold()
    agree(window)


def test_a_transaction_that_ends_late_is_not_passed_over(listings: list[Listing]) -> None:
    window = Window(START, START + timedelta(days=4))
    with writing_elsewhere(Said("ui.click", START)):
        write(Said("ui.click", START))
        assert folding.fold() == 0  # the other one may still write
        agree(window)
    assert fold_all() == 2
    assert folding.fold() == 0
    agree(window)
    assert not DayCount.objects.exclude(n__gte=0).exists()


def test_a_listing_that_moves_takes_its_quick_views_along(listings: list[Listing]) -> None:
    viewed, window = listings[0], Window(START, START + timedelta(days=4))
    write(Said("feature.used", START, listing=viewed.pk, properties={"feature_key": "quick_view"}))
    fold_all()
    Listing.objects.filter(pk=viewed.pk).update(category=listings[1].category)

    assert answer("5_1", window)[0]["category_id"] == str(listings[1].category_id)
    assert MovedListing.objects.exists()
    write(Said("ui.click", START))
    fold_all()
    assert not MovedListing.objects.exists()
    agree(window)


def test_of_a_very_long_name_the_beginning_counts() -> None:
    write(*(Said("ui.click", START, properties={"button": "x" * 20_000 + end}) for end in ("a", "b", "b")))
    window = Window(START, START + timedelta(days=1))
    expected = [{"day": f"{START:%Y-%m-%d}", "button": "x" * 80, "count": 3}]

    assert answer("2_2", window) == expected
    fold_all()
    assert answer("2_2", window) == expected


@contextlib.contextmanager
def paused_after_reading_the_state(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> Iterator[None]:
    lock_state, is_first = folding.lock_state, [True]

    def pausing() -> folding.State | None:
        state = lock_state()
        if is_first:
            is_first.clear()
            meanwhile()
        return state

    with monkeypatch.context() as patch:
        patch.setattr(folding, "lock_state", pausing)
        yield


def _fold_twice_at_once(monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[[Callable[[], Any]], Any]) -> int:
    write(Said("ui.click", START))
    until_all_have_ended()
    with paused_after_reading_the_state(monkeypatch, lambda: elsewhere(folding.fold)):
        folding.fold()
    return sum(row["count"] for row in answer("2_1", Window(START, START + timedelta(days=1))))


def test_two_folds_at_once_count_once(monkeypatch: pytest.MonkeyPatch, elsewhere: Any) -> None:
    folding.fold()
    assert _fold_twice_at_once(monkeypatch, elsewhere) == 1


def test_without_the_lock_they_would_count_twice(monkeypatch: pytest.MonkeyPatch, elsewhere: Any) -> None:
    """So the test before this one can see what it looks for."""
    folding.fold()
    monkeypatch.setattr(folding, "_LOCK", "")
    assert _fold_twice_at_once(monkeypatch, elsewhere) == 2


def test_a_question_asked_while_a_fold_is_under_way_counts_once(elsewhere: Any) -> None:
    write(Said("ui.click", START))
    window = Window(START, START + timedelta(days=1))
    with transaction.atomic():
        state = folding.lock_state()
        assert state is not None
        folding.count_events(f"transaction >= {state.below} AND transaction < {state.oldest_running}")
        Fold.objects.update(below=state.oldest_running)
        assert elsewhere(lambda: answer("2_1", window))[0]["count"] == 1
    assert answer("2_1", window)[0]["count"] == 1
