"""The worker looks at files: previews, the scanner, trouble; and what nothing carries is collected. T26, T27g."""

from __future__ import annotations

import io
import zlib
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat import tasks
from chat.models import Event, Room, Upload
from chat.services import access, changing, log
from chat.services.files import upkeep, work
from chat.tests.desk import PDF, Desk, picture
from listings.pictures.painter import Painter, PainterLost
from listings.tests.studio import drawn, encoded
from marketplace.common.storage import StorageUnavailable, get_store
from marketplace.common.storage.local import LocalStore

pytestmark = pytest.mark.django_db


def clean(path: Path) -> None:
    assert path.read_bytes()


def infected(path: Path) -> str:
    return "Eicar-Test-Signature"


def away(path: Path) -> str:
    raise ConnectionError


def due_again(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_gets_a_preview_and_its_true_size(local_desk: Desk, buyer: User, kind: str) -> None:
    name = kind.lower()
    upload = local_desk.confirmed(buyer, picture(kind, 3000, 1500), name=f"a.{name}", type=f"image/{name}")
    assert (upload.state, upload.has_preview) == ("waiting", False)
    assert work.work_off_due() == 1
    upload.refresh_from_db()
    assert (upload.state, upload.trouble, upload.due_at) == ("ready", "", None)
    assert (upload.width, upload.height) == (3000, 1500)
    assert local_desk.stored(buyer) == {upload.storage_key, upload.preview_key}


def test_one_that_lies_on_its_side_stands_upright(local_desk: Desk, buyer: User) -> None:
    image = drawn(400, 200)
    exif = image.getexif()
    exif[0x0112] = 6
    upload = local_desk.confirmed(buyer, encoded(image, "JPEG", exif=exif), name="a.jpg", type="image/jpeg")
    work.work_off_due()
    upload.refresh_from_db()
    assert (upload.width, upload.height) == (200, 400)


def test_T26_a_picture_of_too_many_pixels_is_a_file_without_preview(local_desk: Desk, buyer: User) -> None:
    upload = local_desk.confirmed(buyer, bomb(), name="a.png", type="image/png")
    work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, upload.has_preview) == ("ready", False)
    assert upload.trouble == "too large to decode"


def bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (50_000).to_bytes(4, "big") * 2
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x01\0\0\0\0") + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_its_rooms_are_told_once_it_is_ready(local_desk: Desk, buyer: User, room: Room) -> None:
    upload = local_desk.picture(buyer, is_looked_at=False)
    said = local_desk.message(buyer, room, upload)
    work.work_off_due()
    told = orjson.loads(log.after(access.standing(buyer.pk, room.pk), said.seq)[-1].text)
    assert (told["type"], told["upload_id"], told["message"]["id"]) == (
        "attachment.ready",
        str(upload.pk),
        str(said.pk),
    )
    shown = told["message"]["attachments"][0]
    assert (shown["state"], shown["width"], shown["height"]) == ("ready", 640, 480)
    assert shown["thumbnail_url"] == f"/v1/uploads/{upload.pk}/download?size=300"
    assert work.work_off_due() == 0


def test_nobody_is_told_of_what_was_taken_back(local_desk: Desk, buyer: User, room: Room) -> None:
    said = local_desk.message(buyer, room, local_desk.picture(buyer, is_looked_at=False))
    changing.delete(buyer, said.pk, now=timezone.now())
    work.work_off_due()
    assert not Event.objects.filter(type="attachment.ready").exists()


def test_who_dies_before_the_rooms_are_told_is_followed_by_another(
    local_desk: Desk, buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = local_desk.picture(buyer, is_looked_at=False)
    local_desk.message(buyer, room, upload)
    with monkeypatch.context() as dying:
        dying.setattr(work, "tell_rooms_of", lambda _: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            work.work_off_due()
    upload.refresh_from_db()
    assert upload.state == "ready"
    due_again(upload)
    work.work_off_due()
    assert Event.objects.filter(type="attachment.ready").count() == 1


def test_a_decoder_that_dies_of_it_costs_the_preview_and_not_the_file(
    local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise PainterLost

    monkeypatch.setattr(Painter, "preview", lost)
    upload = local_desk.picture(buyer, is_looked_at=False)
    for _ in range(work.MAX_ATTEMPTS):
        upload.refresh_from_db()
        assert upload.state == "waiting"
        due_again(upload)
        work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, upload.trouble) == ("ready", "the decoder died of it")


def test_a_store_that_is_away_costs_no_attempt(local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = local_desk.picture(buyer, is_looked_at=False)
    with monkeypatch.context() as down:
        down.setattr(LocalStore, "open", lambda *_: (_ for _ in ()).throw(StorageUnavailable))
        for _ in range(7):
            due_again(upload)
            work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, upload.attempts) == ("waiting", 0)
    due_again(upload)
    work.work_off_due()
    upload.refresh_from_db()
    assert upload.state == "ready"


# ── The scanner ──────────────────────────────────────────────────────────────────────────────────


def test_a_clean_file_is_given_out_once_it_was_scanned(
    local_desk: Desk, buyer: User, seller: User, room: Room, settings: Settings
) -> None:
    settings.CHAT_VIRUS_SCANNER = f"{__name__}.clean"
    upload = local_desk.confirmed(buyer)
    said = local_desk.message(buyer, room, upload)
    early = local_desk.download(seller, upload)
    assert (early.status, orjson.loads(early.body)["code"]) == (409, "upload_not_ready")
    work.work_off_due()
    assert local_desk.download(seller, upload).body == PDF
    assert Event.objects.filter(message=said, type="attachment.ready").exists()


def test_an_infected_file_is_never_given_out_and_its_bytes_are_gone(
    desk: Desk, buyer: User, seller: User, room: Room, settings: Settings
) -> None:
    settings.CHAT_VIRUS_SCANNER = f"{__name__}.infected"
    upload = desk.picture(buyer, is_looked_at=False)
    desk.message(buyer, room, upload)
    work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, upload.trouble, upload.due_at) == ("refused", "Eicar-Test-Signature", None)
    assert desk.stored(buyer) == set()
    assert [desk.download(who, upload).status for who in (buyer, seller)] == [404, 404]
    told = orjson.loads(log.after(access.standing(buyer.pk, room.pk), 0)[-1].text)
    shown = told["message"]["attachments"][0]
    assert (shown["state"], shown["url"], shown["thumbnail_url"]) == ("refused", None, None)


def test_a_scanner_that_is_away_is_asked_again_and_nothing_is_given_out(
    local_desk: Desk, buyer: User, settings: Settings
) -> None:
    settings.CHAT_VIRUS_SCANNER = f"{__name__}.away"
    upload = local_desk.confirmed(buyer)
    for _ in range(7):
        due_again(upload)
        work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, upload.attempts) == ("waiting", 0)
    assert local_desk.download(buyer, upload).status == 409


def test_one_that_kills_every_worker_is_refused_where_files_must_be_scanned(
    local_desk: Desk, buyer: User, settings: Settings
) -> None:
    settings.CHAT_VIRUS_SCANNER = f"{__name__}.clean"
    upload = local_desk.confirmed(buyer)
    Upload.objects.filter(pk=upload.pk).update(attempts=work.MAX_ATTEMPTS)
    work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, local_desk.stored(buyer)) == ("refused", set())


# ── Collecting ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_T27g_what_nothing_carries_goes_after_a_day_with_its_bytes(desk: Desk, buyer: User, room: Room) -> None:
    sent, unsent, taken_back = desk.confirmed(buyer), desk.picture(buyer), desk.confirmed(buyer)
    desk.message(buyer, room, sent)
    changing.delete(buyer, desk.message(buyer, room, taken_back).pk, now=timezone.now())
    never_confirmed = desk.sent_up(buyer)
    stray = f"chat/{buyer.pk}/00000000-0000-4000-8000-000000000000.pdf"
    get_store().save(stray, io.BytesIO(PDF), content_type="application/pdf")

    assert tasks.tidy_files() == {"dropped": 0, "strays": 0}
    tally = upkeep.collect(now=timezone.now() + timedelta(hours=24, minutes=1))

    assert (tally["dropped"], tally["strays"] >= 1) == (3, True)  # other tests leave strays in the bucket
    assert list(Upload.objects.all()) == [sent]
    assert desk.stored(buyer) == {sent.storage_key}
    assert desk.confirm(buyer, never_confirmed["object_key"]).status_code == 404
    assert not Upload.objects.filter(pk__in=[unsent.pk, taken_back.pk]).exists()


@pytest.mark.django_db(transaction=True)
def test_drill_23_no_orphan_stays_after_a_store_that_failed(
    local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsent = local_desk.picture(buyer)
    with monkeypatch.context() as down:
        down.setattr(LocalStore, "delete", lambda *_: (_ for _ in ()).throw(StorageUnavailable))
        assert local_desk.studio.signed_in(buyer).delete(f"/v1/uploads/{unsent.pk}").status_code == 204
    assert local_desk.stored(buyer) == {unsent.storage_key, unsent.preview_key}
    assert upkeep.collect(now=timezone.now() + timedelta(hours=25))["strays"] == 2
    assert local_desk.stored(buyer) == set()
