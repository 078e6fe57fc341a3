"""Listings from a spreadsheet: `tables` reads files, `columns` understands them, `importer` offers what is in them."""

from listings.services.importing.importer import Offer, Problem, Report, import_rows
from listings.services.importing.tables import Row, Table, UnreadableTable, read_table

__all__ = ["Offer", "Problem", "Report", "Row", "Table", "UnreadableTable", "import_rows", "read_table"]
