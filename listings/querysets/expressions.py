"""The product's own SQL functions, made by the first migration."""

from __future__ import annotations

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import FloatField, Func, Lookup, TextField


class Plain(Func):
    """Lower case and without accents, as the trigram index has it."""

    function = "listings_plain"
    output_field = TextField()


class Words(Func):
    """What somebody typed, as a question to the word index."""

    function = "listings_query"
    output_field = SearchQueryField()


class Apart(Func):
    """Metres between two points on the sphere: the very number by which the index sorts."""

    template = "(%(expressions)s)"
    arg_joiner = " <-> "
    output_field = FloatField()


class Alike(Func):
    """How well the first text, or something like it, is found inside the second: 0 to 1."""

    function = "word_similarity"
    output_field = FloatField()


@SearchVectorField.register_lookup
class Matches(Lookup[bool]):
    """`search @@ query`, without the second parsing that Django's own lookup adds."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}", [*left_params, *right_params]
