"""The addresses of PoliMarket, on HTTP and on sockets."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
sockets: list[Any] = []
