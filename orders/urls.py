"""`/v1`: money."""

from __future__ import annotations

from django.urls import path

from orders.views import orders, payments, practice, webhooks

urlpatterns = [
    path("orders", orders.Orders.as_view({"get": "list", "post": "create"})),
    path("orders/user/<uuid:user_id>", orders.OrdersOf.as_view({"get": "list"})),
    path("orders/<uuid:order_id>", orders.Orders.as_view({"get": "retrieve"})),
    path("orders/<uuid:order_id>/status-history", orders.Orders.as_view({"get": "status_history"})),
    path("orders/<uuid:order_id>/payments", orders.Orders.as_view({"get": "payments"})),
    path("orders/<uuid:order_id>/explain", orders.Orders.as_view({"get": "explain"})),
    path("orders/<uuid:order_id>/pay", orders.Orders.as_view({"post": "pay"})),
    path("orders/<uuid:order_id>/accept", orders.Orders.as_view({"post": "accept"})),
    path("orders/<uuid:order_id>/ship", orders.Orders.as_view({"post": "ship"})),
    path("orders/<uuid:order_id>/complete", orders.Orders.as_view({"post": "complete"})),
    path("orders/<uuid:order_id>/cancel", orders.Orders.as_view({"post": "cancel"})),
    path("payments/capture", payments.Capture.as_view()),
    path("payments/refund", payments.Refund.as_view()),
    path("escrow/step", payments.Step.as_view()),
    # Providers, and playing with the simulated one
    path("webhooks/<str:provider>", webhooks.Webhook.as_view()),
    path("practice/orders/<uuid:order_id>/confirm", practice.Confirm.as_view()),
    path("practice/orders/<uuid:order_id>/fault", practice.Misbehave.as_view()),
]
