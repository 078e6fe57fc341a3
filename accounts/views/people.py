"""`/v1/users/…`: one's own profile, and other people as far as they let themselves be seen."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import serializers as shapes
from accounts.authentication import SignedIn
from accounts.models import User
from accounts.services import contacts, people, profiles
from marketplace.common.api import Door
from marketplace.common.errors import NotFound
from marketplace.common.idempotency import idempotent
from marketplace.common.net import client_ip
from marketplace.common.schema import NOBODY


class UserNotFound(NotFound):
    code = "user_not_found"
    detail = "User not found"


def person_seen_by(viewer: User, user_id: UUID) -> User:
    person: User | None = User.objects.visible_to(viewer).filter(pk=user_id).first()
    if person is None:
        raise UserNotFound
    return person


class MyProfile(Door):
    @extend_schema(responses=shapes.MeOut)
    def get(self, request: SignedIn) -> Response:
        return Response(shapes.MeOut(request.user).data)

    @extend_schema(request=shapes.ProfileBody, responses=shapes.MeOut)
    def patch(self, request: SignedIn) -> Response:
        """A new e-mail address needs `current_password` too: it is the way back into the account."""
        changes = shapes.ProfileBody.read(request.data)
        proof = changes.get("current_password", "")
        person = profiles.change(request.user, changes, proof=proof, address=client_ip(request))
        return Response(shapes.MeOut(person).data)


class OnePerson(Door):
    @extend_schema(responses=shapes.PersonOut)
    def get(self, request: SignedIn, user_id: UUID) -> Response:
        person = person_seen_by(request.user, user_id)
        shape = shapes.MeOut if person == request.user else shapes.PersonOut
        return Response(shape(person).data)


class PersonByEmail(Door):
    """Counts against the day's contact budget: it answers the same question as a contact match."""

    rate_scope = "contacts"

    @extend_schema(parameters=[shapes.EmailQuery], responses={200: shapes.PersonOut, 404: NOBODY})
    def get(self, request: SignedIn) -> Response:
        email = shapes.EmailQuery.read(request.query_params)["email"]
        if email == request.user.email:
            return Response(shapes.MeOut(request.user).data)
        contacts.spend_budget(request.user, [contacts.digest_of(email)])
        found = contacts.discoverable_by(request.user).with_email(email).first()
        if found is None:
            raise UserNotFound
        return Response(shapes.PersonOut(found).data)


class Blocks(Door):
    @extend_schema(responses=shapes.PersonOut(many=True))
    def get(self, request: SignedIn) -> Response:
        blocked = User.objects.filter(blocks_received__blocker=request.user)
        rows = blocked.order_by("-blocks_received__created_at")[:500]
        return Response(shapes.PersonOut(rows, many=True).data)


class OneBlock(Door):
    @extend_schema(request=None, responses=shapes.DoneOut)
    def put(self, request: SignedIn, user_id: UUID) -> Response:
        people.block(request.user, get_object_or_404(User.objects.active(), pk=user_id))
        return Response({"ok": True})

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, user_id: UUID) -> Response:
        people.unblock(request.user, get_object_or_404(User, pk=user_id))
        return Response(status=204)


class Reports(Door):
    @extend_schema(request=shapes.ReportBody, responses={201: shapes.ReportOut})
    @idempotent
    def post(self, request: SignedIn, user_id: UUID) -> Response:
        body = shapes.ReportBody.read(request.data)
        made = people.report(request.user, person_seen_by(request.user, user_id), **body)
        return Response(shapes.ReportOut(made).data, status=201)


class ContactMatch(Door):
    rate_scope = "contacts"

    @extend_schema(request=shapes.ContactsBody, responses=shapes.ContactOut(many=True))
    def post(self, request: SignedIn) -> Response:
        digests = shapes.ContactsBody.read(request.data)["email_hashes"]
        rows = [
            {
                **shapes.PersonOut(person).data,
                "user_id": person.pk,
                "email": "",
                "email_hash": digest.hex(),
            }
            for person, digest in contacts.match(request.user, digests)
        ]
        return Response(shapes.ContactOut(rows, many=True).data)
