"""Switches that apps ask for at their start."""

from __future__ import annotations

from listings.models import FeatureSwitch

# What the apps may ask about. An administrator's choice stays as it is.
DEFAULTS = {
    "chat": True,
    "favourites": True,
    "price_suggestions": True,
    "quick_view": True,
    "reviews": True,
    "saved_searches": True,
}


def seed_switches() -> None:
    rows = [FeatureSwitch(key=key, is_on=is_on) for key, is_on in DEFAULTS.items()]
    FeatureSwitch.objects.bulk_create(rows, ignore_conflicts=True)


def switches() -> dict[str, bool]:
    return dict(FeatureSwitch.objects.order_by("key").values_list("key", "is_on"))
