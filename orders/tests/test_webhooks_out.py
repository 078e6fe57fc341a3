"""Other programs hear of orders: signed, once more if need be, and never at an address inside our own network."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.models import AuditEntry
from orders.models import Order, WebhookDelivery, WebhookEndpoint
from orders.services import ending, operations, paying
from orders.services.webhooks import addresses, endpoints, sending
from orders.services.webhooks.addresses import AddressRefused, is_public, target_of
from orders.services.webhooks.events import EVENTS

pytestmark = pytest.mark.django_db


class Ear(HTTPServer):
    """A program that listens: what it heard, and what it answers next."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hearing)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?for=us"


class _Hearing(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def ear(settings: Settings) -> Iterator[Ear]:
    settings.WEBHOOKS_ALLOW_LOCAL = True
    settings.WEBHOOK_TIMEOUT_SECONDS = 2.0
    ear = Ear()
    thread = threading.Thread(target=ear.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield ear
    ear.shutdown()
    thread.join()
    ear.server_close()


@pytest.fixture
def endpoint(ear: Ear, administrator: User) -> WebhookEndpoint:
    return endpoints.add(administrator, name="Books", url=ear.url, events=EVENTS)


def deliver() -> None:
    outbox.deliver_due(limit=1_000)
    sending.work_off_due()


def due_now() -> None:
    WebhookDelivery.objects.filter(due_at__isnull=False).update(due_at=Now() - timedelta(seconds=1))


def test_an_order_is_told_signed_and_in_words_that_stay(
    ear: Ear, endpoint: WebhookEndpoint, buyer: User, order: Order
) -> None:
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    paying.capture(buyer, order.pk)
    ending.complete(buyer, order.pk)
    deliver()

    told = [json.loads(body) for _, body in ear.heard]
    assert {each["event"] for each in told} == {"order.created", "order.paid", "order.settling", "order.completed"}
    paid = next(each for each in told if each["event"] == "order.paid")
    assert (paid["order"]["id"], paid["order"]["state"], paid["order"]["total_cents"]) == (
        str(order.pk),
        "funded",
        order.total_cents,
    ), "as it was then"
    for headers, body in ear.heard:
        at, signature = (part.partition("=")[2] for part in headers["Webhook-Signature"].split(","))
        expected = hmac.new(endpoint.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        assert signature == expected
        assert headers["Webhook-Id"] == json.loads(body)["id"]
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"sent"}


def test_only_what_was_chosen_and_only_while_it_is_on(ear: Ear, endpoint: WebhookEndpoint, order: Order) -> None:
    WebhookEndpoint.objects.update(events=["order.completed"])
    deliver()
    assert not WebhookDelivery.objects.exists()
    WebhookEndpoint.objects.update(events=list(EVENTS), is_active=False)
    ending.cancel(order.buyer, order.pk)
    deliver()
    assert (WebhookDelivery.objects.count(), ear.heard) == (0, [])


def test_what_fails_is_tried_again_later_and_each_time_later(ear: Ear, endpoint: WebhookEndpoint, order: Order) -> None:
    ear.answers = [500, 302, 200]
    deliver()
    waits = []
    for _ in range(2):
        delivery = WebhookDelivery.objects.get()
        assert delivery.due_at is not None
        waits.append(delivery.due_at)
        sending.work_off_due()  # not due yet
        due_now()
        sending.work_off_due()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.due_at) == ("sent", 3, None)
    assert [each["answer"] for each in delivery.log] == ["500", "302", "200"], "a redirect is not followed"
    assert len({headers["Webhook-Id"] for headers, _ in ear.heard}) == 1
    assert sending._wait_after(2) > sending._wait_after(1)
    assert sending._wait_after(60) == sending.SLOWEST_RETRY


def test_after_three_days_it_is_given_up_and_can_be_replayed(
    ear: Ear, endpoint: WebhookEndpoint, order: Order, administrator: User, in_admin: Callable[[User], Client]
) -> None:
    ear.answers = [500, 500]
    deliver()
    WebhookDelivery.objects.update(give_up_at=Now())
    due_now()
    sending.work_off_due()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.due_at) == ("dead", None)

    url = reverse("admin:orders_webhookdelivery_decide", args=[delivery.pk, "replay"])
    assert in_admin(administrator).post(url, {"reason": "They are back"}).status_code == 302
    sending.work_off_due()

    delivery.refresh_from_db()
    assert (delivery.state, len(delivery.log)) == ("sent", 3)
    assert AuditEntry.objects.latest("pk").action == "webhook.replayed"


def test_the_log_is_bounded_and_holds_nothing_of_the_answer(ear: Ear, endpoint: WebhookEndpoint, order: Order) -> None:
    deliver()
    old = [{"at": "-", "answer": "500", "milliseconds": 1}] * sending.KEPT_ATTEMPTS
    WebhookDelivery.objects.update(state="waiting", due_at=Now() - timedelta(seconds=1), done_at=None, log=old)
    sending.work_off_due()
    log = WebhookDelivery.objects.get().log
    assert (len(log), log[-1]["answer"]) == (sending.KEPT_ATTEMPTS, "200")


def test_one_that_is_away_holds_up_no_other(
    ear: Ear, endpoint: WebhookEndpoint, administrator: User, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints.add(administrator, name="Away", url="http://127.0.0.1:9/", events=EVENTS)
    ending.cancel(order.buyer, order.pk)
    tried: list[str] = []
    real = sending._post

    def watched(target: addresses.Target, body: bytes, headers: dict[str, str]) -> int:
        tried.append(f"{target.port}")
        return real(target, body, headers)

    monkeypatch.setattr(sending, "_post", watched)
    deliver()
    assert tried.count("9") == 1, "the second one for it waits without being tried"
    assert len(ear.heard) == 2


def test_one_that_trickles_is_cut_off(settings: Settings, endpoint: WebhookEndpoint, order: Order) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.1
    with socket.create_server(("127.0.0.1", 0)) as silent:
        WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        deliver()
    assert WebhookDelivery.objects.get().log[0]["answer"] == "TimeoutError"


# ── T45: where it may go ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.com/",
            "ftp://example.com/",
            "https://",
            "https:///x",
            "//example.com",
            "javascript:alert(1)",
        ),
        *(
            "https://user:word@example.com/",
            "https://example.com\\@10.0.0.1/",
            "https://exam ple.com",
            "https://a:99999/",
        ),
        *("https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/"),
        *(
            "https://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/",
            "https://0.0.0.0/",
            "https://[64:ff9b::a00:1]/",
        ),
    ],
)
def test_T45_what_is_not_public_https_is_refused_at_once(administrator: User, url: str) -> None:
    with pytest.raises(AddressRefused):
        endpoints.add(administrator, name="x", url=url, events=EVENTS)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001"])
def test_T45_a_name_that_leads_inside_is_refused_when_it_is_looked_up(host: str) -> None:
    with pytest.raises(AddressRefused):
        target_of(f"https://{host}/")


def test_T45_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        target_of("https://example.com/")
    del found[1]
    assert target_of("https://example.com/").address == "93.184.215.14"


def test_T45_what_has_become_private_is_not_sent(
    ear: Ear, endpoint: WebhookEndpoint, order: Order, settings: Settings
) -> None:
    settings.WEBHOOKS_ALLOW_LOCAL = False
    deliver()
    assert ear.heard == []
    assert WebhookDelivery.objects.get().log[0]["answer"] == "webhook_address_refused"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *(("93.184.215.14", True), ("2606:2800:21f::1", True), ("::ffff:93.184.215.14", True)),
        *(("100.64.0.1", False), ("192.0.0.8", False), ("224.0.0.1", False), ("255.255.255.255", False)),
        *(("fc00::1", False), ("2002:a00:1::", False), ("ff02::1", False), ("::", False), ("fe80::1%eth0", False)),
    ],
)
def test_T45_what_is_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


# ── The admin ────────────────────────────────────────────────────────────────────────────────────


def test_the_secret_is_shown_once(in_admin: Callable[[User], Client], administrator: User) -> None:
    browser = in_admin(administrator)
    asked = {"name": "Books", "url": "https://books.example.com/hook", "events": ["order.paid"], "is_active": "on"}
    page = browser.post("/admin/orders/webhookendpoint/add/", asked, follow=True).content.decode()
    made = WebhookEndpoint.objects.get()
    assert (made.added_by, made.events, len(made.secret) > 40) == (administrator, ["order.paid"], True)
    assert made.secret in page
    again = browser.get(reverse("admin:orders_webhookendpoint_change", args=[made.pk])).content.decode()
    assert made.secret not in again
    assert AuditEntry.objects.get().data == {"url": made.url, "events": ["order.paid"]}


def test_an_endpoint_is_changed_and_its_secret_stays(in_admin: Callable[[User], Client], administrator: User) -> None:
    made = endpoints.add(administrator, name="Books", url="https://books.example.com/", events=EVENTS)
    url = reverse("admin:orders_webhookendpoint_change", args=[made.pk])
    browser = in_admin(administrator)
    refused = {"name": "Books", "url": "https://10.0.0.1/", "events": ["order.paid"]}
    assert "public https addresses only" in browser.post(url, refused).content.decode()
    assert browser.post(url, {**refused, "url": "https://other.example.com/"}).status_code == 302
    stored = WebhookEndpoint.objects.get()
    assert (stored.url, stored.is_active, stored.secret) == ("https://other.example.com/", False, made.secret)


def test_T13_moderators_do_not_decide_where_orders_are_told(
    in_admin: Callable[[User], Client], moderator: User, administrator: User
) -> None:
    made = endpoints.add(administrator, name="Books", url="https://books.example.com/", events=EVENTS)
    asked = {"name": "Mine", "url": "https://evil.example.com/", "events": ["order.paid"]}
    for url in ("/admin/orders/webhookendpoint/add/", reverse("admin:orders_webhookendpoint_change", args=[made.pk])):
        assert in_admin(moderator).post(url, asked).status_code == 403
    assert WebhookEndpoint.objects.get().url == made.url
