"""Finding things: what is asked (`criteria`), the reference queryset, and the statements of the hot doors."""
