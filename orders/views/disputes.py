"""`/v1/disputes`: to open one, to say something in it, to hand in files, to agree."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from listings.serializers.images import PresignOut
from marketplace.common.api import CountsFirst, Door
from marketplace.common.errors import InvalidInput
from marketplace.common.idempotency import answered_once, idempotent
from marketplace.common.jsonio import json_response
from marketplace.common.storage.doors import private_object
from orders.lifecycle import Party
from orders.models import Dispute
from orders.serializers import disputes as shapes
from orders.services.disputes import evidence, finding, opening, settling, talking

MOST_LISTED = 100


def _shown(dispute: Dispute, status: int = 200) -> Response:
    return Response(shapes.DisputeOut(dispute).data, status=status)


class Disputes(CountsFirst, ViewSet):
    @extend_schema(request=shapes.OpenDisputeBody, responses={201: shapes.DisputeOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """By a party of a paid order that is not over: the money stays where it is until the two agree, an operator
        decides, or the time for it is up."""
        body = shapes.OpenDisputeBody.read(request.data)
        raised_by, reason = Party(body["raised_by"]), body.get("reason") or ""
        return _shown(opening.open_dispute(request.user, body["order_id"], raised_by=raised_by, reason=reason), 201)

    @extend_schema(responses=shapes.DisputeOut(many=True))
    def list(self, request: SignedIn) -> Response:
        """One's own that are open, newest first; for operators all."""
        rows = Dispute.objects.visible_to(request.user).open().select_related("order").order_by("-pk")[:MOST_LISTED]
        return Response(shapes.DisputeOut(rows, many=True).data)

    @extend_schema(responses=shapes.DisputeOut)
    def retrieve(self, request: SignedIn, dispute_id: UUID) -> Response:
        return _shown(finding.seen_by(request.user, dispute_id))

    @extend_schema(responses=shapes.DisputeOut(allow_null=True))
    def of_order(self, request: SignedIn, order_id: UUID) -> HttpResponse:
        """`null` when there is none."""
        dispute = finding.of_order(request.user, order_id)
        return json_response(None) if dispute is None else _shown(dispute)  # DRF sends an empty body for None

    @extend_schema(request=shapes.CloseDisputeBody, responses=shapes.DisputeOut)
    def partial_update(self, request: SignedIn, dispute_id: UUID) -> Response:
        """`rejected` withdraws one's own dispute, `resolved` grants the other's; `open` or none only comments."""
        body = shapes.CloseDisputeBody.read(request.data)
        status, comment = Dispute.Status(body.get("status", Dispute.Status.OPEN)), body.get("comment") or ""
        return _shown(settling.close(request.user, dispute_id, status, comment=comment))

    @extend_schema(request=None, responses=shapes.DisputeOut)
    @answered_once
    def release(self, request: SignedIn, dispute_id: UUID) -> Response:
        """By the buyer: the seller gets everything."""
        return _shown(settling.release(request.user, dispute_id))

    @extend_schema(request=None, responses=shapes.DisputeOut)
    @answered_once
    def refund(self, request: SignedIn, dispute_id: UUID) -> Response:
        """By the seller: the buyer gets everything back."""
        return _shown(settling.refund(request.user, dispute_id))

    @extend_schema(request=shapes.ProposalBody, responses={201: shapes.DisputeOut})
    @answered_once
    def propose(self, request: SignedIn, dispute_id: UUID) -> Response:
        """What the seller should get. When both have named the same sum, that is what happens."""
        body = shapes.ProposalBody.read(request.data)
        return _shown(settling.propose(request.user, dispute_id, body["release_cents"]), 201)


class Statements(CountsFirst, ViewSet):
    @extend_schema(responses=shapes.StatementOut(many=True))
    def list(self, request: SignedIn, dispute_id: UUID) -> Response:
        """In the order in which they were made."""
        rows = finding.seen_by(request.user, dispute_id).statements.order_by("pk")
        return Response(shapes.StatementOut(rows, many=True).data)

    @extend_schema(request=shapes.StatementBody, responses={201: shapes.StatementOut})
    @idempotent
    def create(self, request: SignedIn, dispute_id: UUID) -> Response:
        said = talking.state(request.user, dispute_id, shapes.StatementBody.read(request.data)["text"])
        return Response(shapes.StatementOut(said).data, status=201)


class Evidence(CountsFirst, ViewSet):
    @extend_schema(responses=shapes.EvidenceOut(many=True))
    def list(self, request: SignedIn, dispute_id: UUID) -> Response:
        rows = finding.seen_by(request.user, dispute_id).evidence.order_by("pk")
        return Response(shapes.EvidenceOut(rows, many=True).data)

    @extend_schema(request=shapes.EvidencePresignBody, responses={201: PresignOut})
    @idempotent
    def presign(self, request: SignedIn, dispute_id: UUID) -> Response:
        """An address for one PUT of one file: a picture, a PDF, a text, a film or a sound."""
        body = shapes.EvidencePresignBody.read(request.data)
        size = body.get("size")
        if size is not None and size > settings.EVIDENCE_MAX_BYTES:
            raise InvalidInput.one(["body", "size"], f"A file has at most {settings.EVIDENCE_MAX_BYTES} bytes")
        key, granted = evidence.presign(
            request.user,
            dispute_id,
            filename=body["filename"],
            content_type=body["content_type"],
            size=size,
            max_bytes=settings.EVIDENCE_MAX_BYTES,
        )
        return Response({"upload_url": granted.url, "object_key": key, "headers": granted.headers}, status=201)

    @extend_schema(request=shapes.EvidenceBody, responses={201: shapes.EvidenceOut})
    def create(self, request: SignedIn, dispute_id: UUID) -> Response:
        """The upload is there: take it in. Sent again, it is answered again."""
        body = shapes.EvidenceBody.read(request.data)
        made = evidence.confirm(
            request.user,
            dispute_id,
            object_key=body["object_key"],
            name=body.get("name") or "",
            max_bytes=settings.EVIDENCE_MAX_BYTES,
        )
        return Response(shapes.EvidenceOut(made).data, status=201)


class EvidenceFile(Door):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: SignedIn, dispute_id: UUID, evidence_id: UUID) -> HttpResponseBase:
        """The file itself, for the two parties and operators; always to be saved, never shown in our origin."""
        found = evidence.one(request.user, dispute_id, evidence_id)
        return private_object(request._request, found.storage_key, download_name=found.name or None)
