"""`/auth/…`, `/users/me`, `/users/{id}`: one account, whichever family it came through."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Session, User
from conftest import PASSWORD
from listings.tests.studio import opened
from marketplace.contracts.tests.clients import claims
from marketplace.contracts.tests.polimarket.conftest import picture

pytestmark = pytest.mark.django_db
JOHN = {"name": "John", "email": "john@espol.edu.ec", "password": "secret"}
SUPPORT = {"username": "marta", "email": "marta@firm.example", "password": "secret1", "role": "admin"}
As = Callable[..., APIClient]


@pytest.mark.parametrize("format", ["json", "multipart", "query", "urlencoded"])
def test_readme_register_takes_every_form_and_answers_with_an_integer(anonymous: APIClient, format: str) -> None:
    """[seed] form, [be-v1] query, [be-head] and [react] JSON."""
    if format == "query":
        reply = anonymous.post("/auth/register?name=John&email=john@espol.edu.ec&password=secret")
    elif format == "urlencoded":
        form = "name=John&email=john%40espol.edu.ec&password=secret"
        reply = anonymous.post("/auth/register", form, content_type="application/x-www-form-urlencoded")
    else:
        reply = anonymous.post("/auth/register", JOHN, format=format)

    john = User.objects.get()
    assert (reply.status_code, reply.json()) == (200, {"id": john.number})
    assert (john.name, john.email, john.language, john.role) == ("John", "john@espol.edu.ec", "es", None)


@pytest.mark.parametrize(
    ("email", "status", "detail"),
    [
        ("john@gmail.com", 400, "Solo se permiten correos @espol.edu.ec"),
        ("john@espol.edu.ec.evil.example", 400, "Solo se permiten correos @espol.edu.ec"),
        ("john@notespol.edu.ec", 400, "Solo se permiten correos @espol.edu.ec"),
        ("JOHN@ESPOL.EDU.EC", 200, None),
    ],
)
def test_readme_register_only_students(anonymous: APIClient, email: str, status: int, detail: str | None) -> None:
    reply = anonymous.post("/auth/register", {**JOHN, "email": email})

    assert (reply.status_code, reply.json().get("detail")) == (status, detail)
    assert User.objects.count() == (1 if status == 200 else 0)


def test_be_head_register_twice_and_with_something_missing(anonymous: APIClient) -> None:
    anonymous.post("/auth/register", JOHN)
    again = anonymous.post("/auth/register", {**JOHN, "email": "John@Espol.edu.ec"})
    missing = anonymous.post("/auth/register", {"name": "Eva", "email": "eva@espol.edu.ec"})

    assert (again.status_code, again.json()["detail"]) == (400, "Email ya registrado")
    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["body", "password"]
    assert User.objects.count() == 1


def test_another_campus_has_another_domain(anonymous: APIClient, settings: Settings) -> None:
    settings.POLIMARKET_EMAIL_DOMAINS = ["uni.edu"]

    assert anonymous.post("/auth/register", {**JOHN, "email": "john@uni.edu"}).status_code == 200
    assert anonymous.post("/auth/register", JOHN).status_code == 400


@pytest.mark.parametrize("format", ["multipart", "json"])
def test_readme_login_gives_a_token_for_a_day(anonymous: APIClient, ana: User, format: str) -> None:
    form = {"username": "ana@espol.edu.ec", "password": PASSWORD, "grant_type": "password"}
    reply = anonymous.post("/auth/login", form, format=format)

    body = reply.json()
    assert (reply.status_code, body["token_type"]) == (200, "bearer")
    session = Session.objects.get()
    assert (session.expires_at - session.rotated_at).total_seconds() == 24 * 60 * 60
    me = APIClient(headers={"Authorization": f"Bearer {body['access_token']}"}).get("/auth/me")
    assert me.json()["id"] == ana.number


def test_flutter_003_login_by_json_and_email_reads_a_role(anonymous: APIClient) -> None:
    anonymous.post("/auth/register", SUPPORT)
    by_email = anonymous.post("/auth/login", {"email": SUPPORT["email"], "password": SUPPORT["password"]})
    by_name = anonymous.post("/auth/login", {"username": "marta", "password": SUPPORT["password"]}, format="multipart")

    assert (by_email.status_code, by_email.json()["role"]) == (200, "admin")
    assert by_name.status_code == 200


@pytest.mark.parametrize("body", [{"email": SUPPORT["email"]}, {"username": SUPPORT["username"]}])
def test_soporteit_seed_a_token_lives_60_minutes(anonymous: APIClient, body: dict[str, str]) -> None:
    """Told by what its clients send. PoliMarket's have an e-mail address as `username`, and a day."""
    anonymous.post("/auth/register", SUPPORT)
    token = anonymous.post("/auth/login", {**body, "password": SUPPORT["password"]}).json()["access_token"]

    shown = claims(token)
    assert shown["exp"] - shown["iat"] == 60 * 60


def test_nobody_signs_in_by_the_query(anonymous: APIClient, ana: User) -> None:
    """No client sends a password there, and addresses are kept in histories and logs."""
    query = f"username=ana%40espol.edu.ec&password={quote(PASSWORD)}"

    assert anonymous.post(f"/auth/login?{query}").status_code == 422
    assert anonymous.post(f"/auth/login?{query}", {"username": "ana@espol.edu.ec"}).status_code == 422
    assert not Session.objects.exists()


def test_readme_login_refuses_in_spanish(anonymous: APIClient, ana: User) -> None:
    for form in ({"username": "ana@espol.edu.ec", "password": "wrong"}, {"username": "nobody", "password": "x"}):
        reply = anonymous.post("/auth/login", form, format="multipart")
        assert (reply.status_code, reply.json()["detail"]) == (401, "Credenciales inválidas")
    assert anonymous.post("/auth/login", {"password": "x"}).status_code == 422


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic YTpi"])
@pytest.mark.parametrize("path", ["/auth/me", "/users/me", "/chats/my"])
def test_readme_without_a_good_token_it_is_401(anonymous: APIClient, header: str | None, path: str) -> None:
    reply = anonymous.get(path, headers={"Authorization": header} if header else {})

    assert (reply.status_code, reply.json()["detail"]) == (401, "Token inválido o expirado")
    assert reply["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/auth/me", "/users/me"])
def test_readme_me_is_what_both_families_read_and_no_hash(signed_in: As, ana: User, path: str) -> None:
    body = signed_in(ana).get(path).json()

    assert body.pop("created_at").endswith("Z")
    assert body == {
        "id": ana.number,
        "username": "ana",
        "name": "Ana Ruiz",
        "full_name": "Ana Ruiz",
        "email": "ana@espol.edu.ec",
        "profile_image": None,
        "role": None,
        "is_delivery": False,
        "is_active": True,
    }


def test_soporteit_register_is_told_by_its_fields(anonymous: APIClient) -> None:
    reply = anonymous.post("/auth/register", {**SUPPORT, "full_name": "Marta Sol"})

    body = reply.json()
    assert reply.status_code == 201
    assert (body["username"], body["full_name"], body["role"]) == ("marta", "Marta Sol", "admin")
    marta = User.objects.get()
    assert (body["id"], marta.is_staff, marta.is_superuser) == (marta.number, False, False)


def test_flutter_003_register_has_a_name_and_no_username(anonymous: APIClient) -> None:
    body = {"name": "Marta Sol", "email": "marta@firm.example", "password": "secret1", "role": "user"}
    reply = anonymous.post("/auth/register", body)

    assert (reply.status_code, reply.json()["username"], reply.json()["name"]) == (201, "marta.sol", "Marta Sol")


@pytest.mark.parametrize(
    ("other", "status", "detail"),
    [
        ({"email": "other@firm.example"}, 400, "Username already registered"),
        ({"username": "other"}, 400, "Email already registered"),
        ({"role": "boss", "username": "other"}, 422, None),
        ({"password": "short", "username": "other"}, 422, None),
    ],
)
def test_soporteit_register_refuses_in_its_own_words(
    anonymous: APIClient, other: dict[str, str], status: int, detail: str | None
) -> None:
    anonymous.post("/auth/register", SUPPORT)
    reply = anonymous.post("/auth/register", {**SUPPORT, **other})

    assert reply.status_code == status
    assert detail is None or reply.json()["detail"] == detail
    assert User.objects.count() == 1


def test_a_user_name_without_a_role_is_told_that_one_is_missing(anonymous: APIClient) -> None:
    reply = anonymous.post("/auth/register", {"username": "eva", "email": "eva@x.example", "password": "secret1"})

    assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["body", "role"])


def test_one_person_in_all_families(anonymous: APIClient, make_person: Callable[..., User]) -> None:
    """Registered at one door, signed in at another, known by the same number and the same key."""
    number = anonymous.post("/auth/register", JOHN).json()["id"]
    pair = anonymous.post("/v1/auth/login", {"email": JOHN["email"], "password": JOHN["password"]}).json()
    client = APIClient(headers={"Authorization": f"Bearer {pair['access_token']}"})

    assert client.get("/auth/me").json()["id"] == number
    assert client.get("/v1/auth/me").json()["id"] == str(User.objects.get(number=number).pk)


def test_react_profile_name_and_picture(signed_in: As, ana: User) -> None:
    client = signed_in(ana)
    named = client.put("/users/me", {"name": "Ana María"}, format="multipart").json()
    pictured = client.put("/users/me", {"file": picture()}, format="multipart").json()
    again = client.put("/users/me", {"file": picture()}, format="multipart").json()

    assert (named["name"], named["profile_image"]) == ("Ana María", None)
    assert pictured["name"] == "Ana María"
    path = again["profile_image"].removeprefix("http://127.0.0.1:8000")
    assert path.startswith("/static/images/people-")
    shown = client.get(path)
    assert opened(b"".join(shown.streaming_content)).format == "JPEG"  # type: ignore[attr-defined]  # a file of ours
    assert client.get(pictured["profile_image"].removeprefix("http://127.0.0.1:8000")).status_code == 404
    assert client.put("/users/me", {}).json()["profile_image"] == again["profile_image"]


def test_react_profile_refuses_what_is_no_picture(signed_in: As, ana: User) -> None:
    for kind in ("text/html", "image/svg+xml", "image/jpeg"):
        page = SimpleUploadedFile("x.html", b"<html><script>alert(1)</script></html>", kind)
        reply = signed_in(ana).put("/users/me", {"file": page}, format="multipart")
        assert (reply.status_code, reply.json()["detail"]) == (400, "El archivo debe ser una imagen JPEG, PNG o WebP")
    ana.refresh_from_db()
    assert ana.picture == ""


def test_react_users_by_number_shows_no_address_to_others(
    anonymous: APIClient, signed_in: As, ana: User, leo: User
) -> None:
    seen = {"id": leo.number, "username": "leo", "name": "Leo", "profile_image": None}

    assert anonymous.get(f"/users/{leo.number}").json() == seen
    assert signed_in(ana).get(f"/users/{leo.number}").json() == seen
    assert signed_in(leo).get(f"/users/{leo.number}").json()["email"] == leo.email
    for number in (987_654_321, 10**30):
        reply = anonymous.get(f"/users/{number}")
        assert (reply.status_code, reply.json()["detail"]) == (404, "Usuario no encontrado")


def test_react_users_needs_a_token_and_shows_no_address(
    anonymous: APIClient, signed_in: As, ana: User, leo: User
) -> None:
    assert anonymous.get("/users").status_code == 401
    rows = signed_in(ana).get("/users").json()
    assert [row["name"] for row in rows] == ["Leo", "Ana Ruiz"]
    assert all(row.keys() == {"id", "username", "name", "profile_image"} for row in rows)
