"""Every address of the product. No trailing slash and no redirect, as phones need it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from analytics.pages import dashboard, numbers
from analytics.urls import of_events
from chat.pages import talk
from chat.urls import of_messages
from marketplace import pages
from marketplace.common import health
from marketplace.contracts.chat_starter import page as chat_test
from orders.urls import of_orders
from orders.views import health as money_health

handler400 = "marketplace.common.handler.bad_request"
handler403 = "marketplace.common.handler.permission_denied"
handler404 = "marketplace.common.handler.not_found"
handler500 = "marketplace.common.handler.server_error"

urlpatterns = [  # tried in this order: what is asked most stands first
    path("v1/orders", include(of_orders)),
    path("v1/events", include(of_events)),
    path("v1/messages", include(of_messages)),
    path("v1/", include("listings.urls")),
    path("v1/", include("accounts.urls")),
    path("v1/", include("orders.urls")),
    path("v1/", include("chat.urls")),
    path("v1/", include("analytics.urls")),
    path("v1/", include("marketplace.sync.urls")),
    path("", pages.home, name="home"),
    path("favicon.ico", pages.icon),
    path("health", health.health, name="health"),
    path("health/money", money_health.money, name="health-money"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus, name="metrics"),
    path("openapi.json", pages.openapi, name="openapi"),
    path("asyncapi.json", pages.asyncapi, name="asyncapi"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="docs"),
    path("redoc", SpectacularRedocView.as_view(url_name="openapi"), name="redoc"),
    path("admin/", admin.site.urls),
    path("", include("marketplace.common.storage.urls")),
    path("account/numbers", numbers.numbers, name="account-numbers"),
    path("account/", include("accounts.page_urls")),
    path("talk", talk, name="talk"),
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("dashboard/numbers/<str:name>", dashboard.numbers),
    path("test", chat_test.show, name="chat-test"),
    path("", include("marketplace.contracts.urls")),
]
