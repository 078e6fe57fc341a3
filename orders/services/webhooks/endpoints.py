"""Endpoints: made with a secret that is shown once; what did not arrive is sent again when somebody wants it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from marketplace.common import audit
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.services.webhooks import addresses
from orders.services.webhooks.events import TRIED_FOR, wake_up

KEPT_FOR = timedelta(days=30)
State = WebhookDelivery.State


@transaction.atomic
def add(actor: User, *, name: str, url: str, events: Sequence[str]) -> WebhookEndpoint:
    """Its `secret` is to be shown now, and never again."""
    addresses.check(url)
    made = WebhookEndpoint.objects.create(
        name=name, url=url, events=sorted(events), secret=f"whsec_{secrets.token_urlsafe(32)}", added_by=actor
    )
    audit.record("webhook.added", made, actor=actor, data={"url": url, "events": made.events})
    return made


@transaction.atomic
def change(actor: User, endpoint: WebhookEndpoint, *, name: str, url: str, events: Sequence[str], is_on: bool) -> None:
    addresses.check(url)
    stored = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    stored.name, stored.url, stored.events, stored.is_active = name, url, sorted(events), is_on
    stored.save(update_fields=["name", "url", "events", "is_active"])
    facts = {"url": url, "events": stored.events, "is_active": is_on}
    audit.record("webhook.changed", stored, actor=actor, data=facts)


@transaction.atomic
def replay(actor: User, delivery_id: UUID, *, reason: str) -> None:
    """Once more from the beginning, under the same event id."""
    delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.state == State.WAITING:
        return
    WebhookDelivery.objects.filter(pk=delivery_id).update(
        state=State.WAITING, attempts=0, due_at=Now(), give_up_at=Now() + TRIED_FOR, done_at=None
    )
    audit.record("webhook.replayed", delivery, actor=actor, reason=reason)
    wake_up.after_commit()


def forget_old() -> None:
    """What is over goes after a month."""
    WebhookDelivery.objects.filter(done_at__lt=Now() - KEPT_FOR).delete()
