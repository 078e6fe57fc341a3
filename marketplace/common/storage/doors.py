"""The doors of local storage: `PUT` and `GET /storage/<key>` for who holds a signed URL, `/media/<key>` for all.

With S3 the bucket answers for itself, and `/media/` only points to it.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from marketplace.common import errors
from marketplace.common.handler import MethodNotAllowed, full_body, translate
from marketplace.common.jsonio import json_response
from marketplace.common.storage.base import ObjectStore
from marketplace.common.storage.errors import InvalidKey, ObjectMissing
from marketplace.common.storage.factory import get_store
from marketplace.common.storage.keys import check_key, incoming_key
from marketplace.common.storage.local import LocalStore
from marketplace.common.storage.presentation import Presentation, present
from marketplace.common.storage.serving import serve
from marketplace.common.storage.signing import BadSignature

View = Callable[[HttpRequest, str], HttpResponseBase]
BUCKET_URL_SECONDS = 300
PUBLIC_CACHE = "public, max-age=86400, immutable"
PRIVATE_CACHE = "private, max-age=300"
NO_CACHE = "private, no-store"
ONE_LOOK_SECONDS = 60


class LengthRequired(errors.DomainError):
    status = 411
    code = "length_required"
    detail = "Content-Length is required"


class BodyCutShort(errors.DomainError):
    code = "body_cut_short"
    detail = "The request body ended too early"


def json_errors(view: View) -> View:
    """Say errors as the API does: these doors are outside of DRF."""

    def guarded(request: HttpRequest, key: str) -> HttpResponseBase:
        try:
            return view(request, key)
        except Exception as exc:
            error = _translate(exc)
            if error is None:
                raise
            return json_response(full_body(error), status=error.status, headers=error.headers)

    return guarded


def _translate(exc: Exception) -> errors.DomainError | None:
    match exc:
        case BadSignature():
            return errors.Forbidden(str(exc))
        case InvalidKey() | ObjectMissing():
            return errors.NotFound()
    return translate(exc)


@csrf_exempt
@json_errors
def signed_object(request: HttpRequest, key: str) -> HttpResponseBase:
    store = get_store()
    if not isinstance(store, LocalStore):
        raise errors.NotFound
    if request.method == "PUT":
        return _take_in(request, store, key)
    if request.method in ("GET", "HEAD"):
        return _hand_out(request, store, key)
    raise MethodNotAllowed(headers={"Allow": "GET, HEAD, PUT"})


@json_errors
def public_object(request: HttpRequest, key: str) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed(headers={"Allow": "GET, HEAD"})
    store = get_store()
    if not store.public.covers(check_key(key)):
        raise errors.NotFound
    if not isinstance(store, LocalStore):
        url = store.presign_get(key, expires_in=BUCKET_URL_SECONDS, inline=True)
        return HttpResponseRedirect(url, headers={"Cache-Control": f"public, max-age={BUCKET_URL_SECONDS // 2}"})
    file = store.open(key)
    return serve(request, file, store.describe(key, file), present(key, inline=True), cache_control=PUBLIC_CACHE)


def private_object(request: HttpRequest, key: str, *, download_name: str | None = None) -> HttpResponseBase:
    """For a door that has asked who is there: from our own disk at once, from a bucket by an address for a minute."""
    store = get_store()
    if not isinstance(store, LocalStore):
        if request.method == "HEAD":  # an address that was signed for GET answers nothing else
            return _described(request, store, key, present(key, download_name=download_name))
        url = store.presign_get(key, expires_in=ONE_LOOK_SECONDS, download_name=download_name)
        return HttpResponseRedirect(url, headers={"Cache-Control": NO_CACHE})
    try:
        file = store.open(key)
    except ObjectMissing as error:
        raise errors.NotFound from error
    shown = present(key, download_name=download_name)
    return serve(request, file, store.describe(key, file), shown, cache_control=NO_CACHE)


def _described(request: HttpRequest, store: ObjectStore, key: str, shown: Presentation) -> HttpResponseBase:
    found = store.head(key)
    if found is None:
        raise errors.NotFound
    return serve(request, BytesIO(), found, shown, cache_control=NO_CACHE)


def _hand_out(request: HttpRequest, store: LocalStore, key: str) -> HttpResponseBase:
    granted = store.signer.verify("GET", key, request.GET.dict())
    shown = present(key, download_name=granted.get("name"), inline="inline" in granted)
    file = store.open(key)
    return serve(request, file, store.describe(key, file), shown, cache_control=PRIVATE_CACHE)


def _take_in(request: HttpRequest, store: LocalStore, key: str) -> HttpResponse:
    granted = store.signer.verify("PUT", key, request.GET.dict())
    if request.META.get("CONTENT_TYPE", "") != granted["type"]:
        raise errors.Forbidden("Content-Type is not the one this address was signed for")
    length = _declared_length(request)
    if length > int(granted["max"]):  # never signed beyond UPLOAD_MAX_BYTES
        raise errors.TooLarge
    if granted.get("length", str(length)) != str(length):
        raise errors.Forbidden("Content-Length is not the one this address was signed for")
    body = cast(BinaryIO, ExactBody(request, length))
    saved = store.save(incoming_key(key), body, content_type=granted["type"])
    return HttpResponse(headers={"ETag": f'"{saved.etag}"'})


def _declared_length(request: HttpRequest) -> int:
    """WSGI promises no end to a body without a length; the server in front counts chunked ones for us."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not (declared.isascii() and declared.isdigit()):
        raise LengthRequired
    return int(declared)


class ExactBody:
    """The request body, chunk by chunk; an error unless it is exactly as long as it said."""

    def __init__(self, request: HttpRequest, length: int) -> None:
        self._request = request
        self._left = length

    def read(self, n: int) -> bytes:
        try:
            chunk = self._request.read(n)
        except UnreadablePostError as error:
            raise BodyCutShort from error
        self._left -= len(chunk)
        if self._left < 0:
            raise errors.TooLarge
        if not chunk and self._left > 0:
            raise BodyCutShort
        return chunk
