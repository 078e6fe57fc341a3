"""Questions about pictures."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value

BAND_BITS = 16
BANDS = 4
ALIKE = 6  # bits of 64 in which two pictures of the same thing may differ


def bands_of(fingerprint: Any) -> Func:
    """A fingerprint as four numbers of 16 bits, each marked with its place; by the index and by the question alike."""
    bands = (
        f"((%(expressions)s >> {place * BAND_BITS}) & 65535)::integer + {place << BAND_BITS}" for place in range(BANDS)
    )
    return Func(fingerprint, template=f"(ARRAY[{', '.join(bands)}])", output_field=ArrayField(models.IntegerField()))


def nearby_bands(fingerprint: int) -> list[int]:
    """Of two fingerprints at most `ALIKE` bits apart, one of the four bands differs in a single bit or in none."""
    probes = []
    for place in range(BANDS):
        band = (fingerprint >> (place * BAND_BITS)) & 0xFFFF
        marked = place << BAND_BITS
        probes += [marked + band, *(marked + (band ^ (1 << bit)) for bit in range(BAND_BITS))]
    return probes


class PhotoQuerySet(models.QuerySet[Any]):
    def ready(self) -> Self:
        return self.filter(state="ready")

    def in_order(self) -> Self:
        """The cover first."""
        return self.order_by("position", "id")

    def on_offer(self) -> Self:
        return self.filter(listing__is_active=True)

    def not_by(self, seller_id: UUID) -> Self:
        return self.exclude(listing__seller=seller_id)

    def resembling(self, fingerprint: int) -> Self:
        """Ready pictures at most `ALIKE` bits away, nearest first, with their `distance`."""
        apart = Func(
            models.F("fingerprint"),
            Value(fingerprint, output_field=models.BigIntegerField()),  # all 64 bits of it
            arg_joiner=" # ",
            template="bit_count((%(expressions)s)::bit(64))",
            output_field=models.IntegerField(),
        )
        near = self.ready().filter(fingerprint__isnull=False)
        return (
            near.alias(bands=bands_of(models.F("fingerprint")))
            .filter(bands__overlap=nearby_bands(fingerprint))
            .annotate(distance=apart)
            .filter(distance__lte=ALIKE)
            .order_by("distance", "id")
        )
