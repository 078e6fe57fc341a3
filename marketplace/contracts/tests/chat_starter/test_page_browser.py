"""`/test` in a real browser, in both languages: two people sign in, choose a room and talk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, ViewportSize, WebSocketRoute, expect, sync_playwright

from accounts.models import User
from chat.models import Message, Room
from chat.services import sending
from chat.services.sending import Draft
from conftest import PASSWORD
from marketplace.tests.browser import ARGS, CHROMIUM, fits, needs_chromium

TOLD = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"  # as Chromium says it

pytestmark = needs_chromium


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Page, Page]]:
    """On a desk and on a phone; whatever the browsers complain about fails the test at its end."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop running in this thread
    complaints: list[str] = []
    expected: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        tabs = [
            browser.new_page(viewport=ViewportSize(width=1280, height=800)),
            browser.new_page(viewport=ViewportSize(width=390, height=844), locale="es-CO"),
        ]
        for tab in tabs:
            tab.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            tab.on("response", lambda reply: expected.append(TOLD) if reply.status == 401 else None)
            tab.on("pageerror", lambda error: complaints.append(str(error)))
        yield tabs[0], tabs[1]
        browser.close()
        connections.close_all()
    assert complaints == expected


def enter(page: Page, address: str, person: User, *, labels: tuple[str, str, str, str]) -> None:
    name, password, button, room = labels
    page.goto(f"{address}/test")
    page.get_by_label(name).fill(person.username)
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=button).click()
    page.get_by_label(room).select_option("General")


def test_seed_two_people_talk_on_the_page_and_see_each_other_type(
    address: str, pages: tuple[Page, Page], buyer: User, seller: User, general: Room
) -> None:
    assert general.owner is not None
    sending.send(general.owner, general.pk, Draft("<b>welcome</b>"))
    desk, phone = pages
    enter(desk, address, buyer, labels=("User name", "Password", "Sign in", "Room"))
    expect(desk.get_by_text("Connected")).to_be_visible()
    expect(desk.get_by_text("<b>welcome</b>")).to_be_visible()
    enter(phone, address, seller, labels=("Nombre de usuario", "Contraseña", "Entrar", "Sala"))
    expect(phone.get_by_text("Conectado")).to_be_visible()
    desk.get_by_label("Your message").press_sequentially("hola")
    expect(phone.get_by_text("buyer está escribiendo…")).to_be_visible()
    desk.get_by_role("button", name="Send").click()
    for page in pages:
        expect(page.locator("#said li", has_text="hola")).to_have_count(1)
        assert fits(page)
    expect(phone.get_by_text("buyer está escribiendo…")).to_have_count(0)
    assert Message.objects.filter(room=general).count() == 2


def test_a_wrong_password_is_told_and_nothing_opens(
    address: str, pages: tuple[Page, Page], buyer: User, general: Room
) -> None:
    desk, phone = pages
    phone.close()
    desk.goto(f"{address}/test")
    desk.get_by_label("User name").fill("buyer")
    desk.get_by_label("Password").fill("wrong")
    with desk.expect_response("**/api/auth/login"):
        desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("alert")).to_have_text("This name and password do not fit.")
    expect(desk.get_by_label("Room")).to_be_hidden()


@pytest.mark.django_db(transaction=True)
def test_a_lost_room_can_be_chosen_again(address: str, browser: Browser, buyer: User, general: Room) -> None:
    desk = browser.new_page()
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        lines.append(line)
        line.connect_to_server()

    desk.route_web_socket("**/ws/chat/**", through)
    enter(desk, address, buyer, labels=("User name", "Password", "Sign in", "Room"))
    expect(desk.get_by_text("Connected")).to_be_visible()
    lines[-1].close()
    expect(desk.get_by_role("alert")).to_have_text("The connection is gone. Choose the room again.")
    expect(desk.get_by_label("Room")).to_have_value("")  # what is chosen already cannot be chosen
    desk.get_by_label("Room").select_option("General")
    expect(desk.get_by_text("Connected")).to_be_visible()
    expect(desk.get_by_role("alert")).to_be_hidden()


@pytest.mark.django_db(transaction=True)
def test_who_goes_on_to_another_room_is_told_of_no_trouble(
    address: str, browser: Browser, buyer: User, general: Room, secret: Room
) -> None:
    desk = browser.new_page()
    enter(desk, address, buyer, labels=("User name", "Password", "Sign in", "Room"))
    expect(desk.get_by_text("Connected")).to_be_visible()
    desk.evaluate(
        """() => {
        const rooms = document.getElementById("room");
        for (const name of ["Secret", "General", "Secret"]) {
            rooms.value = [...rooms.options].find((each) => each.text === name).value;
            rooms.dispatchEvent(new Event("change"));
        }
    }"""
    )
    expect(desk.get_by_text("Connected")).to_be_visible()
    desk.wait_for_timeout(300)
    expect(desk.get_by_role("alert")).to_be_hidden()
