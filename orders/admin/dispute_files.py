"""What was handed in to a dispute, for the operator who decides it: always to be saved, never shown in our origin."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin

from accounts.models import User
from marketplace.common.errors import NotFound
from marketplace.common.jsonio import json_response
from marketplace.common.storage.doors import private_object
from orders.models import Dispute
from orders.services.disputes import evidence, finding
from orders.services.disputes.bundle import gather


class DisputeFiles(ModelAdmin):  # type: ignore[misc]
    """Two addresses below an order's page."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:order_id>/evidence/<uuid:evidence_id>/", wrap(self.evidence_view), name="orders_order_evidence"
            ),
            path("<uuid:order_id>/dispute.json", wrap(self.bundle_view), name="orders_order_bundle"),
            *super().get_urls(),
        ]

    def evidence_view(self, request: HttpRequest, order_id: UUID, evidence_id: UUID) -> HttpResponseBase:
        try:
            dispute = self._dispute(request, order_id)
            found = evidence.one(_person(request), dispute.pk, evidence_id)
            return private_object(request, found.storage_key, download_name=found.name or None)
        except NotFound as error:
            raise Http404 from error

    def bundle_view(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        try:
            dispute = self._dispute(request, order_id)
        except NotFound as error:
            raise Http404 from error
        name = f"dispute-of-order-{dispute.order.number}.json"
        return json_response(gather(dispute), headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def _dispute(self, request: HttpRequest, order_id: UUID) -> Dispute:
        dispute = finding.of_order(_person(request), order_id) if self.has_view_permission(request) else None
        if dispute is None:
            raise finding.DisputeNotFound
        return dispute


def _person(request: HttpRequest) -> Any:
    return cast(User, request.user)
