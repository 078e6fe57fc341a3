"""What follows in the rooms when something has happened elsewhere: an order's story is told in its chat."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Notification, User
from accounts.notices import notify
from accounts.notices.letters import language_of
from chat import announcing, notices
from chat.models import Message, Room
from chat.services import nudging, opening, story, telling
from chat.services.story import OFFERS, STORY
from listings.notices import shown_price
from marketplace.common.outbox import Event, listens_to
from orders.models import Delivery


@listens_to(*STORY)
def tell_the_orders_story(event: Event) -> None:
    room, buyer = _room_of(event)
    story.tell(room.pk, buyer, UUID(event.payload["order_id"]), version=event.payload["version"])


@listens_to(*OFFERS)
def tell_of_an_offer(event: Event) -> None:
    facts = ("offer_id", "listing_id", "party", "price_cents", "quantity", "currency")
    _say(event, OFFERS[event.kind], {name: event.payload[name] for name in facts})


@listens_to("delivery.asked")
def tell_of_a_delivery(event: Event) -> None:
    """Where to, and what to have ready at the door."""
    delivery = Delivery.objects.select_related("order").get(order=event.payload["order_id"])
    facts = {"order_id": event.payload["order_id"], "listing_id": event.payload["listing_id"]}
    said = {
        "place": ", ".join(filter(None, (delivery.faculty, delivery.building, delivery.classroom))),
        "sum": shown_price(delivery.to_pay_cents, delivery.order.currency),
        "fee": shown_price(delivery.fee_cents, delivery.order.currency),
    }
    _say(event, _("To be brought to %(place)s. At the door: %(sum)s, of which %(fee)s for the way."), facts, said)


@listens_to("order.claim")
def introduce_the_courier(event: Event) -> None:
    """Courier and buyer get a chat of their own."""
    delivery = Delivery.objects.select_related("courier", "order__buyer").get(order=event.payload["order_id"])
    if delivery.courier is None:
        return
    buyer = delivery.order.buyer
    room = opening.of_parties(UUID(event.payload["listing_id"]), buyer, delivery.courier)
    with language_of(buyer):
        text = _("%(courier)s brings your order.") % {"courier": delivery.courier.display_name}
        telling.say(room.pk, str(text), data={"kind": event.kind, "order_id": event.payload["order_id"]})


@listens_to("message.mentions")
def tell_who_is_mentioned(event: Event) -> None:
    message = (
        Message.objects.select_related("room", "sender").with_files().filter(pk=event.payload["message_id"]).first()
    )
    if message is None or message.sender is None or message.deleted_at or message.hidden_at:
        return
    notify(
        user_ids=event.payload["user_ids"],
        kind=notices.MENTION.name,
        data={
            "room_id": str(message.room_id),
            "room_name": message.room.name,
            "message_id": str(message.pk),
            "sender": message.sender.display_name,
            "text": nudging.shortened(message),
        },
        event_id=event.id,
        exclude_blocked_with=message.sender_id,
    )


@listens_to("room.invited")
def tell_who_is_invited(event: Event) -> None:
    room = Room.objects.filter(pk=event.payload["room_id"]).first()
    inviter = User.objects.filter(pk=event.payload["by"]).first()
    if room is None or inviter is None:
        return
    notify(
        user_ids=[event.payload["user_id"]],
        kind=notices.INVITATION.name,
        data={"room_id": str(room.pk), "room_name": room.name, "sender": inviter.display_name},
        event_id=event.id,
        exclude_blocked_with=inviter.pk,
    )


@listens_to("notification.created")
def show_notifications(event: Event) -> None:
    """To whoever has a socket open; the others find them in their list."""
    for note in Notification.objects.filter(pk__in=event.payload["notification_ids"]):
        shown = {"id": str(note.pk), "kind": note.kind, "title": note.title, "body": note.body, "data": note.data}
        announcing.person_after_commit(note.user_id, {"type": "notification", "notification": shown})


@listens_to(*STORY)
def show_orders(event: Event) -> None:
    """An order has changed: the apps of its parties read it again."""
    facts = {name: event.payload[name] for name in ("order_id", "status", "version")}
    for name in ("buyer_id", "seller_id"):
        announcing.person_after_commit(event.payload[name], {"type": "order.changed", **facts})


def _say(event: Event, text: object, facts: dict[str, object], said: dict[str, str] | None = None) -> None:
    """In the buyer's language, for who shows it as it is; programs say it from `data` in their own."""
    room, buyer = _room_of(event)
    with language_of(buyer):
        telling.say(room.pk, str(text) % said if said else str(text), data={"kind": event.kind, **facts})


def _room_of(event: Event) -> tuple[Room, User]:
    """Of buyer and seller, and the buyer."""
    people = User.objects.in_bulk([UUID(event.payload[name]) for name in ("buyer_id", "seller_id")])
    buyer, seller = (people[UUID(event.payload[name])] for name in ("buyer_id", "seller_id"))
    return opening.of_parties(UUID(event.payload["listing_id"]), buyer, seller), buyer
