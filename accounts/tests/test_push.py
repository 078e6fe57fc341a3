"""The push backends that need no provider, and the choice between them."""

from __future__ import annotations

import logging

import pytest
from pytest_django import Settings

from accounts import push
from accounts.push import PushMessage, PushTarget
from accounts.push.console import ConsolePush
from accounts.push.memory import MemoryPush
from accounts.push.router import RoutedPush

MESSAGE = PushMessage(
    notification_id="0199",
    kind="test.note",
    title="Hello",
    body="Is it still there?",
    badge=3,
    collapse_key="room:1",
    data={"room_id": "7"},
)


class Recorder:
    def __init__(self) -> None:
        self.tokens: list[str] = []

    def send(self, target: PushTarget, message: PushMessage) -> None:
        self.tokens.append(target.token)


def test_settings_name_the_backend(settings: Settings) -> None:
    assert isinstance(push.backend(), MemoryPush)
    settings.PUSH_BACKEND = "accounts.push.console.ConsolePush"
    assert isinstance(push.backend(), ConsolePush)


def test_the_console_shows_the_message_and_never_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    ConsolePush().send(PushTarget("android", "secret-token"), MESSAGE)

    assert "Is it still there?" in caplog.text
    assert "secret-token" not in caplog.text


def test_a_target_never_shows_its_token() -> None:
    assert "secret-token" not in repr(PushTarget("ios", "secret-token"))


def test_phones_and_browsers_go_different_ways() -> None:
    phones, browsers = Recorder(), Recorder()
    router = RoutedPush(phones=phones, browsers=browsers)

    for platform in ("android", "ios", "web"):
        router.send(PushTarget(platform, platform), MESSAGE)

    assert (phones.tokens, browsers.tokens) == (["android", "ios"], ["web"])


def test_no_provider_is_touched_before_the_first_message(settings: Settings) -> None:
    settings.PUSH_BACKEND = "accounts.push.router.RoutedPush"
    settings.FCM_CREDENTIALS_FILE = "/nowhere"
    assert isinstance(push.backend(), RoutedPush)


def test_a_topic_fits_every_provider() -> None:
    assert len(MESSAGE.topic) == 32
    assert MESSAGE.topic.replace("-", "a").replace("_", "a").isalnum()
    assert PushMessage("1", "k", "t", "b", 0).topic == ""
