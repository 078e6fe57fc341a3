"""IzpoChat's files, row by row: on the local store and on an S3 server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Room, Upload
from chat.services import groups
from chat.services.files import work
from chat.tests.desk import PDF, SVG, WELCOME, Desk
from listings.tests.snapshots import SECRET, as_jpeg
from listings.tests.studio import opened
from marketplace.tests.storage_contract import Answer

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
FILE = {"id", "original_filename", "stored_filename", "file_size", "content_type", "public_url", "uploader_id"} | {
    *("uploaded_at", "uploader", "filename", "file_path", "file_url", "user_id", "room_id", "description")
}


def part(name: str = "document.pdf", body: bytes = PDF, label: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, content_type=label)


def upload(api: APIClient, *parts: SimpleUploadedFile, **more: Any) -> Any:
    return api.post("/api/uploads/", {"file": parts[0] if parts else "", **more}, format="multipart")


def fetched(desk: Desk, api: APIClient, address: str) -> Answer:
    """As the Angular client does; on S3 our door points to the bucket, and browsers follow."""
    reply: Any = api.get(address)
    if reply.status_code == 302:
        return desk.studio.web.get(reply["Location"], {})
    body = b"".join(reply.streaming_content) if reply.streaming else reply.content
    return Answer(reply.status_code, body, {name.lower(): value for name, value in reply.headers.items()})


def test_angular_shares_a_file_without_a_socket_as_well(
    local_desk: Desk, angular: Api, buyer: User, seller: User, general: Room
) -> None:
    """Its way around a socket that does not open posts the same whole message, or that as a bare text."""
    api = angular(buyer)
    file = upload(api, part()).json()
    inner = {"type": "message", "content": "📁 document.pdf", "room_id": general.number, "file": file}
    whole, said = orjson.dumps(inner).decode(), f"/api/rooms/{general.number}/messages"

    for body in ({"content": whole}, whole):
        shown = api.post(said, body, format="json").json()
        assert (shown["content"], shown["file_id"], shown["file"]["id"]) == ("📁 document.pdf", file["id"], file["id"])
    assert fetched(local_desk, angular(seller), file["public_url"]).body == PDF


def test_a_text_that_only_looks_like_a_shared_file_stays_a_text(
    local_desk: Desk, angular: Api, buyer: User, general: Room
) -> None:
    api = angular(buyer)
    file = upload(api, part()).json()

    for inner in (
        {"not": "a file"},
        {"content": "x", "file": {"public_url": "https://a.b"}},
        {"content": "\0", "file": file},
    ):
        text = orjson.dumps(inner).decode()
        shown = api.post(f"/api/rooms/{general.number}/messages", {"content": text}).json()
        assert (shown["content"], shown["file_id"]) == (text, None)


def test_seed_the_guides_upload_and_its_message(
    desk: Desk, angular: Api, buyer: User, seller: User, general: Room
) -> None:
    """`requests.post(…, files={'file': f})`, then `file_info['public_url']` and `file_info['id']`."""
    api = angular(buyer)
    reply = upload(api, part())
    assert reply.status_code == 201
    file_info = reply.json()
    assert file_info.keys() >= FILE
    assert file_info["public_url"] == f"/api/uploads/{file_info['id']}/download"
    message_data = {"content": "Te envío este documento", "room_id": general.number, "file_id": file_info["id"]}
    sent = api.post(f"/api/rooms/{general.number}/messages", message_data)
    assert (sent.status_code, sent.json()["file"]["public_url"]) == (201, file_info["public_url"])
    got = fetched(desk, angular(seller), file_info["public_url"])
    assert (got.status, got.body) == (200, PDF)
    assert "attachment" in got.headers["content-disposition"]


def test_angular_reads_these_fields(local_desk: Desk, angular: Api, buyer: User) -> None:
    facts = upload(angular(buyer), part(), room_id="1", description="x").json()
    assert (facts["original_filename"], facts["content_type"]) == ("document.pdf", "application/pdf")
    assert facts["file_size"] == len(PDF)
    assert (facts["uploader_id"], facts["uploader"]["username"]) == (buyer.number, "buyer")
    assert angular(buyer).get(f"/api/uploads/{facts['id']}").json() == facts


def test_the_download_asks_who_is_there(
    local_desk: Desk, angular: Api, anonymous: APIClient, buyer: User, seller: User, stranger: User, secret: Room
) -> None:
    """Its uploader, and the members of rooms it was sent to; anybody else does not learn that it exists."""
    groups.invite(buyer, secret.pk, seller)
    groups.join(seller, secret.pk)
    file = local_desk.confirmed(buyer)
    address, facts = f"/api/uploads/{file.number}/download", f"/api/uploads/{file.number}"
    assert [angular(who).get(facts).status_code for who in (buyer, seller)] == [200, 404]
    local_desk.message(buyer, secret, file)
    assert [fetched(local_desk, angular(who), address).status for who in (buyer, seller, stranger)] == [200, 200, 404]
    assert [angular(who).get(facts).status_code for who in (buyer, seller, stranger)] == [200, 200, 404]
    assert anonymous.get(address).status_code == 401
    groups.remove(buyer, secret.pk, seller.pk, for_good=True)
    assert fetched(local_desk, angular(seller), address).status == 404


def test_seed_delete_is_its_uploaders(
    local_desk: Desk, angular: Api, buyer: User, seller: User, stranger: User, secret: Room
) -> None:
    """[backend] 403 for who sees it in a room and did not send it up."""
    groups.invite(buyer, secret.pk, seller)
    groups.join(seller, secret.pk)
    file, carried = local_desk.confirmed(buyer), local_desk.confirmed(buyer)
    local_desk.message(buyer, secret, carried)
    assert angular(stranger).delete(f"/api/uploads/{file.number}").status_code == 404
    assert angular(seller).delete(f"/api/uploads/{carried.number}").status_code == 403
    gone = angular(buyer).delete(f"/api/uploads/{file.number}")
    assert (gone.status_code, gone.json()) == (200, {"message": "Archivo eliminado exitosamente"})
    assert angular(buyer).get(f"/api/uploads/{file.number}").status_code == 404
    assert angular(buyer).delete(f"/api/uploads/{carried.number}").status_code == 409


def test_seed_types_allowed_says_what_is_taken(anonymous: APIClient) -> None:
    facts = anonymous.get("/api/uploads/types/allowed").json()
    assert (facts["max_file_size_mb"], facts["max_size_mb"]) == (50, 50)
    assert {"documents", "images", "audio", "video"} <= facts["categories"].keys()
    assert "application/pdf" in facts["allowed_types"]
    assert facts["storage_provider"] == "local"


@pytest.mark.parametrize("name", WELCOME)
def test_seed_every_type_of_the_guide_is_taken(local_desk: Desk, angular: Api, buyer: User, name: str) -> None:
    """Also under the labels that browsers give a `.zip` and a `.rar`."""
    label, body = WELCOME[name]
    reply = upload(angular(buyer), part(name, body, label))
    assert reply.status_code == 201, reply.content
    got = fetched(local_desk, angular(buyer), reply.json()["public_url"])
    assert got.body == body
    assert "attachment" in got.headers["content-disposition"]


def test_ours_a_drawing_that_could_run_is_only_saved(local_desk: Desk, angular: Api, buyer: User) -> None:
    address = upload(angular(buyer), part("a.svg", SVG, "image/svg+xml")).json()["public_url"]
    got = fetched(local_desk, angular(buyer), address)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-security-policy"].startswith("sandbox")


def test_ours_a_picture_is_there_at_once_and_no_longer_says_where_it_was_taken(
    desk: Desk, angular: Api, buyer: User, seller: User, general: Room
) -> None:
    api = angular(buyer)
    file = upload(api, part("yo.jpg", as_jpeg(), "image/jpeg")).json()
    api.post(f"/api/rooms/{general.number}/messages", {"content": "", "file_id": file["id"]})
    for reader in (api, angular(seller)):
        got = fetched(desk, reader, file["public_url"])
        assert (got.status, dict(opened(got.body).getexif()), SECRET in got.body) == (200, {}, False)
        assert len(got.body) == file["file_size"]


def test_ours_a_picture_that_waits_for_the_worker_is_not_given_out(
    desk: Desk, angular: Api, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "work_at_once", lambda upload: None)  # as if this process had died there
    file = upload(angular(buyer), part("yo.jpg", as_jpeg(), "image/jpeg")).json()
    early = fetched(desk, angular(buyer), file["public_url"])
    assert (early.status, orjson.loads(early.body)["code"]) == (409, "upload_not_ready")
    work.work_off_due()
    assert fetched(desk, angular(buyer), file["public_url"]).status == 200


def test_backend_another_type_is_a_400_in_a_sentence_and_too_much_a_413(
    local_desk: Desk, angular: Api, buyer: User, settings: Settings
) -> None:
    refused = upload(angular(buyer), part("a.exe", b"MZ", "application/x-msdownload"))
    assert (refused.status_code, type(refused.json()["detail"])) == (400, str)
    assert upload(angular(buyer), part("a.pdf", b"MZ" * 50)).status_code == 400
    settings.CHAT_FILE_MAX_BYTES = 100
    assert upload(angular(buyer), part()).status_code == 413
    assert upload(angular(buyer)).status_code == 422
    assert not Upload.objects.exists()


def test_seed_ten_files_at_once_and_no_more(local_desk: Desk, angular: Api, buyer: User) -> None:
    def many(count: int) -> Any:
        parts = [part(f"{index}.pdf") for index in range(count)]
        return angular(buyer).post("/api/uploads/multiple", {"files": parts}, format="multipart")

    ten = many(10)
    assert (ten.status_code, len(ten.json())) == (201, 10)
    assert [row["original_filename"] for row in ten.json()] == [f"{index}.pdf" for index in range(10)]
    assert many(11).status_code == 400
    assert Upload.objects.count() == 10


@pytest.mark.parametrize("path", ["/api/uploads/", "/api/uploads/multiple"])
def test_ours_uploading_needs_a_token(anonymous: APIClient, path: str) -> None:
    assert anonymous.post(path, {"file": part()}, format="multipart").status_code == 401
