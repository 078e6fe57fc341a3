"""What a person cares about: `…/favourite`, `/v1/favourites`, `/v1/saved-searches`, `/v1/recently-viewed`."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from accounts.serializers import DoneOut
from listings.models import Favourite, Listing, RecentView, SavedSearch
from listings.serializers import interest as shapes
from listings.services import favourites, recent, saved_searches
from listings.services.listings import ListingNotFound
from marketplace.common.api import CountsFirst, Door
from marketplace.common.idempotency import idempotent
from marketplace.common.paging import CursorQuery, Page, newest_first


def listing_seen_by(request: SignedIn, listing_id: UUID) -> Listing:
    listing: Listing | None = Listing.objects.visible_to(request.user).filter(pk=listing_id).first()
    if listing is None:
        raise ListingNotFound
    return listing


class OneFavourite(Door):
    @extend_schema(request=None, responses=DoneOut)
    def put(self, request: SignedIn, listing_id: UUID) -> Response:
        favourites.add(request.user, listing_seen_by(request, listing_id))
        return Response({"ok": True})

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, listing_id: UUID) -> Response:
        favourites.drop(request.user, listing_id)
        return Response(status=204)


class Favourites(Door):
    @extend_schema(parameters=[CursorQuery], responses=shapes.FavouritesPage)
    def get(self, request: SignedIn) -> Response:
        """Newest first. A sold one stays, with `is_active` false; one that is hidden or removed is left out."""
        query = CursorQuery.read(request.query_params)
        rows = Favourite.objects.filter(user=request.user).seen_by(request.user).with_listings()
        scope = f"favourites:{request.user.pk}"
        page = newest_first(rows, scope=scope, cursor=query.get("cursor"), limit=query["limit"])
        shown = Page([shapes.listing_of(row) for row in page.items], page.next_cursor)
        return Response(shapes.FavouritesPage(shown, context={"viewer": request.user}).data)


class SavedSearches(CountsFirst, ViewSet):
    @extend_schema(responses=shapes.SavedSearchOut(many=True))
    def list(self, request: SignedIn) -> Response:
        rows = SavedSearch.objects.filter(user=request.user).order_by("-pk")
        return Response(shapes.SavedSearchOut(rows, many=True).data)

    @extend_schema(request=shapes.SavedSearchBody, responses={201: shapes.SavedSearchOut, 200: shapes.SavedSearchOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """201 when it is new, 200 when the same search of that name is there already."""
        body = {"wants_alerts": True, **shapes.SavedSearchBody.read(request.data)}
        search, is_new = saved_searches.keep(request.user, **body)
        return Response(shapes.SavedSearchOut(search).data, status=201 if is_new else 200)

    @extend_schema(request=shapes.SavedSearchChanges, responses=shapes.SavedSearchOut)
    def partial_update(self, request: SignedIn, search_id: UUID) -> Response:
        changes = shapes.SavedSearchChanges.read(request.data)
        search = saved_searches.change(request.user, search_id, changes=changes)
        return Response(shapes.SavedSearchOut(search).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: SignedIn, search_id: UUID) -> Response:
        saved_searches.drop(request.user, search_id)
        return Response(status=204)


class Viewed(Door):
    @extend_schema(request=None, responses={204: None})
    def put(self, request: SignedIn, listing_id: UUID) -> Response:
        """An app says that its user has looked at a listing; reading it does not."""
        recent.remember(request.user, listing_seen_by(request, listing_id), now=timezone.now())
        return Response(status=204)


class RecentlyViewed(Door):
    @extend_schema(responses=shapes.RecentOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """The last 100 at most, the latest first."""
        rows = RecentView.objects.filter(user=request.user).seen_by(request.user).with_listings()
        found = [shapes.listing_of(row) for row in rows.order_by("-seen_at", "-pk")[: recent.KEPT]]
        return Response(shapes.RecentOut(found, many=True, context={"viewer": request.user}).data)

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn) -> Response:
        recent.forget_all(request.user)
        return Response(status=204)
