"""Files are taken in by an address of the store, or through our own door; T24 to T27."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Upload
from chat.services.files import uploading
from chat.tests.desk import PDF, SVG, WELCOME, Desk, zipped
from listings.tests.studio import jpeg
from marketplace.common.storage import StorageUnavailable, incoming_key
from marketplace.common.storage.local import LocalStore

pytestmark = pytest.mark.django_db
UNWELCOME: dict[str, tuple[str, bytes]] = {
    "page.html": ("text/html", b"<!doctype html><script>alert(1)</script>"),
    "run.exe": ("application/x-msdownload", b"MZ\x90\0" + bytes(60)),
    "run.php": ("application/x-php", b"<?php system($_GET[0]);"),
    "x.php.jpg": ("application/x-php", b"<?php system($_GET[0]);"),
    "photo.tiff": ("image/tiff", b"II*\0" + bytes(60)),
    "noname": ("application/octet-stream", b"x"),
    "\u202egpj.exe": ("image/jpeg", jpeg(8, 8)),
}
DISGUISED: dict[str, tuple[str, bytes]] = {
    "page.jpg": ("image/jpeg", b"<html><script>alert(1)</script></html>"),
    "drawing.png": ("image/png", SVG),
    "drawing.txt": ("text/plain", SVG),
    "print.png": ("image/png", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
    "photo.gif": ("image/gif", jpeg(8, 8)),
    "jar.zip": ("application/zip", zipped("META-INF/MANIFEST.MF")),
    "plain.docx": (WELCOME["a.docx"][0], zipped("a.txt")),
    "old.doc": ("application/msword", PDF),
    "binary.csv": ("text/csv", bytes(range(256))),
}


# ── By an address of the store ───────────────────────────────────────────────────────────────────


def test_an_address_then_the_bytes_then_the_word_that_they_are_there(desk: Desk, buyer: User) -> None:
    granted = desk.sent_up(buyer, PDF, size=len(PDF))
    reply = desk.confirm(buyer, granted["object_key"], name="Cálculo I.pdf")

    assert reply.status_code == 201
    shown = reply.json()
    assert (shown["name"], shown["content_type"], shown["size_bytes"]) == ("Cálculo I.pdf", "application/pdf", len(PDF))
    assert (shown["state"], shown["trouble"], shown["thumbnail_url"]) == ("ready", "", None)
    assert shown["id"] == granted["upload_id"]
    assert shown["url"] == f"/v1/uploads/{shown['id']}/download"
    assert desk.stored(buyer) == {granted["object_key"]}
    assert desk.download(buyer, Upload.objects.get()).body == PDF


@pytest.mark.parametrize("name", WELCOME)
def test_T24_every_kind_the_contract_names_is_taken_both_ways(local_desk: Desk, buyer: User, name: str) -> None:
    content_type, body = WELCOME[name]
    assert local_desk.confirmed(buyer, body, name=name, type=content_type).size_bytes == len(body)
    assert local_desk.form(buyer, (name, body, content_type)).status_code == 201
    unlabelled = local_desk.form(buyer, (name, body, "application/octet-stream"))
    assert unlabelled.status_code == 201
    assert unlabelled.json()[0]["content_type"] == Upload.objects.earliest("pk").content_type


@pytest.mark.parametrize("name", UNWELCOME)
def test_T24_other_kinds_get_no_address_and_are_not_taken(local_desk: Desk, buyer: User, name: str) -> None:
    content_type, body = UNWELCOME[name]
    replies = [local_desk.presign(buyer, name, content_type), local_desk.form(buyer, (name, body, content_type))]
    assert [reply.status_code for reply in replies] == [422, 422]
    assert not Upload.objects.exists()
    assert local_desk.stored(buyer) == set()


@pytest.mark.parametrize("name", DISGUISED)
def test_T24_T27c_what_is_not_what_it_says_is_refused_and_deleted(local_desk: Desk, buyer: User, name: str) -> None:
    content_type, body = DISGUISED[name]
    granted = local_desk.sent_up(buyer, body, name=name, type=content_type)

    refused = local_desk.confirm(buyer, granted["object_key"])
    through_the_door = local_desk.form(buyer, (name, body, content_type))

    assert (refused.status_code, refused.json()["code"]) == (422, "upload_refused")
    assert through_the_door.status_code == 422
    assert local_desk.stored(buyer) == set()
    assert not Upload.objects.here().exists()


def test_T24_nothing_at_all_is_no_file(desk: Desk, buyer: User) -> None:
    granted = desk.presign(buyer).json()
    desk.store.save(incoming_key(granted["object_key"]), io.BytesIO(), content_type="application/pdf")
    assert desk.confirm(buyer, granted["object_key"]).json()["code"] == "upload_refused"
    assert desk.form(buyer, ("a.pdf", b"", "application/pdf")).status_code == 422
    assert desk.stored(buyer) == set()


def test_T24_the_stored_name_is_ours_and_the_shown_one_is_fit(local_desk: Desk, buyer: User) -> None:
    upload = local_desk.confirmed(buyer, jpeg(8, 8), name='../..\\x".php.jpg', type="image/jpeg")
    assert upload.storage_key.startswith(f"chat/{buyer.pk}/")
    assert "php" not in upload.storage_key
    assert upload.name == "x.php.jpg"
    granted = local_desk.sent_up(buyer, PDF)
    assert local_desk.confirm(buyer, granted["object_key"], name="setup.exe").json()["name"] == "setup.exe.pdf"


def test_T27a_another_type_or_length_than_was_signed(desk: Desk, buyer: User) -> None:
    granted = desk.presign(buyer, size=len(PDF)).json()
    assert desk.studio.web.put(granted["upload_url"], PDF, {"Content-Type": "text/html"}).status == 403
    assert desk.studio.put(granted, PDF + b"x").status in (400, 403)
    reply = desk.confirm(buyer, granted["object_key"])
    assert (reply.status_code, reply.json()["code"]) == (409, "not_uploaded")


def test_T27d_the_address_cannot_change_what_was_confirmed(desk: Desk, buyer: User) -> None:
    granted = desk.sent_up(buyer, PDF)
    first = desk.confirm(buyer, granted["object_key"])
    desk.studio.put(granted, b"%PDF-1.4 something else")
    assert desk.confirm(buyer, granted["object_key"]).json() == first.json()
    assert desk.download(buyer, Upload.objects.get()).body == PDF


def test_T27e_nobody_confirms_for_another(desk: Desk, buyer: User, stranger: User) -> None:
    key = desk.sent_up(buyer)["object_key"]
    assert desk.confirm(stranger, key).status_code == 404
    assert desk.confirm(buyer, "../../etc/passwd").status_code == 404
    assert not Upload.objects.here().exists()


@pytest.mark.django_db(transaction=True)
def test_T27f_many_confirmations_at_once_are_one(local_desk: Desk, buyer: User) -> None:
    key = local_desk.sent_up(buyer)["object_key"]

    def confirm(_: int) -> Any:
        try:
            return uploading.confirm(buyer, object_key=key, name="", max_bytes=1_000_000).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(confirm, range(20))) == {Upload.objects.get().pk}


# ── Through our own door ─────────────────────────────────────────────────────────────────────────


def test_one_file_or_ten_come_as_a_form(desk: Desk, buyer: User) -> None:
    one = desk.form(buyer, ("Notas.pdf", PDF, "application/pdf"))
    ten = desk.form(buyer, *[(f"{n}.txt", b"%d" % n, "text/plain") for n in range(10)], field="files")

    assert (one.status_code, ten.status_code) == (201, 201)
    assert [each["name"] for each in one.json()] == ["Notas.pdf"]
    assert [each["name"] for each in ten.json()] == [f"{n}.txt" for n in range(10)]
    assert len(desk.stored(buyer)) == 11
    last = Upload.objects.get(pk=ten.json()[9]["id"])
    assert (last.state, desk.download(buyer, last).body) == ("ready", b"9")


def test_drill_23_the_eleventh_file_of_a_form(local_desk: Desk, buyer: User) -> None:
    files = [(f"{n}.txt", b"x", "text/plain") for n in range(11)]
    assert local_desk.form(buyer, *files, field="files").status_code == 422
    assert local_desk.form(buyer).status_code == 422
    assert not Upload.objects.exists()


def test_T25_a_byte_too_many_is_a_413_and_not_kept(local_desk: Desk, buyer: User, settings: Settings) -> None:
    settings.CHAT_FILE_MAX_BYTES = len(PDF)
    much = PDF + b"x"

    assert local_desk.form(buyer, ("a.pdf", PDF, "application/pdf")).status_code == 201
    refused = local_desk.form(
        buyer, ("a.pdf", PDF, "application/pdf"), ("b.pdf", much, "application/pdf"), field="files"
    )
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert local_desk.presign(buyer, size=len(much)).status_code == 422
    granted = local_desk.presign(buyer).json()
    assert local_desk.studio.put(granted, much).status == 413
    assert Upload.objects.here().count() == 1


def test_T27c_what_is_too_large_on_a_store_that_cannot_count_is_refused_and_deleted(
    desk: Desk, buyer: User, settings: Settings
) -> None:
    granted = desk.sent_up(buyer, PDF)
    settings.CHAT_FILE_MAX_BYTES = len(PDF) - 1
    reply = desk.confirm(buyer, granted["object_key"])
    assert (reply.status_code, reply.json()["code"]) == (422, "upload_refused")
    assert desk.stored(buyer) == set()


def test_of_several_files_all_are_taken_or_none(local_desk: Desk, buyer: User) -> None:
    good, bad = ("a.pdf", PDF, "application/pdf"), ("b.pdf", b"<html>", "application/pdf")
    assert local_desk.form(buyer, good, bad, field="files").status_code == 422
    assert not Upload.objects.exists()


def test_drill_23_a_store_that_is_away_is_said_so_and_nothing_is_listed(
    local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StorageUnavailable

    key = local_desk.sent_up(buyer)["object_key"]
    for step in ("save", "head", "promote"):
        monkeypatch.setattr(LocalStore, step, away)
    replies = [local_desk.form(buyer, ("a.pdf", PDF, "application/pdf")), local_desk.confirm(buyer, key)]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(503, "unavailable")] * 2
    assert local_desk.studio.signed_in(buyer).get("/v1/uploads").json()["items"] == []
    monkeypatch.undo()
    assert local_desk.confirm(buyer, key).status_code == 201


def test_a_form_sent_again_with_its_key_is_taken_once(local_desk: Desk, buyer: User) -> None:
    files = [("a.pdf", PDF, "application/pdf"), ("b.txt", b"x", "text/plain")]
    sent = [local_desk.form(buyer, *files, field="files", **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert Upload.objects.count() == 2
    other = [("a.pdf", PDF + b"x", "application/pdf"), files[1]]
    assert local_desk.form(buyer, *other, field="files", **{"Idempotency-Key": "k"}).status_code == 422


def test_nobody_hoards_what_is_sent_to_nobody(local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "MOST_UNSENT", 2)
    local_desk.confirmed(buyer)
    two = [("a.pdf", PDF, "application/pdf")] * 2
    assert local_desk.form(buyer, *two, field="files").json()["code"] == "too_many_unsent_files"
    local_desk.confirmed(buyer)
    assert local_desk.presign(buyer).status_code == 409


def test_a_form_is_no_json_and_json_is_no_form(signed_in: Callable[..., APIClient], buyer: User) -> None:
    assert signed_in(buyer).post("/v1/uploads/files", {"file": "x"}, format="json").status_code == 422
    assert APIClient().post("/v1/uploads/files", {"a": "b"}, format="multipart").status_code == 401
