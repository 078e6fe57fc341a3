"""Telling people: what can be told (`kinds`), telling it (`telling`), getting it there (`deliver`).

An app above registers its kinds in its own `ready` and calls `notify` from its outbox listeners.
"""

from accounts.notices.kinds import Channel, Kind, register
from accounts.notices.letters import Letter, Link
from accounts.notices.telling import notify

__all__ = ["Channel", "Kind", "Letter", "Link", "notify", "register"]
