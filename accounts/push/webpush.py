"""Web Push (RFC 8030, 8188, 8291, 8292). Needs the `push` extra, `WEBPUSH_PRIVATE_KEY` and `WEBPUSH_CONTACT`.

The address to post to comes from a browser, so from anybody. It is used only if it is plain HTTPS to a push service
we know, and a redirect is never followed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from django.conf import settings

from accounts.push.base import (
    KEEP_SECONDS,
    TIMEOUT_SECONDS,
    PushFailed,
    PushMessage,
    PushRefused,
    PushTarget,
    TokenGone,
)
from marketplace.common.jsonio import dumps

# Stricter than any URL parser: what two of them could read differently is refused
ENDPOINT = re.compile(r"https://(?P<place>[a-z0-9.-]+(?::\d{1,5})?)(?:/[\w.~!$&'()*+,;=:@%/?-]*)?", re.ASCII)


class WebPush:
    def send(self, target: PushTarget, message: PushMessage) -> None:
        from pywebpush import WebPushException, webpush
        from requests import Session

        subscription = read_subscription(target.token)
        with Session() as session:
            session.max_redirects = 0
            try:
                webpush(
                    subscription,
                    data=dumps(message.payload()).decode(),
                    vapid_private_key=settings.WEBPUSH_PRIVATE_KEY,
                    vapid_claims={"sub": settings.WEBPUSH_CONTACT},
                    headers=_headers(message),
                    ttl=KEEP_SECONDS,
                    timeout=TIMEOUT_SECONDS,
                    requests_session=session,
                )
            except WebPushException as error:
                raise _meaning_of(error.status_code) from error


def _meaning_of(status: int | None) -> Exception:
    if status in (404, 410):
        return TokenGone()
    return (PushRefused if status in (400, 413) else PushFailed)(f"status {status}")


def read_subscription(token: str) -> dict[str, Any]:
    """What the browser gave us, if it is a subscription at a push service we know."""
    try:
        subscription = json.loads(token)
        endpoint, keys = subscription["endpoint"], subscription["keys"]
        pair = {name: str(keys[name]) for name in ("p256dh", "auth")}
    except (ValueError, KeyError, TypeError) as error:
        raise TokenGone from error
    if not is_known_service(endpoint, settings.WEBPUSH_HOSTS):
        raise PushRefused("not a push service we know")
    return {"endpoint": endpoint, "keys": pair}


def is_known_service(endpoint: object, hosts: list[str]) -> bool:
    """One of the hosts or a name below it, at the port that is listed (none: 443)."""
    match = ENDPOINT.fullmatch(endpoint) if isinstance(endpoint, str) else None
    return match is not None and any(match["place"] == host or match["place"].endswith(f".{host}") for host in hosts)


def _headers(message: PushMessage) -> dict[str, str]:
    headers = {"Urgency": "high" if message.is_urgent else "normal"}
    return {**headers, "Topic": message.topic} if message.topic else headers
