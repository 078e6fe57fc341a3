"""How the admin looks and what its menu holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_superuser


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
