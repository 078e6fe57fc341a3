"""Web Push for real: encrypted, signed and posted over TLS to a push service of our own on this machine."""

from __future__ import annotations

import base64
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import http_ece  # type: ignore[import-untyped]
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings
from requests import exceptions

from accounts.push import PushFailed, PushRefused, PushTarget, TokenGone
from accounts.push.webpush import WebPush, is_known_service
from accounts.tests.test_push import MESSAGE

AUTH = b"sixteen bytes ok"


class PushService(BaseHTTPRequestHandler):
    status: ClassVar[int] = 201
    requests: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        self.send_response(self.status)
        if self.status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silence."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate for 127.0.0.1, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push")])
    now, here = datetime.now(UTC), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "push.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def service(
    certificate: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, vapid: ec.EllipticCurvePrivateKey
) -> Iterator[str]:
    """The place of a push service that settings allow; its certificate is trusted."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), PushService)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(PushService, "requests", [])
    monkeypatch.setattr(PushService, "status", 201)
    settings.WEBPUSH_HOSTS = [place]
    settings.WEBPUSH_CONTACT = "mailto:ops@uni.edu"
    settings.WEBPUSH_PRIVATE_KEY = b64(vapid.private_numbers().private_value.to_bytes(32, "big"))
    yield place
    server.shutdown()
    server.server_close()


@pytest.fixture
def vapid() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def browser() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def target(endpoint: str, browser: ec.EllipticCurvePrivateKey) -> PushTarget:
    keys = {"p256dh": b64(point(browser.public_key())), "auth": b64(AUTH)}
    return PushTarget("web", json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys}))


def test_only_the_browser_can_read_what_is_posted(service: str, browser: ec.EllipticCurvePrivateKey) -> None:
    WebPush().send(target(f"https://{service}/wpush/abc", browser), MESSAGE)

    ((path, headers, body),) = PushService.requests
    assert path == "/wpush/abc"
    assert MESSAGE.title.encode() not in body
    assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "86400")
    assert (headers["urgency"], headers["topic"]) == ("normal", MESSAGE.topic)
    assert json.loads(http_ece.decrypt(body, private_key=browser, auth_secret=AUTH)) == {
        "title": "Hello",
        "body": "Is it still there?",
        "badge": 3,
        "tag": MESSAGE.topic,
        "data": {
            "room_id": "7",
            "notification_id": "0199",
            "kind": "test.note",
            "collapse_key": "room:1",
            "badge": "3",
        },
    }


def test_the_post_is_signed_with_our_key_for_that_service(
    service: str, browser: ec.EllipticCurvePrivateKey, vapid: ec.EllipticCurvePrivateKey
) -> None:
    WebPush().send(target(f"https://{service}/wpush/abc", browser), MESSAGE)

    authorization = PushService.requests[0][1]["authorization"]
    token, key = authorization.removeprefix("vapid t=").split(",k=")
    claims = jwt.decode(token, vapid.public_key(), algorithms=["ES256"], audience=f"https://{service}")
    assert claims["sub"] == "mailto:ops@uni.edu"
    assert key == b64(point(vapid.public_key()))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, TokenGone),
        (410, TokenGone),
        (400, PushRefused),
        (413, PushRefused),
        (429, PushFailed),
        (500, PushFailed),
        (503, PushFailed),
    ],
)
def test_each_answer_has_its_meaning(
    service: str,
    browser: ec.EllipticCurvePrivateKey,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    error: type[Exception],
) -> None:
    monkeypatch.setattr(PushService, "status", status)
    with pytest.raises(error) as raised:
        WebPush().send(target(f"https://{service}/wpush/abc", browser), MESSAGE)
    assert type(raised.value) is error
    assert "wpush" not in str(raised.value)


def test_a_redirect_is_not_followed(
    service: str, browser: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PushService, "status", 307)
    with pytest.raises(exceptions.TooManyRedirects):
        WebPush().send(target(f"https://{service}/wpush/abc", browser), MESSAGE)
    assert [path for path, _, _ in PushService.requests] == ["/wpush/abc"]


def test_the_largest_notification_fits_into_a_message(service: str, browser: ec.EllipticCurvePrivateKey) -> None:
    ids = {f"thing{number}_id": "0199d3f2-3c4b-7d11-9a55-1234567890ab" for number in range(6)}
    largest = type(MESSAGE)("0199", "test.note", "ü" * 200, "漢" * 240, 9999, "k" * 120, data=ids)
    WebPush().send(target(f"https://{service}/wpush/abc", browser), largest)
    assert len(PushService.requests[0][2]) <= 4096


def test_t45_a_place_we_do_not_know_is_never_asked(
    service: str, browser: ec.EllipticCurvePrivateKey, settings: Settings
) -> None:
    settings.WEBPUSH_HOSTS = ["push.example.com"]
    with pytest.raises(PushRefused):
        WebPush().send(target(f"https://{service}/wpush/abc", browser), MESSAGE)
    assert PushService.requests == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/a",
        "https://push.example.com:22/a",
        "https://169.254.169.254/latest/meta-data",
        "https://push.example.com@127.0.0.1/a",
        "https://127.0.0.1\\@push.example.com/a",
        "https://127.0.0.1#@push.example.com/a",
        "https://127.0.0.1/@push.example.com",
        "https://evilpush.example.com.evil.net/a",
        "https://xpush.example.com/a",
        "https://push.example.com /a",
        "https://push.example.com/a\r\nHost: evil",
        "https://\uff50ush.example.com/a",
        "//push.example.com/a",
        "file:///etc/passwd",
        "",
        None,
        7,
    ],
)
def test_t45_only_plain_addresses_of_known_services_pass(endpoint: object) -> None:
    assert not is_known_service(endpoint, ["push.example.com"])


@pytest.mark.parametrize("endpoint", ["https://push.example.com/a:b/c_-~=?d=1", "https://db5p.push.example.com/w/?t=1"])
def test_names_below_a_known_service_pass(endpoint: str) -> None:
    assert is_known_service(endpoint, ["push.example.com"])


@pytest.mark.parametrize("token", ["", "no json", "[]", "{}", '{"endpoint": "https://x.y", "keys": {"auth": "a"}}'])
def test_what_is_no_subscription_is_forgotten(token: str) -> None:
    with pytest.raises(TokenGone):
        WebPush().send(PushTarget("web", token), MESSAGE)
