"""Where webhooks may go: to public addresses over https, never into our own network (T45).

The name is looked up each time that something is sent, and the connection is made to the very address that was
checked: a name that points elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from marketplace.common.errors import DomainError

# What python counts as public and is not: 6to4 and Teredo wrap an IPv4 address, a private one too; the last one is for
# protocols among themselves
_NOT_PUBLIC = tuple(ip_network(text) for text in ("2002::/16", "2001::/23", "3fff::/20", "192.0.0.0/24"))
_GLOBAL_UNICAST = ip_network("2000::/3")
LONGEST_URL = 500


class AddressRefused(DomainError):
    code = "webhook_address_refused"
    detail = "Webhooks go to public https addresses only"


@dataclass(frozen=True)
class Target:
    is_https: bool
    host: str
    port: int
    path: str  # with its query
    address: str  # the number that `host` was found to be


def check(url: str) -> None:
    """What can be said of it without asking anybody; the rest is said each time that something is sent."""
    host = _parts(url)[1]
    try:
        ip_address(host)
    except ValueError:
        return
    _require_public([host])


def target_of(url: str) -> Target:
    """Looks the name up. `AddressRefused` for everything that a webhook must not reach."""
    is_https, host, port, path = _parts(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("The name of the host is not known") from error
    addresses = [str(entry[4][0]) for entry in found]
    _require_public(addresses)
    return Target(is_https, host, port, path, addresses[0])


def _require_public(addresses: list[str]) -> None:
    if not settings.WEBHOOKS_ALLOW_LOCAL and not all(is_public(address) for address in addresses):
        raise AddressRefused


def _parts(url: str) -> tuple[bool, str, int, str]:
    if len(url) > LONGEST_URL or not url.isascii() or any(sign <= " " or sign in '\\"<>' for sign in url):
        raise AddressRefused("This is not an address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("This is not an address") from error
    if parts.scheme != "https" and not (settings.WEBHOOKS_ALLOW_LOCAL and parts.scheme == "http"):
        raise AddressRefused
    if not parts.hostname or "@" in parts.netloc:
        raise AddressRefused("An address with a host, and without a user name or password")
    is_https = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return is_https, parts.hostname, port or (443 if is_https else 80), path


def is_public(text: str) -> bool:
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not any(address in each for each in _NOT_PUBLIC)
