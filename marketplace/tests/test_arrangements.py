"""How the processes of a local run are started."""

from __future__ import annotations

import re

import pytest

from marketplace.local.arrangements import Arrangement, grown
from marketplace.local.arrangements import timer as any_process
from marketplace.local.errors import LocalError
from marketplace.tests.production import text_of


def arranged(**environment: str) -> Arrangement:
    return grown(environment, http_port=8001, sockets_port=8002, front=any_process(environment))


def http_options(**environment: str) -> dict[str, str]:
    words = arranged(**environment).doors[0].argv
    return {word: words[place + 1] for place, word in enumerate(words[:-1]) if word.startswith("--")}


@pytest.mark.parametrize(("given", "threads"), [({}, 8), ({"WEB_THREADS": ""}, 8), ({"WEB_THREADS": "3"}, 3)])
def test_behind_nginx_as_many_threads_answer_as_are_asked_for(given: dict[str, str], threads: int) -> None:
    options = http_options(**given)

    assert options["--blocking-threads"] == str(threads)
    assert options["--backpressure"] == str(threads * 16)
    assert arranged(**given).doors[0].environment["WEB_THREADS"] == str(threads)


@pytest.mark.parametrize("nonsense", ["many", "0", "-1", "2.5"])
def test_a_number_of_threads_that_is_none_is_told(nonsense: str) -> None:
    with pytest.raises(LocalError, match=f"WEB_THREADS={re.escape(nonsense)} is not a number of at least 1"):
        arranged(WEB_THREADS=nonsense)


def test_a_local_run_and_a_container_let_as_many_wait() -> None:
    assert '--backpressure "$((WEB_THREADS * 16))"' in text_of("deploy/entrypoint.sh")


@pytest.mark.parametrize(
    ("given", "trusted"), [({}, "127.0.0.1/32"), ({"TRUSTED_PROXIES": "10.0.0.1"}, "10.0.0.1,127.0.0.1/32")]
)
def test_behind_nginx_its_word_is_trusted_beside_that_of_who_was_trusted_before(
    given: dict[str, str], trusted: str
) -> None:
    arrangement = arranged(**given)

    for process in (*arrangement.doors[:2], *arrangement.helpers):
        assert process.environment["TRUSTED_PROXIES"] == trusted
