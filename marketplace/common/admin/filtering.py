"""What a list may be narrowed by: what its page offers, and no other column of its rows."""

from __future__ import annotations

from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class OfferedFilters(ModelAdmin):  # type: ignore[misc]
    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django lets an address ask about every column of the row itself, so what no page shows (the hash of a
        password, the secret of a webhook) could be guessed letter by letter."""
        column = lookup.partition(LOOKUP_SEP)[0]
        is_offered = column in self._offered(request) or column not in self._columns()
        return is_offered and super().lookup_allowed(lookup, value, request)

    def _offered(self, request: HttpRequest) -> set[str]:
        named = (each[0] if isinstance(each, (tuple, list)) else each for each in self.get_list_filter(request))
        return {name.partition(LOOKUP_SEP)[0] for name in named if isinstance(name, str)}

    def _columns(self) -> set[str]:
        fields = self.opts.get_fields()
        return {field.name for field in fields} | {getattr(field, "attname", field.name) for field in fields}
