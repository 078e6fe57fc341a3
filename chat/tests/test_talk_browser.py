"""`/talk` and the reference client in a real browser, before the real server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, WebSocket, WebSocketRoute, expect
from pytest_django import Settings

from accounts.models import User
from chat.models import LastSeen, Message, Room
from chat.realtime import presence
from chat.services import changing, marks, sending, telling
from chat.services.sending import Draft
from chat.tests.desk import Desk
from conftest import PASSWORD
from marketplace.tests.browser import SIZES, fits, needs_chromium

pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(make_group: Callable[..., Room], buyer: User, seller: User) -> Room:
    return make_group(seller, buyer)


def enter(page: Page, address: str, person: User, room: Room) -> None:
    page.goto(f"{address}/talk#{room.pk}")
    expect(page.locator("#sign-out")).to_be_hidden()
    sign_in(page, person)
    expect(page.locator("#state")).to_have_attribute("data-state", "up")
    expect(page.get_by_role("heading", name="Robotics")).to_be_visible()


def sign_in(page: Page, person: User) -> None:
    page.locator("#name").fill(person.username)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def test_two_people_talk(address: str, page: Page, room: Room, buyer: User, seller: User) -> None:
    sending.send(seller, room.pk, Draft("hola"))
    enter(page, address, buyer, room)
    expect(page.locator("#log").get_by_text("hola")).to_be_visible()
    assert fits(page)

    write(page, "<b>¿sigue en venta?</b>")
    expect(page.locator("#log")).to_contain_text("<b>¿sigue en venta?</b>")
    expect(page.locator("#unsent .said")).to_have_count(0)
    sent = Message.objects.get(sender=buyer)
    sending.send(seller, room.pk, Draft("sí"))
    expect(page.locator("#log .said p")).to_have_text(["hola", "<b>¿sigue en venta?</b>", "sí"])
    marks.read_up_to(seller, room.pk, sent.seq)
    expect(page.locator("#log .own .seen")).to_contain_text("seen")

    page.get_by_role("button", name="Español").click()
    page.wait_for_load_state()
    page.goto(f"{address}/talk#{room.pk}")
    expect(page.get_by_role("button", name="Enviar")).to_be_visible()
    expect(page.locator("#state")).to_have_text("Conectado")
    page.get_by_role("button", name="Cerrar sesión").click()
    expect(page.get_by_label("Contraseña")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('market.session')") is None


def test_whether_the_other_one_is_here(
    address: str,
    browser: Browser,
    make_group: Callable[..., Room],
    buyer: User,
    seller: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(presence, "GRACE_SECONDS", 1)
    room = make_group(seller, buyer, is_private=True)
    room.members.update(last_read_seq=1)
    LastSeen.objects.create(user=seller, at=datetime.fromisoformat("2020-02-29T12:00:00Z"))
    tab, other = browser.new_page(), browser.new_page()
    enter(tab, address, buyer, room)
    expect(tab.locator("#whereabouts")).to_contain_text("Last here: Feb 29, 2020")
    enter(other, address, seller, room)
    expect(tab.locator("#whereabouts")).to_have_text("Here now")
    expect(other.locator("#whereabouts")).to_have_text("Here now")
    other.close()
    expect(tab.locator("#whereabouts")).to_contain_text("Last here", timeout=20_000)
    expect(tab.locator("#whereabouts")).not_to_contain_text("2020")  # no worker has written it down here
    tab.evaluate("location.hash = ''")
    expect(tab.locator("#whereabouts")).to_be_empty()


def test_a_chat_that_was_left_is_not_drawn_into_the_next(
    address: str, page: Page, make_group: Callable[..., Room], buyer: User, seller: User
) -> None:
    rooms = [make_group(seller, buyer, name=name) for name in ("Robotics", "Chess")]
    for room in rooms:
        sending.send(seller, room.pk, Draft(f"in {room.name}"))
    enter(page, address, buyer, rooms[0])
    expect(page.locator("#log .said p")).to_have_text(["in Robotics"])
    page.get_by_label("Your message").fill("a draft")
    late: list[Route] = []

    def keep(route: Route) -> None:
        late.append(route)

    page.route(f"**/v1/messages?chat_id={rooms[0].pk}*", keep)
    page.evaluate("location.hash = ''")
    page.evaluate(f"location.hash = '{rooms[0].pk}'")
    expect(page.get_by_label("Your message")).to_have_value("a draft")
    page.evaluate(f"location.hash = '{rooms[1].pk}'")
    expect(page.locator("#log .said p")).to_have_text(["in Chess"])
    expect(page.get_by_label("Your message")).to_have_value("")
    with page.expect_response(f"**/v1/messages?chat_id={rooms[0].pk}*"):
        late[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#log .said p")).to_have_text(["in Chess"])


def test_a_chat_that_could_not_be_read_is_read_again(address: str, browser: Browser, room: Room, buyer: User) -> None:
    sending.send(buyer, room.pk, Draft("hola"))
    tab = browser.new_page()
    enter(tab, address, buyer, room)
    tab.evaluate("location.hash = ''")
    tab.route("**/v1/messages?*", lambda route: route.fulfill(status=503), times=1)
    tab.evaluate(f"location.hash = '{room.pk}'")
    expect(tab.locator("#trouble")).not_to_be_empty()
    expect(tab.locator("#log .said p")).to_have_text(["hola"])
    expect(tab.locator("#trouble")).to_be_empty()


def test_a_room_that_the_server_does_not_know_of_is_asked_for_again(
    address: str, browser: Browser, room: Room, buyer: User, seller: User
) -> None:
    """Its pong names what it knows: here the first asking was lost, and nobody was told."""
    tab = browser.new_page()
    lost: list[str] = []

    def unreliable(ours: WebSocketRoute) -> None:
        server = ours.connect_to_server()

        def ask(text: str | bytes) -> None:
            if (
                json.loads(text)["type"] in ("subscribe", "resume") and not lost
            ):  # whether the line was up by then or not
                lost.append(str(text))
            else:
                server.send(text)

        def tell(text: str | bytes) -> None:
            shown = json.loads(text)
            ours.send(json.dumps({**shown, "heartbeat": 1}) if shown["type"] == "welcome" else text)

        ours.on_message(ask)
        server.on_message(tell)

    tab.route_web_socket("**/v1/ws?*", unreliable)
    enter(tab, address, buyer, room)
    sending.send(seller, room.pk, Draft("hola"))
    expect(tab.locator("#log .said p")).to_have_text(["hola"])
    assert lost


def test_what_was_written_without_a_connection_survives_a_reload_and_is_sent_once(
    address: str,
    browser: Browser,
    room: Room,
    buyer: User,
) -> None:
    tab = browser.new_page(viewport=SIZES["phone"])
    enter(tab, address, buyer, room)

    def away(route: Route) -> None:
        route.abort()

    tab.route("**/v1/ws/ticket", away)
    tab.reload()
    expect(tab.locator("#state")).to_have_attribute("data-state", "waiting")
    write(tab, "uno")
    write(tab, "dos")
    tab.reload()
    expect(tab.locator("#unsent .said p")).to_have_text(["uno", "dos"])
    tab.unroute("**/v1/ws/ticket", away)
    tab.reload()
    expect(tab.locator("#log .said p")).to_have_text(["uno", "dos"])
    expect(tab.locator("#unsent .said")).to_have_count(0)
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["uno", "dos"]


def test_a_token_that_ended_is_renewed_by_itself(
    address: str,
    browser: Browser,
    room: Room,
    buyer: User,
) -> None:
    tab = browser.new_page()
    enter(tab, address, buyer, room)
    stale = "market.session"
    tab.evaluate(
        f"""() => {{
        const kept = JSON.parse(sessionStorage.getItem("{stale}"));
        sessionStorage.setItem("{stale}", JSON.stringify({{...kept, access_token: "ended"}}));
    }}"""
    )
    with tab.expect_response(re.compile("/v1/auth/refresh")):
        tab.reload()
    expect(tab.locator("#state")).to_have_attribute("data-state", "up")
    write(tab, "sigo aquí")
    expect(tab.locator("#log .said p")).to_have_text(["sigo aquí"])


def test_events_that_come_twice_or_never_are_shown_once_and_in_order(
    address: str,
    browser: Browser,
    room: Room,
    buyer: User,
    seller: User,
) -> None:
    tab = browser.new_page()
    lost: set[int] = set()

    def unreliable(ours: WebSocketRoute) -> None:
        server = ours.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            shown = json.loads(text)
            if shown["type"] == "message.created" and shown["seq"] % 3 == 0 and shown["seq"] not in lost:
                lost.add(shown["seq"])
                return
            ours.send(text)
            ours.send(text)

        server.on_message(pass_on)

    tab.route_web_socket("**/v1/ws?*", unreliable)
    enter(tab, address, buyer, room)
    texts = [str(number) for number in range(12)]
    for text in texts:
        sending.send(seller, room.pk, Draft(text))
    expect(tab.locator("#log .said p")).to_have_text(texts)
    assert lost


def test_a_place_and_a_file_are_not_said_to_be_gone(
    address: str, page: Page, room: Room, buyer: User, seller: User, local_desk: Desk
) -> None:
    sending.send(seller, room.pk, Draft(None, kind=Message.Kind.LOCATION, data={"latitude": 4.6, "longitude": -74.06}))
    taken_back = sending.send(seller, room.pk, Draft("sorry"))
    changing.delete(seller, taken_back.message_id, now=timezone.now())
    file = local_desk.confirmed(seller)
    sending.send(seller, room.pk, Draft(None, upload_ids=(file.pk,)))
    enter(page, address, buyer, room)
    expect(page.locator("#log .said p")).to_have_text(["Place: 4.6, -74.06", "This message is no longer here", ""])
    expect(page.locator("#log .file")).to_have_text([file.name])
    expect(page.locator("#chats .chat span.quiet")).to_have_text([file.name])


def test_the_product_speaks_the_readers_language(
    address: str, browser: Browser, room: Room, buyer: User, seller: User
) -> None:
    telling.say(room.pk, "Order placed. It is not paid yet.", data={"kind": "order.create"})
    telling.say(room.pk, "Something newer.", data={"kind": "order.of_a_later_version"})
    tab = browser.new_page(locale="es-CO")
    tab.goto(f"{address}/talk#{room.pk}")
    sign_in(tab, buyer)
    expect(tab.locator("#log .system p")).to_have_text(["Pedido hecho. Aún no está pagado.", "Something newer."])
    tab.get_by_role("button", name="English").click()
    expect(tab.locator("#log .system p").first).to_have_text("Order placed. It is not paid yet.")
    assert tab.url == f"{address}/talk#{room.pk}"


def test_what_is_scrolled_down_to_is_read(
    address: str, browser: Browser, room: Room, buyer: User, seller: User
) -> None:
    for number in range(40):
        sending.send(seller, room.pk, Draft(f"number {number}"))
    tab = browser.new_page(viewport=SIZES["phone"])
    enter(tab, address, buyer, room)
    box = tab.locator(".said-so-far")
    expect(tab.locator("#log .said")).to_have_count(40)
    box.evaluate("box => { box.scrollTop = 0; }")
    said = sending.send(seller, room.pk, Draft("further down"))
    expect(tab.locator("#log .said")).to_have_count(41)
    box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(tab.locator("#chats .badge")).to_have_count(0, timeout=8_000)
    assert room.members.get(user=buyer).last_read_seq == said.seq


def test_who_has_written_it_is_not_writing_any_more(
    address: str, browser: Browser, room: Room, buyer: User, seller: User
) -> None:
    tab, other = browser.new_page(), browser.new_page()
    enter(tab, address, buyer, room)
    enter(other, address, seller, room)
    other.get_by_label("Your message").press_sequentially("hola")
    expect(tab.locator("#hint")).to_have_text("Seller is writing…")
    other.keyboard.press("Enter")
    expect(tab.locator("#log .said p")).to_have_text(["hola"])
    expect(tab.locator("#hint")).to_be_empty(timeout=1_500)


def test_why_nobody_is_signed_in_is_said(address: str, browser: Browser, buyer: User, settings: Settings) -> None:
    settings.REQUIRE_EMAIL_VERIFICATION = True
    tab = browser.new_page()
    tab.goto(f"{address}/talk")
    sign_in(tab, buyer)
    expect(tab.locator("#problem")).to_contain_text("Confirm your e-mail address first")
    tab.route("**/v1/auth/login", lambda route: route.fulfill(status=429, body='{"code": "locked_out"}'))
    sign_in(tab, buyer)
    expect(tab.locator("#problem")).to_contain_text("Too many tries")


def test_signing_in_twice_at_once_is_one_sign_in(
    address: str, browser: Browser, room: Room, buyer: User, seller: User
) -> None:
    tab = browser.new_page()
    sockets: list[WebSocket] = []
    waiting: list[Route] = []

    def count(socket: WebSocket) -> None:
        sockets.append(socket)

    def keep(route: Route) -> None:
        waiting.append(route)

    tab.on("websocket", count)
    tab.route("**/v1/auth/login", keep)
    tab.goto(f"{address}/talk#{room.pk}")
    sign_in(tab, buyer)
    tab.keyboard.press("Enter")
    tab.wait_for_timeout(200)
    for route in waiting:
        route.continue_()
    expect(tab.locator("#state")).to_have_attribute("data-state", "up")
    tab.wait_for_timeout(500)
    assert (len(sockets), buyer.sessions.count()) == (1, 1)


def test_what_cannot_be_shown_is_said_in_the_readers_language(
    address: str, browser: Browser, room: Room, buyer: User
) -> None:
    tab = browser.new_page(locale="es-CO")
    tab.goto(f"{address}/talk#nobody-knows-this")
    sign_in(tab, buyer)
    expect(tab.locator("#trouble")).to_have_text("Este chat no está aquí o no es tuyo.")
    tab.route("**/v1/messages?*", lambda route: route.fulfill(status=429, body="{}"), times=1)
    tab.evaluate(f"location.hash = '{room.pk}'")
    expect(tab.locator("#trouble")).to_contain_text("Demasiados intentos")
    expect(tab.locator("#trouble")).to_be_empty(timeout=8_000)


def test_what_was_seen_without_a_connection_is_known_after_it(
    address: str, browser: Browser, room: Room, buyer: User, seller: User
) -> None:
    tab = browser.new_page()
    enter(tab, address, buyer, room)
    write(tab, "hola")
    expect(tab.locator("#log .own")).to_have_count(1)

    def away(route: Route) -> None:
        route.abort()

    tab.route("**/v1/ws/ticket", away)
    tab.evaluate("dispatchEvent(new Event('offline'))")
    expect(tab.locator("#state")).to_have_attribute("data-state", "waiting")
    marks.read_up_to(seller, room.pk, Message.objects.get(sender=buyer).seq)
    tab.unroute("**/v1/ws/ticket", away)
    expect(tab.locator("#state")).to_have_attribute("data-state", "up", timeout=10_000)
    expect(tab.locator("#log .own .seen")).to_contain_text("seen")
