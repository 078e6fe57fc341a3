"""Firebase, through its own SDK down to the HTTP adapter: only Google's servers are played by us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.push import PushFailed, PushRefused, PushTarget, TokenGone
from accounts.push.fcm import FcmPush
from accounts.tests.test_push import MESSAGE

firebase_admin = pytest.importorskip("firebase_admin", reason="the `push` extra is not installed")
requests = pytest.importorskip("requests")
TARGET = PushTarget("android", "phone-token")
# newer SDKs would rather have installation ids, but registration tokens are what the apps in the field send
pytestmark = pytest.mark.filterwarnings("ignore:Message.token is deprecated:DeprecationWarning")


class Google(requests.adapters.BaseAdapter):  # type: ignore[misc, name-defined]
    """Answers in the place of fcm.googleapis.com."""

    def __init__(self) -> None:
        super().__init__()
        self.status, self.body, self.seen = 200, {"name": "projects/p/messages/1"}, []  # type: ignore[var-annotated]

    def send(self, request: Any, **_: Any) -> Any:
        self.seen.append((request.url, request.headers, json.loads(request.body)))
        response = requests.Response()
        response.status_code, response.request, response.url = self.status, request, request.url
        response._content = json.dumps(self.body).encode()
        response.headers["Content-Type"] = "application/json"
        return response

    def refuse(self, status: int, code: str, *, message: str = "", detail: str = "") -> None:
        error: dict[str, Any] = {"code": status, "status": code, "message": message}
        if detail:
            kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
            error["details"] = [{"@type": kind, "errorCode": detail}]
        self.status, self.body = status, {"error": error}  # type: ignore[dict-item]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def google() -> Google:
    return Google()


@pytest.fixture
def fcm(google: Google) -> Iterator[FcmPush]:
    from firebase_admin import credentials, messaging

    google_credentials = pytest.importorskip("google.oauth2.credentials")

    class SignedIn(credentials.Base):  # type: ignore[misc]
        def get_credential(self) -> Any:
            return google_credentials.Credentials(token="an-access-token")

    app = firebase_admin.initialize_app(SignedIn(), {"projectId": "campus"}, name="test")
    messaging._get_messaging_service(app)._client.session.mount("https://fcm.googleapis.com", google)
    yield FcmPush(app=app)
    firebase_admin.delete_app(app)


def test_the_message_arrives_as_phones_need_it(fcm: FcmPush, google: Google) -> None:
    fcm.send(TARGET, MESSAGE)

    ((url, headers, body),) = google.seen
    sent = body["message"]
    assert url == "https://fcm.googleapis.com/v1/projects/campus/messages:send"
    assert headers["Authorization"] == "Bearer an-access-token"
    assert sent["token"] == "phone-token"
    assert sent["notification"] == {"title": "Hello", "body": "Is it still there?"}
    assert sent["data"] == {
        "room_id": "7",
        "notification_id": "0199",
        "kind": "test.note",
        "collapse_key": "room:1",
        "badge": "3",
    }
    assert (sent["android"]["collapse_key"], sent["android"]["notification"]["tag"]) == (MESSAGE.topic, MESSAGE.topic)
    assert sent["apns"]["headers"]["apns-collapse-id"] == MESSAGE.topic
    assert sent["apns"]["payload"]["aps"]["badge"] == 3


@pytest.mark.parametrize(
    ("status", "code", "detail", "message", "error"),
    [
        (404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.", TokenGone),
        (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch", TokenGone),
        (
            400,
            "INVALID_ARGUMENT",
            "INVALID_ARGUMENT",
            "The registration token is not a valid FCM registration token",
            TokenGone,
        ),
        (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Android message is too big", PushRefused),
        (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded", PushFailed),
        (403, "PERMISSION_DENIED", "THIRD_PARTY_AUTH_ERROR", "APNs certificate", PushFailed),
        (500, "INTERNAL", "INTERNAL", "Internal error", PushFailed),
    ],
)
def test_each_answer_has_its_meaning(
    fcm: FcmPush, google: Google, status: int, code: str, detail: str, message: str, error: type[Exception]
) -> None:
    google.refuse(status, code, message=message, detail=detail)
    with pytest.raises(error) as raised:
        fcm.send(TARGET, MESSAGE)
    assert type(raised.value) is error
    assert "phone-token" not in str(raised.value)


def test_nothing_is_imported_or_read_before_the_first_message() -> None:
    assert "app" not in vars(FcmPush())
