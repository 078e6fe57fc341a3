"""Nobody ever gets a chat picture that says where, when and with what it was taken: through the doors, and killed."""

from __future__ import annotations

import importlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone
from PIL import ExifTags

from accounts.models import User
from chat.models import Room, Upload
from chat.services.files import upkeep, uploading, work
from chat.tests.desk import Desk, picture
from listings.pictures.painter import Painter, PainterLost
from listings.tests.snapshots import SECRET, as_jpeg, as_png, as_webp, frames_of, moving
from listings.tests.studio import opened
from marketplace.common.storage import get_store, incoming_key
from marketplace.common.storage.intake import take_in

pytestmark = pytest.mark.django_db

SENT: dict[str, Callable[[], bytes]] = {
    "jpeg": as_jpeg,
    "png": as_png,
    "webp": as_webp,
    "gif": lambda: moving("GIF", comment=SECRET),
}


def due_now(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(due_at=timezone.now())


@pytest.mark.parametrize("kind", SENT)
def test_a_picture_is_given_out_once_it_is_clean_and_not_before(
    desk: Desk, buyer: User, seller: User, room: Room, kind: str
) -> None:
    body = SENT[kind]()
    reply = desk.form(buyer, (f"me.{kind}", body, f"image/{kind}"))
    upload = Upload.objects.get(pk=reply.json()[0]["id"])
    desk.message(buyer, room, upload)
    for reader in (buyer, seller):
        early = desk.download(reader, upload)
        assert (early.status, orjson.loads(early.body)["code"]) == (409, "upload_not_ready")
    assert desk.stored(buyer) == {upload.original_key}

    work.work_off_due()

    got = desk.download(seller, upload)
    assert (got.status, got.headers["content-type"]) == (200, f"image/{kind}")
    assert (SECRET in body, SECRET in got.body) == (True, False)
    assert not dict(opened(got.body).getexif())
    assert frames_of(got.body) == frames_of(body)
    assert len(frames_of(got.body)) == (3 if kind == "gif" else 1)
    assert desk.stored(buyer) == {upload.storage_key, upload.preview_key}
    upload.refresh_from_db()
    assert upload.size_bytes == len(got.body)


def test_by_a_signed_address_too_and_it_still_stands_upright(desk: Desk, buyer: User) -> None:
    upload = desk.confirmed(buyer, as_jpeg(6), name="a.jpg", type="image/jpeg")
    assert desk.download(buyer, upload).status == 409
    work.work_off_due()
    got = desk.download(buyer, upload)
    assert dict(opened(got.body).getexif()) == {ExifTags.Base.Orientation: 6}
    assert SECRET not in got.body
    upload.refresh_from_db()
    assert (upload.width, upload.height) == opened(got.body).size[::-1]


def test_one_that_cannot_be_made_clean_is_refused_and_its_bytes_are_gone(
    local_desk: Desk, buyer: User, seller: User, room: Room
) -> None:
    upload = local_desk.confirmed(buyer, as_png()[:400], name="a.png", type="image/png")
    local_desk.message(buyer, room, upload)
    work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, upload.trouble) == ("refused", "cannot be made clean")
    assert [local_desk.download(who, upload).status for who in (buyer, seller)] == [404, 404]
    assert local_desk.stored(buyer) == set()


@pytest.mark.parametrize("dies", ["decoder", "worker"])
def test_one_that_kills_whoever_cleans_it_is_refused(
    local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise PainterLost

    monkeypatch.setattr(Painter, "clean", lost)
    upload = local_desk.picture(buyer, is_looked_at=False)
    attempts = work.MAX_ATTEMPTS - (1 if dies == "decoder" else 0)
    Upload.objects.filter(pk=upload.pk).update(attempts=attempts)
    work.work_off_due()
    upload.refresh_from_db()
    assert (upload.state, local_desk.stored(buyer)) == ("refused", set())


KILLED = """
import os, signal, sys
import django; django.setup()
from chat.services.files import work

setattr(work, sys.argv[1], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
work.work_off_due()
"""


def killed_before(step: str, folder: Path) -> None:
    """A worker of its own, on our database and store, until it comes to this step."""
    address, _, query = os.environ["DATABASE_URL"].partition("?")
    ours = f"{address.rpartition('/')[0]}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else "")
    environment = {**os.environ, "DATABASE_URL": ours, "VAR_DIR": str(folder), "LOG_FILES": "false", "S3_ENDPOINT": ""}
    argv = [sys.executable, "-c", KILLED, step]
    done = subprocess.run(argv, env=environment, cwd=settings.BASE_DIR, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("step", "status"), [("_write_down", 409), ("_not_to_be_kept", 200)])
def test_a_worker_killed_between_cleaning_and_marking_leaves_nothing_dirty(
    local_desk: Desk, buyer: User, tmp_path: Path, step: str, status: int
) -> None:
    upload = local_desk.confirmed(buyer, as_jpeg(), name="a.jpg", type="image/jpeg")
    killed_before(step, tmp_path)
    assert local_desk.stored(buyer) == {upload.storage_key, upload.preview_key, upload.original_key}
    with get_store().open(upload.storage_key) as file:
        assert SECRET not in file.read()
    assert local_desk.download(buyer, upload).status == status

    due_now(upload)
    work.work_off_due()

    got = local_desk.download(buyer, upload)
    assert (got.status, SECRET in got.body) == (200, False)
    assert local_desk.stored(buyer) == {upload.storage_key, upload.preview_key}


def test_pictures_from_before_are_looked_at_again(local_desk: Desk, buyer: User) -> None:
    """Their only original is what was given out."""
    old, other = local_desk.picture(buyer), local_desk.confirmed(buyer)
    get_store().save(old.storage_key, io.BytesIO(as_png()), content_type="image/png")
    importlib.import_module("chat.migrations.0004_clean_pictures").look_again(apps, None)
    assert local_desk.download(buyer, old).status == 409
    assert local_desk.download(buyer, other).status == 200
    assert work.work_off_due() == 1
    got = local_desk.download(buyer, old)
    assert (got.status, SECRET in got.body) == (200, False)


def test_a_confirmation_that_comes_after_the_worker_is_answered_as_the_first_was(
    local_desk: Desk, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = local_desk.sent_up(buyer, picture(), name="a.png", type="image/png")["object_key"]

    def overtaken(*given: object, **named: object) -> object:
        monkeypatch.setattr(uploading, "take_in", take_in)
        assert local_desk.confirm(buyer, key).status_code == 201
        work.work_off_due()
        assert get_store().head(incoming_key(key)) is None
        return take_in(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(uploading, "take_in", overtaken)
    late = local_desk.confirm(buyer, key)
    assert (late.status_code, late.json()["state"]) == (201, "ready")


def test_an_original_that_came_back_is_collected(local_desk: Desk, buyer: User) -> None:
    done, waiting = local_desk.picture(buyer), local_desk.picture(buyer, is_looked_at=False)
    get_store().save(done.original_key, io.BytesIO(as_png()), content_type="image/png")
    Upload.objects.update(created_at=timezone.now() + upkeep.KEPT_FOR)  # so that both rows stay
    tally = upkeep.collect(now=timezone.now() + upkeep.KEPT_FOR)
    assert tally == {"dropped": 0, "strays": 1}
    assert local_desk.stored(buyer) == {done.storage_key, done.preview_key, waiting.original_key}
