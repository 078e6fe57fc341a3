"""`/v1`: money."""

from __future__ import annotations

from django.urls import path

from orders.views import disputes, handover, offers, orders, payments, practice, receipts, reviews, webhooks

of_orders = [  # under v1/orders
    path("", orders.Orders.as_view({"get": "list", "post": "create"})),
    path("/user/<uuid:user_id>", orders.OrdersOf.as_view({"get": "list"})),
    path("/<uuid:order_id>", orders.Orders.as_view({"get": "retrieve"})),
    path("/<uuid:order_id>/status-history", orders.Orders.as_view({"get": "status_history"})),
    path("/<uuid:order_id>/payments", orders.Orders.as_view({"get": "payments"})),
    path("/<uuid:order_id>/explain", orders.Orders.as_view({"get": "explain"})),
    path("/<uuid:order_id>/pay", orders.Orders.as_view({"post": "pay"})),
    path("/<uuid:order_id>/accept", orders.Orders.as_view({"post": "accept"})),
    path("/<uuid:order_id>/ship", orders.Orders.as_view({"post": "ship"})),
    path("/<uuid:order_id>/complete", orders.Orders.as_view({"post": "complete"})),
    path("/<uuid:order_id>/cancel", orders.Orders.as_view({"post": "cancel"})),
    path("/<uuid:order_id>/handover-code", handover.HandoverCode.as_view()),
    path("/<uuid:order_id>/hand-over", handover.HandOver.as_view()),
    path("/<uuid:order_id>/receipt", receipts.Receipt.as_view()),
]
urlpatterns = [
    path("payments/capture", payments.Capture.as_view()),
    path("payments/refund", payments.Refund.as_view()),
    path("escrow/step", payments.Step.as_view()),
    # Disputes, reviews, hand-over codes, offers, receipts
    path("disputes", disputes.Disputes.as_view({"post": "create"})),
    path("disputes/open", disputes.Disputes.as_view({"get": "list", "post": "create"})),
    path("disputes/orders/<uuid:order_id>", disputes.Disputes.as_view({"get": "of_order"})),
    path("disputes/<uuid:dispute_id>", disputes.Disputes.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("disputes/<uuid:dispute_id>/release", disputes.Disputes.as_view({"post": "release"})),
    path("disputes/<uuid:dispute_id>/refund", disputes.Disputes.as_view({"post": "refund"})),
    path("disputes/<uuid:dispute_id>/proposals", disputes.Disputes.as_view({"post": "propose"})),
    path("disputes/<uuid:dispute_id>/statements", disputes.Statements.as_view({"get": "list", "post": "create"})),
    path("disputes/<uuid:dispute_id>/evidence", disputes.Evidence.as_view({"get": "list", "post": "create"})),
    path("disputes/<uuid:dispute_id>/evidence/presign", disputes.Evidence.as_view({"post": "presign"})),
    path("disputes/<uuid:dispute_id>/evidence/<uuid:evidence_id>", disputes.EvidenceFile.as_view()),
    path("reviews", reviews.Reviews.as_view({"post": "create"})),
    path("reviews/orders/<uuid:order_id>", reviews.Reviews.as_view({"get": "of_order", "post": "create_for_order"})),
    path("reviews/users/<uuid:user_id>", reviews.Reviews.as_view({"get": "of_person"})),
    path("users/<uuid:user_id>/rating", reviews.Rating.as_view()),
    path("users/me/selling", handover.Selling.as_view()),
    path("listings/<uuid:listing_id>/offers", offers.Offers.as_view({"post": "create"})),
    path("offers", offers.Offers.as_view({"get": "list"})),
    path("offers/<uuid:offer_id>", offers.Offers.as_view({"get": "retrieve"})),
    path("offers/<uuid:offer_id>/counter", offers.Offers.as_view({"post": "counter"})),
    path("offers/<uuid:offer_id>/accept", offers.Offers.as_view({"post": "accept"})),
    path("offers/<uuid:offer_id>/decline", offers.Offers.as_view({"post": "decline"})),
    path("offers/<uuid:offer_id>/withdraw", offers.Offers.as_view({"post": "withdraw"})),
    path("receipts/verify", receipts.VerifyReceipt.as_view()),
    path("receipts/key", receipts.ReceiptKey.as_view()),
    # Providers, and playing with the simulated one
    path("webhooks/<str:provider>", webhooks.Webhook.as_view()),
    path("practice/orders/<uuid:order_id>/confirm", practice.Confirm.as_view()),
    path("practice/orders/<uuid:order_id>/fault", practice.Misbehave.as_view()),
]
