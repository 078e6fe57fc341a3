"""T25: a form with a file may be larger than other bodies, and no larger than a file may be."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.tokens import pair_for
from conftest import session_of

ADDRESS = "/v1/uploads/files"


@pytest.mark.django_db(transaction=True)
def test_T25_the_front_door_lets_a_large_form_pass_and_no_larger_one(
    site: httpx.Client, buyer: User, settings: Settings, tmp_path: Path
) -> None:
    settings.S3_ENDPOINT, settings.MEDIA_ROOT = "", tmp_path
    body = b"%PDF-1.7\n" + bytes(3_000_000)
    headers = {"Authorization": f"Bearer {pair_for(session_of(buyer)).access}"}

    taken = site.post(ADDRESS, files={"file": ("a.pdf", body, "application/pdf")}, headers=headers)

    assert (taken.status_code, taken.json()[0]["size_bytes"]) == (201, len(body))
    assert answer_to(site, declaring=60_000_000).startswith(b"HTTP/1.1 413")


def answer_to(site: httpx.Client, *, declaring: int) -> bytes:
    """Before a byte of the body was sent."""
    with socket.create_connection((site.base_url.host, site.base_url.port or 0), timeout=10) as wire:
        wire.sendall(f"POST {ADDRESS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {declaring}\r\n\r\n".encode())
        return wire.recv(1_000)
