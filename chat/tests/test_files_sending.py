"""Messages carry files: one's own, whose bytes are there; and what sockets hear of them is what the log says."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from chat import announcing
from chat.frames import Frame
from chat.models import Attachment, Event, Message, Room, Upload
from chat.services import access, changing, log, nudging, sending
from chat.services.errors import UploadNotFound
from chat.services.files import reaching, work
from chat.services.sending import Draft
from chat.tests.desk import PDF, Desk
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]


def post(client: APIClient, room: Room, *upload_ids: object, **more: Any) -> Any:
    body = {"chat_id": str(room.pk), "upload_ids": [str(key) for key in upload_ids], **more}
    return client.post("/v1/messages", body, format="json")


def test_a_message_carries_files_in_their_order(local_desk: Desk, signed_in: Api, buyer: User, room: Room) -> None:
    first, second = local_desk.confirmed(buyer, name="b.pdf"), local_desk.confirmed(buyer, name="a.pdf")

    reply = post(signed_in(buyer), room, first.pk, second.pk, content="mis notas")

    assert reply.status_code == 201
    assert reply.json()["attachments"][0] == {
        "id": str(first.pk),
        "name": "b.pdf",
        "content_type": "application/pdf",
        "size_bytes": len(PDF),
        "width": None,
        "height": None,
        "state": "ready",
        "url": f"/v1/uploads/{first.pk}/download",
        "thumbnail_url": None,
    }
    assert [each["name"] for each in reply.json()["attachments"]] == ["b.pdf", "a.pdf"]
    assert signed_in(buyer).get(f"/v1/messages?chat_id={room.pk}").json()["items"] == [reply.json()]


def test_a_message_of_files_alone_is_called_by_their_names(
    local_desk: Desk, signed_in: Api, buyer: User, room: Room
) -> None:
    upload = local_desk.confirmed(buyer, name="notas.pdf")
    said = post(signed_in(buyer), room, upload.pk).json()
    assert (said["content"], len(said["attachments"])) == (None, 1)
    message = Message.objects.latest_said()
    assert nudging.shortened(message) == "notas.pdf"
    numbers = orjson.loads(log.after(access.standing(buyer.pk, room.pk), 0)[-1].numbers)["message"]
    file = {
        "id": upload.number,
        "original_filename": "notas.pdf",
        "content_type": "application/pdf",
        "file_size": len(PDF),
        "public_url": f"/api/uploads/{upload.number}/download",
    }
    assert (numbers["content"], numbers["text"]) == (None, "notas.pdf")
    assert (numbers["file"], numbers["files"]) == (file, [file])


@pytest.mark.django_db(transaction=True)
def test_what_sockets_hear_of_files_is_what_the_log_says(
    local_desk: Desk, buyer: User, seller: User, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = make_group(buyer, seller)
    ready, waiting = local_desk.confirmed(buyer), local_desk.picture(buyer, is_looked_at=False)
    start = access.standing(buyer.pk, group.pk).seq
    heard: list[Frame] = []
    monkeypatch.setattr(announcing, "now", heard.append)

    local_desk.message(buyer, group, waiting, ready)
    local_desk.message(buyer, group, waiting, text="@seller, mira")
    assert heard == log.after(access.standing(buyer.pk, group.pk), start)

    heard.clear()
    start = access.standing(buyer.pk, group.pk).seq
    work.work_off_due()
    changing.delete(buyer, Message.objects.latest("seq").pk, now=timezone.now())
    told = log.after(access.standing(buyer.pk, group.pk), start)
    assert [frame.type for frame in told] == ["attachment.ready", "attachment.ready", "message.deleted"]
    assert (heard[0], heard[2]) == (told[0], told[2])
    assert orjson.loads(told[1].text)["message"]["attachments"] == []  # taken back by now


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_gets_ready_while_its_message_is_on_its_way_is_told_all_the_same(
    local_desk: Desk, buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = local_desk.picture(buyer, is_looked_at=False)
    store = sending._store

    def finished_meanwhile(*args: Any) -> bool:
        work.work_off_due()
        return store(*args)

    monkeypatch.setattr(sending, "_store", finished_meanwhile)
    local_desk.message(buyer, room, upload)
    types = list(Event.objects.order_by("seq").values_list("type", flat=True))
    assert types == ["message.created", "attachment.ready"]


def test_drill_23_somebody_elses_file(local_desk: Desk, signed_in: Api, buyer: User, seller: User, room: Room) -> None:
    theirs = local_desk.confirmed(seller)
    for key in (theirs.pk, uuid7()):
        reply = post(signed_in(buyer), room, key)
        assert (reply.status_code, reply.json()["code"]) == (404, "upload_not_found")
    local_desk.message(seller, room, theirs)
    assert post(signed_in(buyer), room, theirs.pk).status_code == 404
    assert Message.objects.count() == 1


def test_drill_23_a_message_before_its_upload_is_finished(
    local_desk: Desk, signed_in: Api, buyer: User, room: Room
) -> None:
    granted = local_desk.sent_up(buyer)
    early = post(signed_in(buyer), room, granted["upload_id"], client_id="a")
    assert (early.status_code, early.json()["code"]) == (409, "upload_not_ready")
    assert not Message.objects.exists()
    local_desk.confirm(buyer, granted["object_key"])
    assert post(signed_in(buyer), room, granted["upload_id"], client_id="a").status_code == 201


def test_one_that_only_waits_for_its_thumbnail_is_sent(
    local_desk: Desk, signed_in: Api, buyer: User, room: Room
) -> None:
    upload = local_desk.picture(buyer, is_looked_at=False)
    said = post(signed_in(buyer), room, upload.pk).json()
    assert (said["attachments"][0]["state"], said["attachments"][0]["thumbnail_url"]) == ("waiting", None)


def test_drill_23_the_eleventh_file_the_same_twice_and_a_refused_one(
    local_desk: Desk, signed_in: Api, buyer: User, room: Room
) -> None:
    uploads = [local_desk.confirmed(buyer) for _ in range(2)]
    refused = local_desk.confirmed(buyer)
    Upload.objects.filter(pk=refused.pk).update(state="refused")
    client = signed_in(buyer)
    assert post(client, room, *[uuid7() for _ in range(11)]).status_code == 422
    assert post(client, room, uploads[0].pk, uploads[0].pk).status_code == 422
    assert post(client, room, uploads[0].pk, refused.pk).json()["code"] == "upload_was_refused"
    assert post(client, room).json()["code"] == "empty_message"
    assert not Message.objects.exists()
    assert not Attachment.objects.exists()


def test_again_with_the_same_client_id_is_the_same_message(local_desk: Desk, buyer: User, room: Room) -> None:
    draft = Draft(None, client_id="a", upload_ids=(local_desk.confirmed(buyer).pk,))
    first, again = (sending.send(buyer, room.pk, draft) for _ in range(2))
    assert (first.message_id, again.is_duplicate) == (again.message_id, True)
    assert Attachment.objects.count() == 1


def test_a_message_that_was_taken_back_carries_nothing(
    local_desk: Desk, signed_in: Api, buyer: User, seller: User, room: Room
) -> None:
    upload = local_desk.confirmed(buyer)
    said = local_desk.message(buyer, room, upload)
    assert local_desk.download(seller, upload).status == 200
    changing.delete(buyer, said.pk, now=timezone.now())
    assert local_desk.download(seller, upload).status == 404
    assert signed_in(seller).get(f"/v1/messages/{said.pk}").json()["attachments"] == []
    assert not Attachment.objects.exists()


def test_a_hidden_message_shows_no_files_until_it_is_shown_again(
    local_desk: Desk, signed_in: Api, buyer: User, seller: User, moderator: User, room: Room
) -> None:
    upload = local_desk.confirmed(buyer)
    said = local_desk.message(buyer, room, upload)
    changing.hide(said, actor=moderator, reason="spam", now=timezone.now())
    assert signed_in(seller).get(f"/v1/messages/{said.pk}").json()["attachments"] == []
    assert local_desk.download(seller, upload).status == 404
    changing.show_again(said, actor=moderator)
    assert local_desk.download(seller, upload).status == 200


@pytest.mark.django_db(transaction=True)
def test_a_file_is_either_sent_or_deleted(local_desk: Desk, buyer: User, room: Room) -> None:
    """Many at once: whoever comes second is told so, and no message carries what is gone."""

    def race(step: Callable[[], object]) -> object:
        try:
            return step()
        except Exception as refused:
            return type(refused)
        finally:
            connections.close_all()

    for _ in range(5):
        upload = local_desk.confirmed(buyer)
        draft = Draft(None, upload_ids=(upload.pk,))
        steps: list[Callable[[], object]] = [
            lambda key=upload.pk: reaching.remove(buyer, key),  # type: ignore[misc]
            lambda sent=draft: sending.send(buyer, room.pk, sent),  # type: ignore[misc]
        ]
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(race, steps))
        is_sent = isinstance(outcomes[1], sending.Sent)
        assert is_sent or outcomes[1] is UploadNotFound
        assert Upload.objects.filter(pk=upload.pk).exists() is is_sent
    assert Attachment.objects.count() == Message.objects.count()


def test_lists_ask_as_often_for_many_files_as_for_one(
    local_desk: Desk,
    signed_in: Api,
    buyer: User,
    room: Room,
    django_assert_num_queries: Callable[..., Any],
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    uploads = [local_desk.confirmed(buyer) for _ in range(4)]
    local_desk.message(buyer, room, uploads[0])
    client = signed_in(buyer)
    addresses = (f"/v1/messages?chat_id={room.pk}", "/v1/chats", f"/v1/rooms/{room.pk}/events?since=0", "/v1/uploads")
    for address in addresses:
        client.get(address)
    counts = [_count(client, address, django_assert_max_num_queries) for address in addresses]
    for upload in uploads[1:]:
        local_desk.message(buyer, room, upload, uploads[0])
    for address, count in zip(addresses, counts, strict=True):
        with django_assert_num_queries(count):
            assert client.get(address).status_code == 200


def _count(client: APIClient, address: str, at_most: Callable[..., Any]) -> int:
    with at_most(12) as asked:
        client.get(address)
    return len(asked)
