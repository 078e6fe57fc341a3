"""A market whose numbers are asked for."""

from listings.tests.conftest import catalog, make_listing  # noqa: F401  (fixtures)
from orders.tests.conftest import nobody_wakes_up  # noqa: F401  (a fixture)
