"""The registry of what people can be told. Kinds are code; who wants which on which way is data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from accounts.models import Notification, User
from accounts.notices.letters import Letter, plain_letter

LONGEST_TITLE = 200
LONGEST_BODY = 1000

Text = str | Promise
ComposeMail = Callable[[User, Notification], Letter | None]


class Channel(StrEnum):
    IN_APP = "in_app"
    PUSH = "push"
    EMAIL = "email"


ALL = frozenset(Channel)


@dataclass(frozen=True, eq=False)
class Kind:
    """`title` and `body` are lazily translated and may name entries of `data` in braces.

    `channels` is where it goes unless a person chose otherwise, `mandatory` what they cannot switch off. An urgent
    one ignores quiet hours. `compose_mail` writes a letter of its own, at the moment of sending and in the person's
    language; it returns None when there is no longer anything to write.
    """

    name: str
    label: Text
    title: Text
    body: Text
    channels: frozenset[Channel] = frozenset({Channel.IN_APP, Channel.PUSH})
    mandatory: frozenset[Channel] = frozenset()
    is_urgent: bool = False
    reaches_inactive: bool = False
    compose_mail: ComposeMail = plain_letter

    def title_for(self, data: Mapping[str, Any]) -> str:
        return _filled(self.title, data, LONGEST_TITLE)

    def body_for(self, data: Mapping[str, Any]) -> str:
        return _filled(self.body, data, LONGEST_BODY)


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Call it in the app's `ready`; a name belongs to one kind."""
    for kind in kinds:
        if kind.name in _kinds:
            raise ValueError(f"notification kind {kind.name} is registered twice")
        _kinds[kind.name] = kind


def named(name: str) -> Kind:
    try:
        return _kinds[name]
    except KeyError as error:
        raise LookupError(f"no notification kind named {name}") from error


def known() -> Iterable[Kind]:
    """In the order of registration, which is the order in which people see them."""
    return _kinds.values()


def _filled(text: Text, data: Mapping[str, Any], longest: int) -> str:
    """One line, whatever was put into it: a title becomes the subject of a letter."""
    filled = " ".join(str(text).format_map(_Words(data)).split())
    return filled if len(filled) <= longest else filled[: longest - 1] + "…"


class _Words(dict[str, Any]):
    """A fact that is missing leaves a dash, so that one careless caller does not silence a kind for good."""

    def __missing__(self, key: str) -> str:
        return "-"
