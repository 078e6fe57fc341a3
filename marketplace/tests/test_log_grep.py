"""The search through the logs can fail: what it must find, and what it must leave alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import User
from accounts.tokens import pair_for
from conftest import PASSWORD, session_of
from marketplace.tests import log_grep


def found_in(directory: Path) -> list[str]:
    return list(log_grep.secrets_in(directory, since={}, searched=log_grep.patterns(PASSWORD)))


@pytest.mark.parametrize(
    "line",
    [
        f'{{"event": "signed in with {PASSWORD}"}}',
        '{"request": "GET /v1/ws?token=abc"}',
        "password=secret",
        '{"new_password": "x"}',
        r'{"event": "{\"refresh_token\": \"x\"}"}',
    ],
)
def test_T31_a_secret_in_a_log_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text(f"first\n{line}\n")

    assert found_in(tmp_path) == [f"{tmp_path}/web.log:2"]


@pytest.mark.django_db
def test_T31_a_real_token_in_a_log_is_found(buyer: User, tmp_path: Path) -> None:
    pair = pair_for(session_of(buyer))
    (tmp_path / "web.log.1").write_text(f"{pair.access}\nnothing\n{pair.refresh}\n")

    assert found_in(tmp_path) == [f"{tmp_path}/web.log.1:1", f"{tmp_path}/web.log.1:3"]


@pytest.mark.parametrize(
    "line",
    [
        '{"request": "GET /v1/ws?token=[hidden]&since=4"}',
        '{"password": "[hidden]", "push_token": null}',
        r'{"event": "{\"refresh_token\": \"[hidden]\"}"}',
        '{"request": "POST /v1/auth/password/reset", "event": "request_finished"}',
    ],
)
def test_T31_a_redacted_line_is_left_alone(line: str, tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text(line)

    assert found_in(tmp_path) == []


def test_T31_what_was_there_before_the_session_is_not_its_fault(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("password=old\n")
    since = log_grep.sizes_of(tmp_path)
    log.rename(tmp_path / "web.log.1")
    log.write_text("password=new\n")

    found = log_grep.secrets_in(tmp_path, since=since, searched=log_grep.patterns(PASSWORD))

    assert list(found) == [f"{log}:1"]


@pytest.mark.parametrize(("line", "status"), [("password=x", 1), ("all well", 0)])
def test_T31_a_session_that_leaked_has_failed(line: str, status: int, tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / "log").mkdir()
    session: Any = SimpleNamespace(config=SimpleNamespace(stash=pytest.Stash()), exitstatus=0)
    log_grep.pytest_sessionstart(session)
    (tmp_path / "log" / "web.log").write_text(line)

    log_grep.pytest_sessionfinish(session)

    assert session.exitstatus == status
