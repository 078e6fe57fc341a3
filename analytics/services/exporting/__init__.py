"""Reports as files: `reports` says what there is, `reading` streams it, `formats` writes it, `destination` keeps it."""

from analytics.services.exporting.destination import whole_or_not_at_all
from analytics.services.exporting.formats import FORMATS, as_csv
from analytics.services.exporting.reading import count, read
from analytics.services.exporting.reports import REPORTS, Report

__all__ = ["FORMATS", "REPORTS", "Report", "as_csv", "count", "read", "whole_or_not_at_all"]
