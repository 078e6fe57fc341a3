"""The guide's Python, as it stands, over a real connection."""

from __future__ import annotations

from pathlib import Path

import httpx as requests  # the same words, and the same form on the wire

from accounts.models import User
from chat.models import Message, Room
from chat.tests.desk import PDF
from marketplace.contracts.tests.clients import bearer


def test_seed_a_file_is_sent_up_and_then_sent_in_a_message(
    address: str,
    local_files: None,
    buyer: User,
    general: Room,
    tmp_path: Path,
) -> None:
    token, document = bearer(buyer, "/api/users/login"), tmp_path / "document.pdf"
    document.write_bytes(PDF)

    # Subir archivo
    with document.open("rb") as f:
        files = {"file": f}
        headers = {"Authorization": f"Bearer {token}"}
        response = requests.post(f"{address}/api/uploads/", files=files, headers=headers)

    file_info = response.json()
    assert file_info["public_url"].startswith("/api/uploads/")

    # Enviar mensaje con archivo
    message_data = {
        "content": "Te envío este documento",
        "room_id": general.number,
        "file_id": file_info["id"],
    }

    response = requests.post(f"{address}/api/rooms/{general.number}/messages", json=message_data, headers=headers)

    assert response.status_code == 201
    assert Message.objects.get().attachments.get().upload.number == file_info["id"]
    assert requests.get(f"{address}{file_info['public_url']}", headers=headers).content == PDF
