"""Files for tests, and their way through the doors: on the local store and on a real S3 server."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from chat.models import Message, Room, Upload
from chat.services import sending
from chat.services.files import work
from chat.services.sending import Draft
from listings.tests.studio import Studio, encoded
from marketplace.common.storage import ObjectStore, get_store
from marketplace.tests.storage_contract import Answer

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"notes " * 50
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
OFFICE = "application/vnd.openxmlformats-officedocument."


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


def picture(kind: str = "PNG", width: int = 640, height: int = 480) -> bytes:
    return encoded(Image.radial_gradient("L").resize((width, height)).convert("RGB"), kind)


WELCOME: dict[str, tuple[str, bytes]] = {
    "a.pdf": ("application/pdf", PDF),
    "a.doc": ("application/msword", OLE),
    "a.docx": (f"{OFFICE}wordprocessingml.document", zipped("word/document.xml", "[Content_Types].xml")),
    "a.xls": ("application/vnd.ms-excel", OLE),
    "a.xlsx": (f"{OFFICE}spreadsheetml.sheet", zipped("[Content_Types].xml", "xl/workbook.xml")),
    "a.ppt": ("application/vnd.ms-powerpoint", OLE),
    "a.pptx": (f"{OFFICE}presentationml.presentation", zipped("[Content_Types].xml", "ppt/x.xml")),
    "a.txt": ("text/plain", "Cálculo 1".encode()),
    "a.csv": ("text/csv", b"ID;Nombre\r\n1;Ana\r\n"),
    "b.csv": ("application/vnd.ms-excel", b"ID;Nombre\r\n1;Ana\r\n"),
    "a.jpg": ("image/jpeg", picture("JPEG")),
    "a.jpeg": ("image/jpeg", picture("JPEG")),
    "a.png": ("image/png", picture("PNG")),
    "a.gif": ("image/gif", picture("GIF")),
    "a.webp": ("image/webp", picture("WEBP")),
    "a.svg": ("image/svg+xml", SVG),
    "a.mp3": ("audio/mpeg", b"ID3\x04" + bytes(60)),
    "a.wav": ("audio/x-wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(60)),
    "a.ogg": ("audio/ogg", b"OggS\0\x02" + bytes(60)),
    "a.mp4": ("video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
    "a.avi": ("video/x-msvideo", b"RIFF\x24\0\0\0AVI LIST" + bytes(60)),
    "a.mov": ("video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
    "a.zip": ("application/zip", zipped("a.txt")),
    "b.zip": ("application/x-zip-compressed", zipped("a.txt")),
    "a.rar": ("application/vnd.rar", b"Rar!\x1a\x07\x01\0" + bytes(60)),
    "b.rar": ("application/x-rar-compressed", b"Rar!\x1a\x07\0" + bytes(60)),
    "a.7z": ("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(60)),
}


@dataclass
class Desk:
    studio: Studio

    @property
    def store(self) -> ObjectStore:
        return get_store()

    def presign(self, owner: User, name: str = "notes.pdf", type: str = "application/pdf", **more: Any) -> Any:
        body = {"filename": name, "content_type": type, **more}
        return self.studio.signed_in(owner).post("/v1/uploads/presign", body)

    def sent_up(self, owner: User, body: bytes = PDF, **more: Any) -> dict[str, Any]:
        """Put where its address leads, and not yet confirmed."""
        reply = self.presign(owner, **more)
        assert reply.status_code == 201, reply.content
        granted: dict[str, Any] = reply.json()
        assert self.studio.put(granted, body).status in (200, 201)
        return granted

    def confirm(self, owner: User, key: str, **more: Any) -> Any:
        return self.studio.signed_in(owner).post("/v1/uploads", {"object_key": key, **more})

    def confirmed(self, owner: User, body: bytes = PDF, **more: Any) -> Upload:
        reply = self.confirm(owner, self.sent_up(owner, body, **more)["object_key"])
        assert reply.status_code == 201, reply.content
        upload: Upload = Upload.objects.get(pk=reply.json()["id"])
        return upload

    def picture(self, owner: User, *, is_looked_at: bool = True) -> Upload:
        upload = self.confirmed(owner, picture(), name="me.png", type="image/png")
        if is_looked_at:
            work.work_off_due()
            upload.refresh_from_db()
        return upload

    def form(self, owner: User, *files: tuple[str, bytes, str], field: str = "file", **headers: str) -> Any:
        parts = [SimpleUploadedFile(name, body, content_type=label) for name, body, label in files]
        body = {field: parts if field == "files" else parts[0]} if parts else {"note": "x"}
        return self.studio.signed_in(owner).post("/v1/uploads/files", body, format="multipart", headers=headers)

    def message(self, sender: User, room: Room, *uploads: Upload, text: str | None = None) -> Message:
        sent = sending.send(sender, room.pk, Draft(text, upload_ids=tuple(upload.pk for upload in uploads)))
        message: Message = Message.objects.get(pk=sent.message_id)
        return message

    def download(self, reader: User, upload: Upload, query: str = "", **headers: str) -> Answer:
        """As a client does: on S3 our door points to the bucket."""
        address = f"/v1/uploads/{upload.pk}/download{query}"
        reply: Any = self.studio.signed_in(reader).get(address, headers=headers)
        if reply.status_code == 302:
            return self.studio.web.get(reply["Location"], headers)
        body = b"".join(reply.streaming_content) if reply.streaming else reply.content
        return Answer(reply.status_code, body, {name.lower(): value for name, value in reply.headers.items()})

    def stored(self, *owners: User) -> set[str]:
        later = datetime.now(UTC) + timedelta(days=1)
        return {found.key for folder in _folders(owners) for found in self.store.list(folder, older_than=later)}


def _folders(owners: Iterable[User]) -> list[str]:
    return [f"{root}chat/{owner.pk}/" for owner in owners for root in ("", "originals/", "incoming/")]
