"""Signatures for URLs on our own origin: the method, the key and every query parameter are covered."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "marketplace.common.storage"


class BadSignature(Exception):
    pass


@dataclass(frozen=True)
class UrlSigner:
    base_url: str
    secret: str = field(repr=False)

    def url(self, method: str, key: str, params: Mapping[str, str], *, expires_in: int) -> str:
        signed = {**params, "expires": str(int(time.time()) + expires_in)}
        query = urlencode({**signed, "signature": self._signature(method, key, signed)})
        return f"{self.base_url}/storage/{key}?{query}"

    def verify(self, method: str, key: str, query: Mapping[str, str]) -> dict[str, str]:
        """The signed parameters. One that was altered, added or left out is a `BadSignature`."""
        params = {name: value for name, value in query.items() if name != "signature"}
        if not constant_time_compare(query.get("signature", ""), self._signature(method, key, params)):
            raise BadSignature("The signature does not fit this request")
        if int(params.pop("expires")) <= time.time():
            raise BadSignature("This address has expired")
        return params

    def _signature(self, method: str, key: str, params: Mapping[str, str]) -> str:
        # JSON, because joined texts could be cut at other places and still read the same
        message = json.dumps([method, key, sorted(params.items())])
        return salted_hmac(SALT, message, secret=self.secret, algorithm="sha256").hexdigest()
