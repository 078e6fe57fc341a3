"""The address in the log is the one that limits count by."""

from __future__ import annotations

import logging

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


def logged_address(client: APIClient, caplog: pytest.LogCaptureFixture, **headers: str) -> str:
    with caplog.at_level(logging.INFO):
        client.get("/v1/categories", headers=headers)
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return str(next(line["ip"] for line in lines if line["event"] == "request_finished"))


def test_T11_a_forged_header_does_not_get_into_the_log(anonymous: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    assert logged_address(anonymous, caplog, **{"X-Forwarded-For": "6.6.6.6"}) == "127.0.0.1"


def test_behind_a_trusted_proxy_the_caller_is_logged(
    anonymous: APIClient, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]

    assert logged_address(anonymous, caplog, **{"X-Forwarded-For": "203.0.113.7"}) == "203.0.113.7"
