"""The API's description: there, right, and without the internet."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace import pages

pytestmark = pytest.mark.django_db

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_the_document_names_every_route_of_v1_and_its_errors(anonymous: APIClient) -> None:
    document = anonymous.get("/openapi.json").json()

    assert document["openapi"].startswith("3.")
    register = document["paths"]["/v1/auth/register"]["post"]
    assert {"201", "400", "413", "422", "429", "503"} <= set(register["responses"])
    assert register["requestBody"]["content"].keys() == {"application/json"}
    assert "401" in document["paths"]["/v1/auth/me"]["get"]["responses"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_the_document_says_of_an_address_what_it_does_and_nothing_of_how_we_build_doors(anonymous: APIClient) -> None:
    paths = anonymous.get("/openapi.json").json()["paths"]
    said = [entry.get("description", "") for entries in paths.values() for entry in entries.values()]

    assert paths["/v1/users/me"]["patch"]["description"].startswith("A new e-mail address needs")
    assert "description" not in paths["/v1/auth/me"]["get"]
    assert not [text for text in said if any(word in text for word in ("one class", "viewset", "A door", "people who"))]


def test_the_document_is_not_sent_twice(anonymous: APIClient) -> None:
    tag = anonymous.get("/openapi.json")["ETag"]

    assert anonymous.get("/openapi.json", HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.mark.parametrize(
    ("path", "kept"), [("/openapi.json", pages._document), ("/asyncapi.json", pages._socket_document)]
)
def test_another_text_of_the_same_length_has_another_tag(
    anonymous: APIClient, monkeypatch: pytest.MonkeyPatch, path: str, kept: Any
) -> None:
    def tag_of(text: bytes) -> str:
        monkeypatch.setattr(pages, "dumps", lambda _: text)
        kept.cache_clear()
        return str(anonymous.get(path)["ETag"])

    try:
        assert tag_of(b'{"a":1}') != tag_of(b'{"a":2}')
        assert tag_of(b'{"a":1}') == tag_of(b'{"a":1}')
    finally:
        kept.cache_clear()


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/"])
def test_pages_ask_nobody_else(anonymous: APIClient, path: str) -> None:
    page = anonymous.get(path, HTTP_ACCEPT="text/html").content.decode()

    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_browsers_find_an_icon(anonymous: APIClient) -> None:
    assert anonymous.get("/favicon.ico")["Location"].endswith(".svg")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize(("path", "sign"), [("/docs", ".opblock"), ("/redoc", "h1")])
def test_the_docs_work_in_a_browser_under_our_own_policy(live_server: Any, path: str, sign: str) -> None:
    from playwright.sync_api import sync_playwright

    refused: list[str] = []
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page()
        page.on("requestfailed", lambda request: refused.append(request.url))
        page.on("pageerror", lambda error: refused.append(str(error)))
        page.goto(f"{live_server.url}{path}")
        page.wait_for_selector(sign, timeout=30_000)
        browser.close()

    # Redoc draws its maker's logo from a server of theirs; our policy refuses, and nothing is missing
    assert [url for url in refused if "logo-mini" not in url] == []
