"""One family of errors for REST, sockets and tasks: a code for programs, a text for people, a status.

Concrete errors live beside the service that raises them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """Something a caller may be told. `extra` goes into the reply beside `detail` and `code`."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    detail: ClassVar[str] = "Bad request"

    def __init__(
        self,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.text = detail if detail is not None else self.detail
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        super().__init__(self.text)

    def body(self) -> dict[str, Any]:
        return {"detail": self.text, "code": self.code, **self.extra}


class Unauthenticated(DomainError):
    status = 401
    code = "not_authenticated"
    detail = "Not authenticated"

    def __init__(self, detail: str | None = None, **kwargs: Any) -> None:
        super().__init__(detail, **kwargs)
        self.headers.setdefault("WWW-Authenticate", "Bearer")


class Forbidden(DomainError):
    status = 403
    code = "forbidden"
    detail = "Not allowed"


class NotFound(DomainError):
    status = 404
    code = "not_found"
    detail = "Not found"


class Conflict(DomainError):
    status = 409
    code = "conflict"
    detail = "Conflict"


class TooLarge(DomainError):
    status = 413
    code = "too_large"
    detail = "Request body too large"


class TooManyRequests(DomainError):
    status = 429
    code = "rate_limited"
    detail = "Rate limit exceeded"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1, **kwargs: Any) -> None:
        super().__init__(detail, **kwargs)
        self.headers["Retry-After"] = str(max(1, retry_after))


class Unavailable(DomainError):
    status = 503
    code = "unavailable"
    detail = "Temporarily unavailable, please try again"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1, **kwargs: Any) -> None:
        super().__init__(detail, **kwargs)
        self.headers["Retry-After"] = str(max(1, retry_after))


class InvalidInput(DomainError):
    """A body or query that does not fit: FastAPI's list, which all five client families read."""

    status = 422
    code = "validation_error"

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(str(problem["msg"]) for problem in problems) or "Invalid input")
        self.problems = problems

    def body(self) -> dict[str, Any]:
        return {"detail": self.problems, "code": self.code}

    @classmethod
    def one(cls, loc: list[str | int], msg: str, *, type: str = "value_error") -> InvalidInput:
        return cls([{"type": type, "loc": loc, "msg": msg}])
