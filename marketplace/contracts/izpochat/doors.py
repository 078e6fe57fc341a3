"""What IzpoChat's doors have in common."""

from __future__ import annotations

from rest_framework.parsers import BaseParser

from marketplace.common.jsonio import StrictJSONParser
from marketplace.contracts import rooms
from marketplace.contracts.common import ContractDoor

WORDS = {
    **rooms.WORDS,
    "email_taken": "Email already registered",
    "username_taken": "Username already taken",
    "invalid_credentials": "Incorrect username or password",
}


class IzpoDoor(ContractDoor):
    contracts = ("IzpoChat",)
    words = WORDS
    parser_classes: tuple[type[BaseParser], ...] = (StrictJSONParser,)
