"""Switches and chores on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listings.models import MaintenanceRun
from listings.models.photo import SIZES
from marketplace.common.validation import QueryShape

# other folders of the store belong to others, and what was uploaded but never confirmed to nobody yet
FOLDERS = "(?:listings|originals/listings|incoming)/"


class PlaceInStore(serializers.RegexField):
    """A key, or the beginning of one, among the pictures of listings."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rf"\A{FOLDERS}[A-Za-z0-9._/-]*\Z", max_length=300, required=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        place: str = super().to_internal_value(data)
        if ".." in place:
            self.fail("invalid")
        return place


class ThumbnailsQuery(QueryShape):
    object_key = PlaceInStore()
    sizes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SIZES)), required=False, min_length=1, max_length=len(SIZES)
    )


class OrphansQuery(QueryShape):
    prefix = PlaceInStore(help_text="A folder; without it, all there are")


class TaskAsked(serializers.Serializer[MaintenanceRun]):
    task_id = serializers.UUIDField(source="pk")


class TaskOut(TaskAsked):
    state = serializers.ChoiceField(choices=MaintenanceRun.State.choices)
    result = serializers.DictField(allow_null=True, help_text="What came of it, once it is over")
