"""A stored file as an HTTP answer: conditional, in parts if asked, and never able to run."""

from __future__ import annotations

from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from marketplace.common.storage.base import ObjectInfo
from marketplace.common.storage.presentation import Presentation
from marketplace.common.storage.ranges import FileSlice, Unsatisfiable, parse_range

SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Accept-Ranges": "bytes",
}


def serve(
    request: HttpRequest, file: BinaryIO, info: ObjectInfo, shown: Presentation, *, cache_control: str
) -> HttpResponseBase:
    """Takes over the file and closes it."""
    etag, modified = f'"{info.etag}"', int(info.modified_at.timestamp())
    response: HttpResponseBase | None = get_conditional_response(request, etag, modified)
    if response is None:
        response = _body(request, file, info.size, etag, shown)
    else:
        file.close()
    validators = {"ETag": etag, "Last-Modified": http_date(modified), "Cache-Control": cache_control}
    for name, value in {**SAFETY, **validators}.items():
        response[name] = value
    return response


def _body(
    request: HttpRequest, file: BinaryIO, size: int, etag: str, shown: Presentation
) -> HttpResponse | StreamingHttpResponse:
    try:
        part = parse_range(_range_header(request, etag), size)
    except Unsatisfiable:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    wanted = range(size) if part is None else part
    response = _stream(request, FileSlice(file, wanted))
    response["Content-Type"] = shown.content_type
    response["Content-Disposition"] = shown.disposition
    response["Content-Length"] = str(len(wanted))
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return response


def _stream(request: HttpRequest, content: FileSlice) -> HttpResponse | StreamingHttpResponse:
    if request.method == "HEAD":
        content.close()
        return HttpResponse()
    return StreamingHttpResponse(content)


def _range_header(request: HttpRequest, etag: str) -> str:
    """A part of a file that has changed since would not fit the parts the client already has."""
    if request.headers.get("If-Range", etag) != etag:
        return ""
    return request.headers.get("Range", "")
