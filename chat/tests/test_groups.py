"""Who is in a group, who leads it, and what those who come and go may see of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Block, Notification, User
from chat.models import Event, Member, Message, Room
from chat.services import groups, sending
from chat.services.sending import Draft
from marketplace.common import outbox
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
MakeGroup = Callable[..., Room]


def said_to(client: APIClient, room: Room) -> list[str]:
    return [each["content"] for each in client.get(f"/v1/messages?chat_id={room.pk}").json()["items"]]


def test_whoever_makes_a_group_owns_it(signed_in: Api, buyer: User) -> None:
    answer = signed_in(buyer).post("/v1/rooms", {"name": "Robotics", "is_private": True}, format="json")
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["kind"], shown["name"], shown["role"], shown["is_private"]) == ("group", "Robotics", "owner", True)
    assert shown["owner"]["id"] == str(buyer.pk)
    assert [each["user_id"] for each in shown["participants"]] == [str(buyer.pk)]


def test_anybody_joins_a_public_group_once(signed_in: Api, buyer: User, seller: User, make_group: MakeGroup) -> None:
    group = make_group(buyer)
    client = signed_in(seller)
    assert [each["id"] for each in client.get("/v1/rooms/public").json()] == [str(group.pk)]
    answers = [client.post(f"/v1/rooms/{group.pk}/join") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert Event.objects.filter(room=group, type="member.joined").count() == 1
    assert [each["id"] for each in client.get("/v1/rooms").json()] == [str(group.pk)]


def test_the_kinds_of_public_groups_cannot_be_chosen(anonymous: APIClient) -> None:
    described = anonymous.get("/openapi.json").json()["paths"]
    names = {each["name"] for each in described["/v1/rooms/public"]["get"]["parameters"]}
    assert names == {"limit", "offset"}
    assert names | {"kind"} == {each["name"] for each in described["/v1/rooms"]["get"]["parameters"]}


def test_what_happened_is_as_described(signed_in: Api, buyer: User, seller: User, make_group: MakeGroup) -> None:
    group = make_group(buyer, seller)
    described = signed_in(buyer).get("/openapi.json").json()["components"]["schemas"]
    assert described["EventsOut"]["properties"]["events"]["items"] == {"$ref": "#/components/schemas/EventOut"}
    events = signed_in(buyer).get(f"/v1/rooms/{group.pk}/events").json()["events"]
    assert events
    assert all(described["EventOut"]["properties"].keys() <= each.keys() for each in events)


def test_a_private_group_is_by_invitation(
    signed_in: Api, buyer: User, seller: User, stranger: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, is_private=True)
    for address in (f"/v1/rooms/{group.pk}", f"/v1/rooms/{group.pk}/members", f"/v1/messages?chat_id={group.pk}"):
        assert signed_in(seller).get(address).status_code == 404
    assert signed_in(seller).post(f"/v1/rooms/{group.pk}/join").status_code == 404
    invited = signed_in(buyer).post(f"/v1/rooms/{group.pk}/members", {"username": "Seller"}, format="json")
    assert invited.status_code == 201
    while outbox.deliver_due():
        pass
    assert Notification.objects.get(user=seller).title == "Buyer invites you to Robotics"
    assert signed_in(seller).get(f"/v1/rooms/{group.pk}").json()["state"] == "invited"
    assert signed_in(seller).get(f"/v1/messages?chat_id={group.pk}").status_code == 404
    assert signed_in(seller).post(f"/v1/rooms/{group.pk}/join").json()["state"] == "active"
    assert signed_in(stranger).get("/v1/rooms/public").json() == []


def test_who_is_invited_to_a_private_group_sees_nothing_of_it_yet(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, is_private=True)
    sending.send(buyer, group.pk, Draft("among us"))
    groups.invite(buyer, group.pk, seller)
    shown = signed_in(seller).get(f"/v1/rooms/{group.pk}").json()
    assert (shown["state"], shown["last_message"]) == ("invited", None)
    groups.join(seller, group.pk)
    groups.leave(seller, group.pk)
    sending.send(buyer, group.pk, Draft("and again"))
    groups.invite(buyer, group.pk, seller)
    assert signed_in(seller).get(f"/v1/rooms/{group.pk}").json()["last_message"] is None


@pytest.mark.parametrize("for_good", [False, True])
def test_whose_invitation_was_taken_back_sees_nothing_of_a_private_group(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup, for_good: bool
) -> None:
    group = make_group(buyer, is_private=True)
    said = sending.send(buyer, group.pk, Draft("among us"))
    groups.invite(buyer, group.pk, seller)
    groups.remove(buyer, group.pk, seller.pk, for_good=for_good)
    if for_good:
        groups.lift_ban(buyer, group.pk, seller.pk)
    sending.send(buyer, group.pk, Draft("still among us"))
    client = signed_in(seller)
    for address in (
        f"/v1/rooms/{group.pk}",
        f"/v1/rooms/{group.pk}/events",
        f"/v1/messages?chat_id={group.pk}",
        f"/v1/messages/{said.message_id}",
    ):
        assert client.get(address).status_code == 404, address
    report = client.post(f"/v1/messages/{said.message_id}/report", {"reason": "spam"}, format="json")
    assert report.status_code == 404
    assert client.post(f"/v1/rooms/{group.pk}/join").status_code == 404


def test_who_joins_an_open_group_finds_what_was_said_there_before(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer)
    sending.send(buyer, group.pk, Draft("soldering on Friday"))
    client = signed_in(seller)
    before = client.get("/v1/rooms/public").json()[0]["last_message"]
    client.post(f"/v1/rooms/{group.pk}/join")
    assert said_to(client, group) == ["soldering on Friday"]
    for shown in (client.get(f"/v1/rooms/{group.pk}").json(), client.get("/v1/rooms").json()[0]):
        assert shown["last_message"] == before
        assert shown["unread_count"] == 0
    found = client.get("/v1/messages/search?q=soldering").json()
    assert [each["content"] for each in found] == ["soldering on Friday"]
    groups.change(buyer, group.pk, is_private=True)
    assert client.get(f"/v1/rooms/{group.pk}").json()["last_message"] is None
    assert client.get("/v1/messages/search?q=soldering").json() == []


def test_who_comes_to_a_private_group_sees_what_is_said_from_then_on(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, is_private=True)
    sending.send(buyer, group.pk, Draft("before"))
    groups.add(buyer, group.pk, seller)
    sending.send(buyer, group.pk, Draft("after"))
    assert said_to(signed_in(seller), group) == ["after"]
    events = signed_in(seller).get(f"/v1/rooms/{group.pk}/events").json()
    assert [each["type"] for each in events["events"]] == ["member.joined", "message.created"]


def test_T33_who_was_removed_sees_nothing_of_what_follows(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, seller, is_private=True)
    sending.send(buyer, group.pk, Draft("together"))
    assert signed_in(buyer).delete(f"/v1/rooms/{group.pk}/members/{seller.pk}").status_code == 204
    sending.send(buyer, group.pk, Draft("alone"))
    client = signed_in(seller)
    assert said_to(client, group) == ["together"]
    events = client.get(f"/v1/rooms/{group.pk}/events?since=1").json()
    assert [each["type"] for each in events["events"]] == ["message.created", "member.removed"]
    assert events["last_seq"] == events["events"][-1]["seq"]
    sent = client.post("/v1/messages", {"chat_id": str(group.pk), "content": "let me in"}, format="json")
    assert (sent.status_code, sent.json()["code"]) == (403, "not_in_chat")
    assert client.get("/v1/rooms").json() == []


def test_who_comes_back_sees_nothing_of_what_was_said_meanwhile(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, seller, is_private=True)
    groups.leave(seller, group.pk)
    sending.send(buyer, group.pk, Draft("meanwhile"))
    groups.add(buyer, group.pk, seller)
    sending.send(buyer, group.pk, Draft("again"))
    assert said_to(signed_in(seller), group) == ["again"]


def test_who_is_banned_finds_nothing_here(signed_in: Api, buyer: User, seller: User, make_group: MakeGroup) -> None:
    group = make_group(buyer, seller)
    assert signed_in(buyer).delete(f"/v1/rooms/{group.pk}/members/{seller.pk}?ban=true").status_code == 204
    client = signed_in(seller)
    for address in (f"/v1/rooms/{group.pk}", f"/v1/messages?chat_id={group.pk}", f"/v1/rooms/{group.pk}/events"):
        assert client.get(address).status_code == 404
    assert client.post(f"/v1/rooms/{group.pk}/join").status_code == 404
    assert client.get("/v1/rooms/public").json() == []
    assert signed_in(buyer).delete(f"/v1/rooms/{group.pk}/bans/{seller.pk}").status_code == 204
    assert client.post(f"/v1/rooms/{group.pk}/join").status_code == 200


def test_who_has_left_is_banned_as_well(signed_in: Api, buyer: User, seller: User, make_group: MakeGroup) -> None:
    group = make_group(buyer, seller)
    groups.leave(seller, group.pk)
    address = f"/v1/rooms/{group.pk}/members/{seller.pk}"
    assert signed_in(buyer).delete(address).status_code == 404
    assert signed_in(buyer).delete(f"{address}?ban=true").status_code == 204
    assert signed_in(seller).post(f"/v1/rooms/{group.pk}/join").status_code == 404


def test_who_is_banned_and_then_removed_by_another_stays_banned(
    signed_in: Api, buyer: User, seller: User, stranger: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, seller, stranger)
    groups.give_role(buyer, group.pk, stranger.pk, Member.Role.MODERATOR)
    address = f"/v1/rooms/{group.pk}/members/{seller.pk}"
    assert signed_in(buyer).delete(f"{address}?ban=true").status_code == 204
    assert signed_in(stranger).delete(address).status_code == 204
    assert signed_in(seller).post(f"/v1/rooms/{group.pk}/join").status_code == 404
    assert Event.objects.filter(room=group, type="member.removed").count() == 1


def test_only_who_leads_changes_a_group(
    signed_in: Api, buyer: User, seller: User, stranger: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, seller, stranger)
    client = signed_in(seller)
    refused = (
        client.patch(f"/v1/rooms/{group.pk}", {"name": "Mine"}, format="json"),
        client.delete(f"/v1/rooms/{group.pk}/members/{stranger.pk}"),
        client.put(f"/v1/rooms/{group.pk}/members/{seller.pk}", {"role": "owner"}, format="json"),
        client.post(f"/v1/rooms/{group.pk}/members", {"username": "stranger"}, format="json"),
    )
    assert [each.status_code for each in refused] == [403] * 4
    group.refresh_from_db()
    assert (group.name, group.owner_id) == ("Robotics", buyer.pk)
    assert Member.objects.filter(room=group, state="active").count() == 3


def test_a_moderator_removes_members_and_nobody_above(
    signed_in: Api, buyer: User, seller: User, stranger: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, seller, stranger)
    promoted = signed_in(buyer).put(f"/v1/rooms/{group.pk}/members/{seller.pk}", {"role": "moderator"}, format="json")
    assert promoted.json()["role"] == "moderator"
    assert signed_in(seller).delete(f"/v1/rooms/{group.pk}/members/{buyer.pk}").status_code == 403
    assert signed_in(seller).delete(f"/v1/rooms/{group.pk}/members/{stranger.pk}").status_code == 204


def test_an_owner_hands_over_before_leaving(signed_in: Api, buyer: User, seller: User, make_group: MakeGroup) -> None:
    group = make_group(buyer, seller)
    stays = signed_in(buyer).post(f"/v1/rooms/{group.pk}/leave")
    assert (stays.status_code, stays.json()["code"]) == (400, "owner_cannot_leave")
    signed_in(buyer).put(f"/v1/rooms/{group.pk}/members/{seller.pk}", {"role": "owner"}, format="json")
    assert signed_in(buyer).post(f"/v1/rooms/{group.pk}/leave").status_code == 204
    group.refresh_from_db()
    assert group.owner_id == seller.pk


def test_a_group_is_not_handed_to_an_account_that_is_disabled(
    signed_in: Api, buyer: User, seller: User, make_group: MakeGroup
) -> None:
    group = make_group(buyer, seller)
    User.objects.filter(pk=seller.pk).update(is_active=False)
    address = f"/v1/rooms/{group.pk}/members/{seller.pk}"
    assert signed_in(buyer).put(address, {"role": "owner"}, format="json").status_code == 403
    group.refresh_from_db()
    assert group.owner_id == buyer.pk


def test_members_are_read_page_by_page_also_past_one_who_has_left(
    signed_in: Api, buyer: User, make_person: Callable[..., User], make_group: MakeGroup
) -> None:
    people = [make_person(f"guest{n}") for n in range(5)]
    group = make_group(buyer, *people)
    client, address = signed_in(buyer), f"/v1/rooms/{group.pk}/members"

    first = [each["user_id"] for each in client.get(address, {"limit": 3}).json()]
    groups.leave(people[1], group.pk)
    second = [each["user_id"] for each in client.get(address, {"limit": 3, "after": first[-1]}).json()]

    assert first == [str(each.pk) for each in (buyer, *people[:2])]
    assert second == [str(each.pk) for each in people[2:]]
    assert client.get(address, {"after": str(uuid7())}).json() == []
    for wrong in ({"limit": 0}, {"limit": 1_001}, {"after": "x"}):
        assert client.get(address, wrong).status_code == 422


def test_who_is_blocked_is_not_invited(signed_in: Api, buyer: User, seller: User, make_group: MakeGroup) -> None:
    group = make_group(buyer, is_private=True)
    Block.objects.create(blocker=seller, blocked=buyer)
    answer = signed_in(buyer).post(f"/v1/rooms/{group.pk}/members", {"user_id": str(seller.pk)}, format="json")
    assert answer.status_code == 404
    assert not Member.objects.filter(room=group, user=seller).exists()


def test_two_people_have_one_room(signed_in: Api, buyer: User, seller: User) -> None:
    first = signed_in(buyer).post("/v1/rooms/direct", {"user_id": str(seller.pk)}, format="json")
    again = signed_in(seller).post("/v1/rooms/direct", {"user_id": str(buyer.pk)}, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    own = signed_in(buyer).post("/v1/rooms/direct", {"user_id": str(buyer.pk)}, format="json")
    assert own.status_code == 400


def test_a_closed_room_is_read_and_not_written_in(
    signed_in: Api, buyer: User, make_group: MakeGroup, moderator: User
) -> None:
    group = make_group(buyer)
    sending.send(buyer, group.pk, Draft("hola"))
    groups.close(moderator, group.pk, reason="spam", now=timezone.now())
    answer = signed_in(buyer).post("/v1/messages", {"chat_id": str(group.pk), "content": "?"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "chat_closed")
    assert said_to(signed_in(buyer), group) == ["hola"]
    assert Message.objects.count() == 1
