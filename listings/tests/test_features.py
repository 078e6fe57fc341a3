"""The campus contract, §11: the switches that apps ask for at their start."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from listings.models import FeatureSwitch

pytestmark = pytest.mark.django_db


def test_11_features_are_names_and_booleans_and_need_no_token(
    anonymous: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    FeatureSwitch.objects.create(key="quick_view", is_on=True)
    FeatureSwitch.objects.create(key="beta", is_on=False)

    with django_assert_num_queries(1):
        reply = anonymous.get("/v1/features")

    assert (reply.status_code, reply.json()) == (200, {"beta": False, "quick_view": True})


def test_11_what_the_apps_ask_for_is_there_after_the_first_start(anonymous: APIClient) -> None:
    config: Any = apps.get_app_config("listings")
    config.seed()

    shown = anonymous.get("/v1/features").json()

    assert set(shown) >= {"quick_view", "price_suggestions", "favourites", "saved_searches", "chat"}
    assert set(map(type, shown.values())) == {bool}


def test_what_an_administrator_switched_off_stays_off(anonymous: APIClient) -> None:
    config: Any = apps.get_app_config("listings")
    config.seed()
    FeatureSwitch.objects.filter(key="chat").update(is_on=False)

    config.seed()

    assert anonymous.get("/v1/features").json()["chat"] is False


def test_a_bad_token_is_a_401_even_here(anonymous: APIClient) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer nonsense")

    assert anonymous.get("/v1/features").status_code == 401
