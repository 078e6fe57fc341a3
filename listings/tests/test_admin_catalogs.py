"""Categories and brands in the admin: looked at, renamed, hidden, moved and merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from listings.models import Brand, Category, Listing, SavedSearch
from listings.services import catalog_care, catalogs
from marketplace.common import outbox
from marketplace.common.models import AuditEntry

pytestmark = pytest.mark.django_db

LIST = "/admin/listings/category/"


@pytest.fixture
def desk(in_admin: Callable[[User], Client], moderator: User, catalog: dict[str, Category]) -> Client:
    return in_admin(moderator)


@pytest.fixture
def added(catalog: dict[str, Category], buyer: User) -> Category:
    """What somebody has added who did not find `Laptops`."""
    return catalogs.add_category(slug="portables", name="Portables", by=buyer)[0]


def change_url(entry: Any) -> str:
    return reverse(f"admin:listings_{entry._meta.model_name}_change", args=[entry.pk])


def decide(desk: Client, entry: Any, name: str, **answers: Any) -> Any:
    url = reverse(f"admin:listings_{entry._meta.model_name}_decide", args=[entry.pk, name])
    return desk.post(url, {"reason": "because", **answers}, follow=True)


def deliver() -> None:
    while outbox.deliver_due():
        pass


def saying(text: str) -> set[Listing]:
    return set(Listing.objects.on_offer().saying(text))


def test_what_was_added_stands_first_until_somebody_has_looked(desk: Client, moderator: User, added: Category) -> None:
    assert desk.get(LIST).context["cl"].queryset[0] == added
    menu = desk.get("/admin/").context["sidebar_navigation"]
    badges = {str(item["title"]): item.get("badge_callback") for group in menu for item in group["items"]}
    assert badges["Categories"] == 1

    chosen = {"action": "mark_reviewed", "_selected_action": list(Category.objects.values_list("pk", flat=True))}
    desk.post(LIST, chosen)

    added.refresh_from_db()
    assert added.reviewed_at is not None
    entry = AuditEntry.objects.get()  # the others had been looked at
    assert (entry.action, entry.actor, entry.target_id) == ("category.reviewed", moderator, str(added.pk))


def test_T13_nobody_adds_or_deletes_here(
    desk: Client, in_admin: Callable[[User], Client], administrator: User, added: Category
) -> None:
    for browser in (desk, in_admin(administrator)):
        assert browser.post(f"{LIST}add/", {"name": "More", "slug": "more"}).status_code == 403
        assert browser.post(f"{LIST}{added.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Category.objects.count() == 6


def test_a_hidden_one_cannot_be_chosen_until_it_is_shown_again(
    desk: Client, anonymous: Client, added: Category
) -> None:
    def shown() -> bool:
        return str(added.pk) in {row["id"] for row in anonymous.get("/v1/categories").json()}

    decide(desk, added, "hide")
    assert not shown()
    decide(desk, added, "show-again")
    assert shown()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "category.hidden",
        "category.shown_again",
    ]


# ── Names ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["category", "brand"])
def test_after_a_new_name_listings_are_found_by_it_and_not_by_the_old_one(
    desk: Client, make_listing: Callable[..., Listing], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_care, "BATCH", 2)
    things = {make_listing(title=f"Thing {number}", category="phones", brand="samsung") for number in range(5)}
    entry: Any = Category.objects.get(slug="phones") if kind == "category" else Brand.objects.get(slug="samsung")
    assert saying(entry.name) == things
    former = entry.name

    desk.post(change_url(entry), {"name": "Zeppelins", "parent": ""})
    deliver()

    assert saying("zeppelin") == things
    assert saying(former) == set()
    audited = AuditEntry.objects.get(action=f"{kind}.renamed")
    assert audited.data == {"from": former, "to": "Zeppelins"}


def test_an_empty_or_unchanged_name_changes_nothing(desk: Client, added: Category) -> None:
    for name in ("", "Portables"):
        desk.post(change_url(added), {"name": name, "slug": "other", "is_hidden": "on", "parent": ""})

    stored = Category.objects.get(pk=added.pk)
    assert (stored.name, stored.slug, stored.is_hidden, stored.reviewed_at) == ("Portables", "portables", False, None)
    assert not AuditEntry.objects.exists()


def test_a_category_moves_below_another_but_never_below_itself(
    desk: Client, catalog: dict[str, Category], added: Category
) -> None:
    laptops = catalog["laptops"]
    desk.post(change_url(added), {"name": added.name, "parent": str(laptops.pk)})
    added.refresh_from_db()
    assert added.parent == laptops

    for parent in (added, laptops):
        answer = desk.post(change_url(laptops), {"name": laptops.name, "parent": str(parent.pk)})
        assert "cannot stand below itself" in answer.content.decode()
    laptops.refresh_from_db()
    assert laptops.parent is None


# ── Merging ──────────────────────────────────────────────────────────────────────────────────────


def test_a_merged_category_gives_everything_to_the_other(
    desk: Client,
    moderator: User,
    buyer: User,
    catalog: dict[str, Category],
    added: Category,
    make_listing: Callable[..., Listing],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catalog_care, "BATCH", 2)
    laptops = catalog["laptops"]
    below = Category.objects.create(slug="netbooks", name="Netbooks", parent=added)
    twin = Brand.objects.create(slug="LENOVO", name="Lenovo again", category=added)
    only = Brand.objects.create(slug="asus", name="Asus", category=added)
    catalog["portables"] = added
    things = [make_listing(title=f"Thing {number}", category="portables") for number in range(5)]
    Listing.objects.filter(pk=things[0].pk).update(brand=twin)
    search = SavedSearch.objects.create(user=buyer, name="x", criteria={"category_id": str(added.pk), "q": "thing"})

    decide(desk, added, "merge", into=str(laptops.pk))
    deliver()

    for row in (added, below, only, search):
        row.refresh_from_db()
    moved = Listing.objects.filter(category=laptops)
    assert moved.count() == 5
    assert set(moved.values_list("version", flat=True)) <= {2, 3}
    assert moved.get(pk=things[0].pk).brand == Brand.objects.get(slug="lenovo")
    assert saying("laptops") == set(things)
    assert (added.is_hidden, below.parent, only.category) == (True, laptops, laptops)
    assert Brand.objects.get(pk=twin.pk).is_hidden
    assert search.criteria == {"category_id": str(laptops.pk), "q": "thing"}
    entry = AuditEntry.objects.get(action="category.merged")
    assert (entry.actor, entry.data["into"], entry.reason) == (moderator, str(laptops.pk), "because")


def test_whoever_adds_what_was_merged_gets_what_it_has_become(
    desk: Client, signed_in: Callable[..., Any], buyer: User, catalog: dict[str, Category], added: Category
) -> None:
    def offered(door: str, **body: Any) -> tuple[int, str]:
        reply = signed_in(buyer).post(door, {"name": "Again", **body})
        return reply.status_code, reply.json()["id"]

    twin = Brand.objects.create(slug="lenovo", name="Lenovo again", category=added)
    accessories, laptops = catalog["accessories"], catalog["laptops"]
    decide(desk, added, "merge", into=str(laptops.pk))
    assert offered("/v1/categories", slug="Portables") == (200, str(laptops.pk))
    lenovo = Brand.objects.get(slug="lenovo", category=laptops)
    assert Brand.objects.get(pk=twin.pk).merged_into == lenovo

    decide(desk, laptops, "merge", into=str(accessories.pk))
    assert offered("/v1/categories", slug="portables") == (200, str(accessories.pk))
    lenovo.refresh_from_db()
    assert offered("/v1/brands", slug="lenovo", category_id=str(accessories.pk)) == (200, str(lenovo.pk))

    decide(desk, added, "show-again")
    assert offered("/v1/categories", slug="portables") == (200, str(added.pk))


def test_a_merged_brand_gives_its_listings_to_the_other(
    desk: Client, catalog: dict[str, Category], make_listing: Callable[..., Listing]
) -> None:
    twin = Brand.objects.create(slug="len0vo", name="Len0vo", category=catalog["laptops"])
    listing = make_listing(brand="len0vo")

    decide(desk, twin, "merge", into=str(Brand.objects.get(slug="lenovo").pk))
    deliver()

    listing.refresh_from_db()
    assert listing.brand is not None
    assert listing.brand.slug == "lenovo"
    assert saying("len0vo") == set()


def test_what_cannot_be_merged_is_refused_and_nothing_changes(
    desk: Client, catalog: dict[str, Category], added: Category
) -> None:
    Category.objects.filter(pk=added.pk).update(parent=catalog["laptops"])
    hidden = Category.objects.create(slug="old", name="Old", is_hidden=True)

    for entry, into in ((added, added.pk), (added, hidden.pk), (added, ""), (catalog["laptops"], added.pk)):
        decide(desk, entry, "merge", into=str(into))

    page = decide(desk, catalog["laptops"], "merge", into=str(added.pk)).content.decode()
    assert "cannot be merged into one below it" in page
    assert not AuditEntry.objects.exists()
    assert set(Category.objects.filter(is_hidden=True)) == {hidden}
