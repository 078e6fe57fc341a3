"""`/products…`: listings, bought and sold in one piece."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import User
from listings.models import Favourite, Listing, Photo
from listings.services import favourites, listings
from listings.services.pictures import receiving
from marketplace.common.errors import Forbidden, NotFound
from marketplace.common.idempotency import answered_once, idempotent
from marketplace.common.schema import BINARY
from marketplace.common.storage.doors import public_object
from marketplace.contracts.common import forms, sent
from marketplace.contracts.polimarket import names, shapes, showing
from marketplace.contracts.polimarket.door import PoliMarketDoor, PublicDoor, part_of, product_seen_by, products


class Products(PublicDoor):
    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.ProductOut(many=True))
    def get(self, request: Request) -> Response:
        """What is on offer, the newest first."""
        query = shapes.SliceQuery.read(request.query_params)
        rows = products(Listing.objects.on_offer()).newest()
        return Response([showing.product(row) for row in part_of(rows, query)])

    @extend_schema(request={"multipart/form-data": shapes.ProductForm}, responses=shapes.ProductOut)
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """With a picture, which is shown as soon as it is known to be one."""
        facts = shapes.ProductForm.read(sent(request))
        part = facts.pop("file")
        limit = settings.PICTURE_MAX_BYTES
        listing = receiving.offer_with_picture(
            request.user, part, facts=_facts(facts) | {"currency": settings.POLIMARKET_CURRENCY}, max_bytes=limit
        )
        return Response(showing.product(listing))


class OneProduct(PublicDoor):
    @extend_schema(responses=shapes.ProductOut)
    def get(self, request: Request, number: int) -> Response:
        return Response(showing.product(product_seen_by(request.user, number)))

    @extend_schema(request=forms(shapes.ProductChanges), responses=shapes.ProductOut)
    def put(self, request: SignedIn, number: int) -> Response:
        """What is left out stays as it is."""
        listing = _own(request, number)
        changes = _facts(shapes.ProductChanges.read(sent(request)))
        changed = listings.change(listing.pk, owner=request.user, changes=changes, now=timezone.now())
        return Response(showing.product(changed))

    @extend_schema(responses={200: shapes.RemovedOut})
    def delete(self, request: SignedIn, number: int) -> Response:
        """Gone for everybody, kept for orders."""
        listings.remove(_own(request, number).pk, owner=request.user, now=timezone.now())
        return Response({"status": "deleted", "product_id": number})


class ToggleFavourite(PoliMarketDoor):
    @extend_schema(request=None, responses=shapes.ToggledOut)
    @idempotent
    def post(self, request: SignedIn, number: int) -> Response:
        is_added = favourites.toggle(request.user, product_seen_by(request.user, number))
        return Response({"status": "added" if is_added else "removed"})


class Favourites(PoliMarketDoor):
    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.ProductOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """What was marked last stands first."""
        query = shapes.SliceQuery.read(request.query_params)
        marked = Favourite.objects.filter(user=request.user).seen_by(request.user).order_by("-pk")
        keys = list(part_of(marked.values_list("listing_id", flat=True), query))
        found = {row.pk: row for row in products(Listing.objects.filter(pk__in=keys))}
        return Response([showing.product(found[key]) for key in keys if key in found])


class ProductsOf(PublicDoor):
    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.ProductOut(many=True))
    def get(self, request: Request, number: int) -> Response:
        """What somebody has on offer."""
        query = shapes.SliceQuery.read(request.query_params)
        seller = User.objects.active().filter(number=number).first()
        if seller is None:
            raise NotFound("Usuario no encontrado")
        rows = products(Listing.objects.on_offer().filter(seller=seller)).newest()
        return Response([showing.product(row) for row in part_of(rows, query)])


class Image(PublicDoor):
    @extend_schema(responses=BINARY)
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """Pictures of products, by their own names, and of people."""
        stem, _, ending = name.rpartition(".")
        if stem.startswith("people-"):
            return public_object(request._request, f"people/{stem.removeprefix('people-')}.{ending}")
        photo = Photo.objects.ready().filter(pk=_key(stem)).first()
        if photo is None or name != showing.file_of(photo):
            raise NotFound
        return public_object(request._request, photo.storage_key)


def _own(request: SignedIn, number: int) -> Listing:
    """A product is there for all to see, so whose it is, is no secret."""
    listing = product_seen_by(request.user, number)
    if not listing.belongs_to(request.user):
        raise Forbidden
    return listing


def _key(stem: str) -> UUID:
    try:
        return UUID(stem)
    except ValueError as error:
        raise NotFound from error


def _facts(body: dict[str, object]) -> dict[str, object]:
    """In the words of a listing."""
    facts = dict(body)
    if "price" in facts:
        facts["price_cents"] = facts.pop("price")
    if "category" in facts:
        facts["category"] = names.category_for(str(facts["category"]))
    return facts
