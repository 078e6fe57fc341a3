"""How much one socket, person or address may have, and how long the hub waits for what."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Limits:
    sockets_per_person: int
    sockets_per_address: int
    drain_seconds: float
    rooms_per_socket: int = 100
    frames_per_second: int = 20
    strikes: int = 3
    text_bytes: int = 65_536
    sign_in_seconds: float = 5.0
    warning_seconds: float = 60.0  # before a token ends
    poll_seconds: float = 60.0  # whether sessions are still good, should Redis have lost the word
    watermark_seconds: float = 5.0
    hold_seconds: float = 0.05  # publishes race each other after their commits
    catch_up_frames: int = 500
    recent_frames: int = 50
    batch_frames: int = 50
    batch_bytes: int = 262_144
    catch_ups_at_once: int = 4
    typing_seconds: float = 3.0
    mark_seconds: float = 1.0
    typing_most_people: int = 50
    heartbeat_seconds: int = 25


MOST_CATCH_UPS = 16


def current() -> Limits:
    return Limits(
        # half of the threads that ask the database; the others are for who writes
        catch_ups_at_once=max(1, min(MOST_CATCH_UPS, settings.SOCKET_THREADS // 2)),
        sockets_per_person=settings.SOCKETS_PER_PERSON,
        sockets_per_address=settings.SOCKETS_PER_ADDRESS,
        drain_seconds=settings.SOCKET_DRAIN_SECONDS,
    )
