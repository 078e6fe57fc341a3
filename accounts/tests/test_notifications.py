"""The list in the app, through its doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Notification, User
from accounts.notices import Channel, Kind, kinds
from accounts.tests.notices import tell
from marketplace.common.ids import uuid7
from marketplace.common.models import OutboxEvent

SignedIn = Callable[..., APIClient]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def listed(api: APIClient, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get("/v1/notifications", query).json()["items"]
    return items


def test_what_one_was_told_is_listed_newest_first(signed_in: SignedIn, buyer: User) -> None:
    first, second = tell(buyer)[0], tell(buyer, data={"thing": "a desk", "text": "sold"})[0]

    page = signed_in(buyer).get("/v1/notifications").json()

    assert [item["id"] for item in page["items"]] == [str(second.pk), str(first.pk)]
    assert page["items"][0] == {
        "id": str(second.pk),
        "kind": "test.note",
        "title": "Note about a desk",
        "body": "Somebody wrote: sold",
        "data": {"thing": "a desk", "text": "sold"},
        "created_at": page["items"][0]["created_at"],
        "read_at": None,
    }
    assert page["items"][0]["created_at"].endswith("Z")
    assert (page["next_cursor"], page["has_next"]) == (None, False)


def test_nobody_sees_what_others_were_told(signed_in: SignedIn, buyer: User, stranger: User) -> None:
    tell(buyer)

    api = signed_in(stranger)

    assert listed(api) == []
    assert api.get("/v1/notifications/unread-count").json() == {"count": 0}


@pytest.mark.parametrize("path", ["", "/unread-count", "/preferences"])
def test_without_a_token_every_door_is_closed(anonymous: APIClient, path: str) -> None:
    assert anonymous.get(f"/v1/notifications{path}").status_code == 401


def test_pages_follow_each_other_without_gap_or_repeat(signed_in: SignedIn, buyer: User) -> None:
    told = [str(tell(buyer)[0].pk) for _ in range(5)]
    api = signed_in(buyer)

    seen, cursor = [], None
    while True:
        page = api.get("/v1/notifications", {"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        tell(buyer)  # what arrives meanwhile does not shift the pages
        cursor = page["next_cursor"]
        if not page["has_next"]:
            break

    assert seen == told[::-1]


def test_a_cursor_of_somebody_else_is_refused(signed_in: SignedIn, buyer: User, stranger: User) -> None:
    for _ in range(3):
        tell(buyer)
    cursor = signed_in(buyer).get("/v1/notifications", {"limit": 1}).json()["next_cursor"]

    reply = signed_in(stranger).get("/v1/notifications", {"cursor": cursor})

    assert reply.status_code == 422


def test_only_the_unread_ones_on_request(signed_in: SignedIn, buyer: User) -> None:
    read, unread = tell(buyer)[0], tell(buyer)[0]
    api = signed_in(buyer)
    api.post(f"/v1/notifications/{read.pk}/read")

    assert [item["id"] for item in listed(api, unread="true")] == [str(unread.pk)]
    assert len(listed(api)) == 2
    assert api.get("/v1/notifications/unread-count").json() == {"count": 1}


def test_the_list_takes_the_same_queries_however_long_it_is(
    signed_in: SignedIn, buyer: User, django_assert_num_queries: Any
) -> None:
    api = signed_in(buyer)
    for count in (1, 10):
        for _ in range(count):
            tell(buyer)
        with django_assert_num_queries(2):  # the token, the page
            api.get("/v1/notifications")


def test_counting_the_unread_takes_two_queries(
    signed_in: SignedIn, buyer: User, django_assert_num_queries: Any
) -> None:
    api = signed_in(buyer)
    with django_assert_num_queries(2):
        api.get("/v1/notifications/unread-count")


def test_reading_one_twice_keeps_the_first_time(signed_in: SignedIn, buyer: User) -> None:
    told = tell(buyer)[0]
    api = signed_in(buyer)

    first = api.post(f"/v1/notifications/{told.pk}/read")
    again = api.post(f"/v1/notifications/{told.pk}/read")

    assert first.status_code == again.status_code == 200
    assert first.json()["read_at"] is not None
    assert again.json() == first.json()
    assert OutboxEvent.objects.filter(kind="notification.read").count() == 1


def test_reading_what_is_not_ones_own_is_a_404_and_changes_nothing(
    signed_in: SignedIn, buyer: User, stranger: User
) -> None:
    told = tell(buyer)[0]

    reply = signed_in(stranger).post(f"/v1/notifications/{told.pk}/read")

    assert (reply.status_code, reply.json()["code"]) == (404, "notification_not_found")
    told.refresh_from_db()
    assert told.read_at is None


def test_what_was_only_pushed_is_not_in_the_list(signed_in: SignedIn, buyer: User, note: Kind) -> None:
    api = signed_in(buyer)
    choice = {"kind": note.name, "in_app": False, "push": True, "email": False}
    api.put("/v1/notifications/preferences", {"kinds": [choice]})
    told = tell(buyer)[0]

    assert listed(api) == []
    assert api.post(f"/v1/notifications/{told.pk}/read").status_code == 404


def test_all_at_once_are_read(signed_in: SignedIn, buyer: User, stranger: User) -> None:
    for _ in range(3):
        tell(buyer, stranger)

    reply = signed_in(buyer).post("/v1/notifications/read-all")

    assert reply.json() == {"count": 0}
    assert Notification.objects.visible_to(stranger).unread().count() == 3


def test_what_came_after_the_newest_seen_one_stays_unread(signed_in: SignedIn, buyer: User) -> None:
    seen, later = [tell(buyer)[0] for _ in range(2)][1], tell(buyer)[0]

    reply = signed_in(buyer).post("/v1/notifications/read-all", {"up_to": str(seen.pk)})

    assert reply.json() == {"count": 1}
    assert Notification.objects.unread().get() == later


def test_reading_up_to_something_that_is_no_id_is_a_422(signed_in: SignedIn, buyer: User) -> None:
    reply = signed_in(buyer).post("/v1/notifications/read-all", {"up_to": "yesterday"})
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "up_to"]


def test_a_replaced_one_leaves_the_list_but_can_still_be_read(signed_in: SignedIn, buyer: User) -> None:
    shown = tell(buyer, collapse_key="room:1")[0]
    tell(buyer, collapse_key="room:1")
    api = signed_in(buyer)

    assert str(shown.pk) not in [item["id"] for item in listed(api)]
    assert api.post(f"/v1/notifications/{shown.pk}/read").status_code == 200
    assert api.get("/v1/notifications/unread-count").json() == {"count": 1}


def test_a_kind_belongs_to_one_app(note: Kind) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        kinds.register(note)
    with pytest.raises(LookupError, match="no notification kind"):
        tell(kind="test.nothing")


def test_a_missing_fact_silences_nobody(buyer: User, note: Kind) -> None:
    told = tell(buyer, data={"text": "two\nlines"}, event_id=uuid7())[0]
    assert (told.title, told.body) == ("Note about -", "Somebody wrote: two lines")


def test_long_texts_are_cut_to_fit(buyer: User, note: Kind) -> None:
    told = tell(buyer, data={"thing": "x" * 500, "text": "y" * 5000})[0]
    assert (len(told.title), len(told.body)) == (200, 1000)
    assert told.title.endswith("…")
    assert note.channels == frozenset(Channel)
