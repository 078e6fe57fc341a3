"""Ports: a free one for ourselves, and a clear word when the public one is taken."""

from __future__ import annotations

import errno
import socket

from marketplace.local.errors import LocalError


def free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        port: int = wire.getsockname()[1]
        return port


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wire.bind((host, port))
        except OSError as error:
            raise LocalError(_explain(error, host, port)) from None


def _explain(error: OSError, host: str, port: int) -> str:
    hint = "Choose another: PORT=9000 make run"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. {hint}"
    return f"Cannot listen on {host} port {port}: {error.strerror}. {hint}"
