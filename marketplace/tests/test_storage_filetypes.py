from __future__ import annotations

import io
import zipfile
from itertools import product

import pytest
from PIL import Image

from marketplace.common.storage import InvalidKey, extension_of, new_key
from marketplace.common.storage.filetypes import agrees, sniff
from marketplace.common.storage.presentation import clean_name, present

PICTURES = {"jpg", "jpeg", "png", "webp", "gif"}
ACTIVE = ("html", "script", "xml", "svg", "pdf")


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, kind)
    return file.getvalue()


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(name, "x")
    return file.getvalue()


OFFICE = archive("[Content_Types].xml", "word/document.xml")
GOOGLE_DOCS = archive("word/document.xml", "[Content_Types].xml")
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 60
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HONEST = [
    ("photo.jpg", "image/jpeg", picture("JPEG")),
    ("photo.JPEG", "image/jpg", picture("JPEG")),
    ("photo.png", "image/png", picture("PNG")),
    ("photo.gif", "image/gif", picture("GIF")),
    ("photo.webp", "image/webp", picture("WEBP")),
    ("film.mp4", "video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
    ("song.mp3", "audio/mpeg", b"ID3\x04\0\0\0\0\0\0" + b"x" * 30),
    ("song.mp3", "audio/mp3", b"\xff\xfb\x90\x64" + b"\0" * 40),
    ("notes.pdf", "application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    ("notes.zip", "application/x-zip-compressed", archive("a.txt")),
    ("notes.docx", WORD, OFFICE),
    ("notes.docx", WORD, GOOGLE_DOCS),
    ("notes.doc", "application/msword", OLE),
    ("marks.xls", "application/vnd.ms-excel", OLE),
    ("talk.ppt", "application/vnd.ms-powerpoint", OLE),
    ("notes.rar", "application/vnd.rar", b"Rar!\x1a\x07\x01\0" + b"\0" * 20),
    ("notes.rar", "application/x-rar-compressed", b"Rar!\x1a\x07\0" + b"\0" * 20),
    ("notes.7z", "application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c\0\4"),
    ("film.avi", "video/avi", b"RIFF\x24\0\0\0AVI LIST"),
    ("film.mov", "video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
    ("film.mov", "video/quicktime", b"\0\0\0\x08wide\0\0\0\0mdat"),
    ("song.wav", "audio/x-wav", b"RIFF\x24\0\0\0WAVEfmt "),
    ("song.ogg", "audio/ogg", b"OggS\0\x02" + b"\0" * 20),
    ("marks.csv", "text/csv", b"ID;Nombre\n"),
    ("marks.csv", "text/csv", "Año;Cálculo\r\n".encode("cp1252")),
    ("notes.txt", "text/plain; charset=utf-8", "Cálculo 1, capítulo ½".encode()),
    ("marks.csv", "text/csv", b"name,mark\nAna,5\n"),
    ("marks.csv", "application/vnd.ms-excel", b"name;mark\r\nAna;5\r\n"),
]
HOSTILE = {
    "empty": b"",
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "html after blanks": b"\r\n\t  <script>alert(1)</script>",
    "html after a mark": b"\xef\xbb\xbf<html>",
    "html in two-byte letters": "<html>".encode("utf-16"),
    "html without a head": b"<b onmouseover=alert(1)>x</b>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg after a prolog": b'<?xml version="1.0"?>\n<!-- x -->\n<svg onload="alert(1)"/>',
    "xml": b'<?xml version="1.0"?><feed/>',
    "php": b"<?php system($_GET['c']);",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "tiff": picture("TIFF"),
    "bmp": picture("BMP"),
    "ico": picture("ICO"),
    "avif named as film": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    "unknown film": b"\0\0\0\x1cftypEVIL\0\0\0\0",
    "two bytes of a jpeg": b"\xff\xd8",
    "half a png head": b"\x89PNG\r\n",
    "riff that is no webp": b"RIFF\x24\0\0\0ACONanih",
    "program": b"MZ\x90\0" + b"\0" * 60,
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 60,
    "jar": archive("META-INF/MANIFEST.MF"),
    "shell script": b"#!/bin/sh\nrm -rf /\n",
    "noise": bytes(range(100, 200)),
}


@pytest.mark.parametrize(("name", "declared", "content"), HONEST)
def test_an_honest_file_agrees_with_itself(name: str, declared: str, content: bytes) -> None:
    assert agrees(declared, extension_of(name), sniff(content, name))


@pytest.mark.parametrize("what", HOSTILE)
def test_T24_no_disguise_makes_a_picture_or_a_document(what: str) -> None:
    kinds = [(name, declared) for name, declared, _ in HONEST if not name.endswith((".txt", ".csv"))]
    for name, declared in kinds:
        assert not agrees(declared, extension_of(name), sniff(HOSTILE[what], name)), (what, name)


@pytest.mark.parametrize("what", ["svg", "svg after a prolog"])
def test_T28_a_drawing_that_can_run_is_known_and_only_ever_saved(what: str) -> None:
    assert agrees("image/svg+xml", "svg", sniff(HOSTILE[what], "x.svg"))
    shown = present("chat/1/x.svg", download_name="x.svg", inline=True)
    assert (shown.content_type, shown.disposition) == ("application/octet-stream", 'attachment; filename="x.svg"')


@pytest.mark.parametrize("what", [name for name in HOSTILE if name.startswith(("html", "svg", "xml", "php"))])
def test_T24_markup_is_not_plain_text(what: str) -> None:
    assert not agrees("text/plain", "txt", sniff(HOSTILE[what], "x.txt"))


@pytest.mark.parametrize(("one", "other"), list(product(range(len(HONEST)), repeat=2)))
def test_T24_label_name_and_content_must_all_agree(one: int, other: int) -> None:
    name, declared, content = HONEST[one]
    other_name, other_declared, other_content = HONEST[other]
    if {extension_of(name), extension_of(other_name)} == {"csv", "xls"}:
        return  # Windows has one label for both; their contents differ
    alike = agrees(declared, extension_of(other_name), sniff(other_content, other_name))
    if extension_of(name).replace("jpeg", "jpg") != extension_of(other_name).replace("jpeg", "jpg"):
        assert not alike
        assert not agrees(other_declared, extension_of(name), sniff(content, name))
        only_by_name = {extension_of(name), extension_of(other_name)} in ({"txt", "csv"}, {"zip", "docx"})
        only_by_name = only_by_name or {extension_of(name), extension_of(other_name)} <= {"doc", "xls", "ppt"}
        assert only_by_name or not agrees(declared, extension_of(name), sniff(other_content, name))


@pytest.mark.parametrize(
    "content", [b"GIF89a/*" + b"x" * 20 + b"*/=1;alert(1)//", picture("JPEG") + b"<script>x</script>"]
)
def test_T24_a_polyglot_is_only_what_its_name_shows(content: bytes) -> None:
    kind = sniff(content, "x.html")
    assert kind in ("image/gif", "image/jpeg")
    for extension in ("html", "js", "svg", "pdf"):
        assert not agrees(kind, extension, kind)


@pytest.mark.parametrize(
    "name",
    [
        "x.php",
        "x.jpg.php",
        "x.jpg\x00.svg",
        "x.svg",
        "x.html",
        "x.jpg ",
        "x.jpg/",
        "x",
        ".jpg.",
        "x.jpg::$DATA",
        "x.j\u0440g",
    ],
)
def test_T24_only_listed_extensions_become_keys(name: str) -> None:
    with pytest.raises(InvalidKey):
        new_key("listings/7", extension_of(name), allowed=PICTURES)


def test_T24_a_key_keeps_nothing_of_the_name_but_its_extension() -> None:
    key = new_key("listings/7", extension_of("../../x.php.JPG"), allowed=PICTURES)
    assert key.startswith("listings/7/")
    assert key.endswith(".jpg")
    assert "php" not in key
    with pytest.raises(InvalidKey):
        new_key("listings/../7", "jpg", allowed=PICTURES)


@pytest.mark.parametrize(
    "extension", ["html", "htm", "xhtml", "svg", "xml", "js", "mjs", "css", "swf", "pdf", "exe", ""]
)
def test_T28_what_could_run_is_never_shown(extension: str) -> None:
    shown = present(f"chat/1/x.{extension}".rstrip("."), inline=True)
    assert shown.disposition.startswith("attachment")
    assert extension == "pdf" or shown.content_type == "application/octet-stream"


@pytest.mark.parametrize("extension", sorted(PICTURES | {"mp4", "mp3"}))
def test_T28_pictures_sound_and_film_are_shown_as_such_when_asked(extension: str) -> None:
    assert present(f"a/x.{extension}", inline=True).disposition == "inline"
    assert present(f"a/x.{extension}").disposition.startswith("attachment")
    assert not any(word in present(f"a/x.{extension}").content_type for word in ACTIVE)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Informe final.pdf", "Informe final.pdf"),
        ("../../etc/passwd", "etcpasswd"),
        ('a"b\r\nX: y.pdf', "abX: y.pdf"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ("\x00\x1f", "file"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_download_name_is_fit_for_a_header(given: str, kept: str) -> None:
    assert clean_name(given) == kept
