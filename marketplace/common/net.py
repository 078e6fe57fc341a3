"""Who is calling: the peer's address, or what a proxy we trust says of it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The nearest address that is not a trusted proxy; a forged `X-Forwarded-For` changes nothing."""
    return client_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def client_address(peer: str, forwarded: str) -> str:
    peer = plain_address(peer) or "0.0.0.0"  # noqa: S104  (a name for "unknown", not a bind)
    if not is_trusted(peer):
        return peer
    hops = [plain_address(hop.strip()) for hop in forwarded.split(",") if hop.strip()]
    for hop in reversed(hops):
        if _is_address(hop) and not is_trusted(hop):
            return hop
    return peer


def plain_address(text: str) -> str:
    """`::ffff:10.0.0.1` is how a socket that hears both kinds writes `10.0.0.1`."""
    if ":" not in text or not _is_address(text):
        return text
    mapped = IPv6Address(text).ipv4_mapped
    return text if mapped is None else str(mapped)


def is_trusted(address: str) -> bool:
    return bool(settings.TRUSTED_PROXIES) and _is_among(plain_address(address), tuple(settings.TRUSTED_PROXIES))


@lru_cache(maxsize=1_024)
def _is_among(address: str, networks: tuple[str, ...]) -> bool:
    if not _is_address(address):
        return False
    return any(ip_address(address) in network for network in _networks(networks))


def limit_key(address: str) -> str:
    """What limits count by: an IPv6 household owns a whole /64, so that is one caller."""
    if _is_address(address) and ip_address(address).version == 6:
        return str(ip_network(f"{address}/64", strict=False).network_address)
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text, strict=False) for text in texts]
