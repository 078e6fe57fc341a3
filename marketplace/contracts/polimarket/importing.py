"""`/products/bulk-upload`: many products at once, from a workbook, and the workbook to begin with."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from listings.serializers.listings import ListingBody
from listings.services.importing.importer import Report, import_rows
from listings.services.importing.tables import UnreadableTable, read_table
from marketplace.common.errors import DomainError
from marketplace.common.idempotency import idempotent
from marketplace.common.storage import extension_of
from marketplace.contracts.common import sent
from marketplace.contracts.polimarket import names, shapes
from marketplace.contracts.polimarket.door import PoliMarketDoor, PublicDoor

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ("title", "description", "price", "category", "image_url")
EXAMPLE = ("Calculadora Casio", "Poco uso", 15.5, "electronics", "")


class NoWorkbook(DomainError):
    code = "no_workbook"
    detail = "Solo se permiten archivos Excel (.xlsx)"


class ColumnsMissing(DomainError):
    code = "columns_missing"
    detail = f"Faltan columnas: el archivo debe tener {', '.join(COLUMNS)}"


class BulkUpload(PoliMarketDoor):
    rate_scope = "import"

    @extend_schema(request={"multipart/form-data": shapes.WorkbookForm}, responses=shapes.ImportOut)
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """Good rows are offered, bad ones are told by their number. Pictures come later, one by one."""
        file = shapes.WorkbookForm.read(sent(request))["file"]
        if extension_of(str(file.name)) not in ("xlsx", "xls"):
            raise NoWorkbook
        try:
            table = read_table(file.read())
        except UnreadableTable as error:
            raise NoWorkbook(f"No se pudo leer el archivo: {error.text}") from error
        for shelf in names.CATEGORIES:
            names.category_for(shelf)
        report = import_rows(
            table,
            seller=request.user,
            check=ListingBody.read,
            currency=settings.POLIMARKET_CURRENCY,
            skip_bad_rows=True,
        )
        if any(problem.row == table.header.number for problem in report.problems):
            raise ColumnsMissing
        return Response(_shown(report))


class Template(PublicDoor):
    @extend_schema(responses={(200, WORKBOOK): OpenApiTypes.BINARY})
    def get(self, request: Any) -> HttpResponse:
        """The columns, and a row to write over."""
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(COLUMNS)
        book.active.append(EXAMPLE)
        file = io.BytesIO()
        book.save(file)
        headers = {"Content-Disposition": 'attachment; filename="plantilla_productos.xlsx"'}
        return HttpResponse(file.getvalue(), content_type=WORKBOOK, headers=headers)


def _shown(report: Report) -> dict[str, Any]:
    return {
        "success": True,
        "products_created": len(report.offers),
        "products_details": [{"row": each.row, "title": each.listing.title} for each in report.offers],
        "errors": [f"Fila {each.row}: {each.column}: {each.reason}" for each in report.problems],
        "total_rows": report.total,
    }
