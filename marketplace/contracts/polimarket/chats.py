"""`/chats…`: the rooms of listings, as dealings between two."""

from __future__ import annotations

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from chat.models import Room
from chat.services import dealing, opening, reading
from chat.services.errors import ChatNotFound
from listings.models import Photo
from marketplace.common.idempotency import idempotent
from marketplace.contracts.common import forms, sent
from marketplace.contracts.polimarket import shapes, showing
from marketplace.contracts.polimarket.door import PoliMarketDoor, part_of, product_seen_by

NO_SUCH_PRODUCT = "Producto no existe"
COVERS = Prefetch("listing__photos", Photo.objects.order_by("position", "id"))


class Start(PoliMarketDoor):
    @extend_schema(request=forms(shapes.StartBody), responses=shapes.StartedOut)
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """The chat with the seller; the same one each time. `product_id` may also stand in the query."""
        number = shapes.StartBody.read(sent(request))["product_id"]
        listing = product_seen_by(request.user, number, detail=NO_SUCH_PRODUCT)
        room, _ = opening.about_listing(request.user, listing.pk)
        return Response({"chat_id": room.number})


class Mine(PoliMarketDoor):
    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.DealOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """Where one is buyer, seller or courier; the newest first."""
        query = shapes.SliceQuery.read(request.query_params)
        rows = part_of(Room.objects.talks_of(request.user).prefetch_related(COVERS), query)
        return Response([showing.deal(room) for room in rows])


class Lines(PoliMarketDoor):
    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.LineOut(many=True))
    def get(self, request: SignedIn, number: int) -> Response:
        """The oldest first, of the latest 500; `offset` counts back from the end."""
        query = shapes.SliceQuery.read(request.query_params)
        room = Room.objects.talks_of(request.user).filter(number=number).first()
        if room is None:
            raise ChatNotFound
        page = reading.messages_of(request.user, room.pk, limit=query["limit"], offset=query["offset"])
        return Response([showing.line(message, number) for message in reversed(page.items)])


class ConfirmPayment(PoliMarketDoor):
    @extend_schema(request=None, responses=shapes.ConfirmedOut)
    @idempotent
    def post(self, request: SignedIn, number: int) -> Response:
        """Who is paid in this chat says so. It is their word: no money of ours moves."""
        dealing.confirm_payment(request.user, number, now=timezone.now())
        return Response({"status": "confirmed"})
