"""How the admin looks and what its menu holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_superuser


def _queue(name: str) -> dict[str, Any]:
    """One of the queues over the orders: the same page, another filter."""
    return {
        "link": lazy(lambda: f"{reverse('admin:orders_order_changelist')}?queue={name}", str)(),
        "active": lambda request: request.GET.get("queue") == name,
        "permission": _may("orders.view_order"),
    }


def _icon(request: HttpRequest) -> str:
    return static("icons/market.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Campus Market",
    "SITE_HEADER": "Campus Market",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "COLORS": {
        "primary": {
            "50": "240 253 250",
            "100": "204 251 241",
            "200": "153 246 228",
            "300": "94 234 212",
            "400": "45 212 191",
            "500": "20 184 166",
            "600": "13 148 136",
            "700": "15 118 110",
            "800": "17 94 89",
            "900": "19 78 74",
            "950": "4 47 46",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("People"),
                "items": [
                    {
                        "title": _("Accounts"),
                        "icon": "group",
                        "link": reverse_lazy("admin:accounts_user_changelist"),
                        "permission": _may("accounts.view_user"),
                    },
                    {
                        "title": _("Reports"),
                        "icon": "flag",
                        "link": reverse_lazy("admin:accounts_personreport_changelist"),
                        "badge": "accounts.admin.reports.open_reports",
                        "permission": _may("accounts.view_personreport"),
                    },
                ],
            },
            {
                "title": _("Things"),
                "items": [
                    {
                        "title": _("Listings"),
                        "icon": "sell",
                        "link": reverse_lazy("admin:listings_listing_changelist"),
                        "permission": _may("listings.view_listing"),
                    },
                    {
                        "title": _("Reported listings"),
                        "icon": "flag",
                        "link": reverse_lazy("admin:listings_listingreport_changelist"),
                        "badge": "listings.admin.reports.open_reports",
                        "permission": _may("listings.view_listingreport"),
                    },
                    {
                        "title": _("Flags"),
                        "icon": "policy",
                        "link": reverse_lazy("admin:listings_listingflag_changelist"),
                        "badge": "listings.admin.flags.open_flags",
                        "permission": _may("listings.view_listingflag"),
                    },
                    {
                        "title": _("Categories"),
                        "icon": "category",
                        "link": reverse_lazy("admin:listings_category_changelist"),
                        "badge": "listings.admin.catalogs.unreviewed_categories",
                        "permission": _may("listings.view_category"),
                    },
                    {
                        "title": _("Brands"),
                        "icon": "branding_watermark",
                        "link": reverse_lazy("admin:listings_brand_changelist"),
                        "badge": "listings.admin.catalogs.unreviewed_brands",
                        "permission": _may("listings.view_brand"),
                    },
                    {
                        "title": _("Feature switches"),
                        "icon": "toggle_on",
                        "link": reverse_lazy("admin:listings_featureswitch_changelist"),
                        "permission": _is_superuser,
                    },
                ],
            },
            {
                "title": _("Talk"),
                "items": [
                    {
                        "title": _("Reported messages"),
                        "icon": "flag",
                        "link": reverse_lazy("admin:chat_messagereport_changelist"),
                        "badge": "chat.admin.reports.open_reports",
                        "permission": _may("chat.view_messagereport"),
                    },
                    {
                        "title": _("Rooms"),
                        "icon": "forum",
                        "link": reverse_lazy("admin:chat_room_changelist"),
                        "permission": _may("chat.view_room"),
                    },
                ],
            },
            {
                "title": _("Money"),
                "items": [
                    {
                        "title": _("Orders"),
                        "icon": "receipt_long",
                        "link": reverse_lazy("admin:orders_order_changelist"),
                        "active": lambda request: "/orders/order/" in request.path and "queue" not in request.GET,
                        "permission": _may("orders.view_order"),
                    },
                    {
                        "title": _("Disputes to decide"),
                        "icon": "balance",
                        "badge": "orders.admin.queues.dispute_count",
                        **_queue("disputes"),
                    },
                    {
                        "title": _("Needs attention"),
                        "icon": "notification_important",
                        "badge": "orders.admin.queues.attention_count",
                        **_queue("attention"),
                    },
                    {
                        "title": _("Quarantined"),
                        "icon": "lock",
                        "badge": "orders.admin.queues.quarantined_count",
                        **_queue("quarantined"),
                    },
                    {
                        "title": _("Asked of the provider"),
                        "icon": "send",
                        "link": reverse_lazy("admin:orders_operation_changelist"),
                        "permission": _may("orders.view_operation"),
                    },
                    {
                        "title": _("Accounts of the ledger"),
                        "icon": "account_balance",
                        "link": reverse_lazy("admin:orders_account_changelist"),
                        "permission": _may("orders.view_account"),
                    },
                    {
                        "title": _("Bookings"),
                        "icon": "menu_book",
                        "link": reverse_lazy("admin:orders_ledgertransaction_changelist"),
                        "permission": _may("orders.view_ledgertransaction"),
                    },
                    {
                        "title": _("Audits of the books"),
                        "icon": "fact_check",
                        "link": reverse_lazy("admin:orders_moneyaudit_changelist"),
                        "permission": _may("orders.view_moneyaudit"),
                    },
                    {
                        "title": _("Told by providers"),
                        "icon": "mark_email_read",
                        "link": reverse_lazy("admin:orders_inboxevent_changelist"),
                        "permission": _may("orders.view_inboxevent"),
                    },
                    {
                        "title": _("Webhooks"),
                        "icon": "webhook",
                        "link": reverse_lazy("admin:orders_webhookendpoint_changelist"),
                        "permission": _may("orders.view_webhookendpoint"),
                    },
                    {
                        "title": _("Sent by webhook"),
                        "icon": "outgoing_mail",
                        "link": reverse_lazy("admin:orders_webhookdelivery_changelist"),
                        "permission": _may("orders.view_webhookdelivery"),
                    },
                ],
            },
            {
                "title": _("Oversight"),
                "items": [
                    {
                        "title": _("Audit trail"),
                        "icon": "history_edu",
                        "link": reverse_lazy("admin:common_auditentry_changelist"),
                        "permission": _may("common.view_auditentry"),
                    },
                    {
                        "title": _("Undelivered events"),
                        "icon": "outbox",
                        "link": reverse_lazy("admin:common_outboxdelivery_changelist"),
                        "permission": _may("common.view_outboxdelivery"),
                    },
                    {
                        "title": _("Groups"),
                        "icon": "shield_person",
                        "link": reverse_lazy("admin:auth_group_changelist"),
                        "permission": _is_superuser,
                    },
                ],
            },
        ],
    },
}
