"""Which messages?"""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.search import SearchQuery
from django.db import models


class MessageQuerySet(models.QuerySet[Any]):
    def shown(self) -> Self:
        """With everything that a reader sees, in a fixed number of queries."""
        return self.select_related("sender").prefetch_related("reactions", "mentions", self._files())

    def within(self, standing: Any) -> Self:
        """What this person may see of the room."""
        rows = self.filter(room_id=standing.room_id, seq__gt=standing.first_seq)
        return rows if standing.last_seq is None else rows.filter(seq__lte=standing.last_seq)

    def that_still_say_something(self) -> Self:
        return self.filter(deleted_at__isnull=True, hidden_at__isnull=True)

    def saying(self, text: str) -> Self:
        query = SearchQuery(text, config="listings_plain", search_type="websearch")
        return self.that_still_say_something().filter(words=query)

    def latest_said(self) -> Any:
        return self.select_related("sender").prefetch_related(self._files()).order_by("-seq").first()

    def carrying(self, upload: Any) -> Self:
        return self.that_still_say_something().filter(attachments__upload=upload)

    def with_files(self) -> Self:
        return self.prefetch_related(self._files())

    def _files(self) -> models.Prefetch[Any]:
        attachments = self.model._meta.get_field("attachments").related_model
        return models.Prefetch("attachments", attachments.objects.select_related("upload").order_by("position"))
