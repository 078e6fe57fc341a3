"""The addresses of PoliMarket, on HTTP and on sockets."""

from __future__ import annotations

from django.urls import path, re_path

from marketplace.contracts.polimarket import chats, importing, orders, people, products
from marketplace.contracts.polimarket.socket import PoliMarketConsumer

urlpatterns = [
    path("products", products.Products.as_view()),
    path("products/<int:number>", products.OneProduct.as_view()),
    path("products/<int:number>/favorite", products.ToggleFavourite.as_view()),
    path("products/bulk-upload", importing.BulkUpload.as_view()),
    path("products/bulk-upload/template", importing.Template.as_view()),
    path("static/images/<str:name>", products.Image.as_view()),
    path("chats/my", chats.Mine.as_view()),
    path("chats/start", chats.Start.as_view()),
    path("chats/<int:number>/messages", chats.Lines.as_view()),
    path("chats/<int:number>/confirm_payment", chats.ConfirmPayment.as_view()),
    path("users", people.People.as_view()),
    path("users/<int:number>/products", products.ProductsOf.as_view()),
    path("users/me/become-delivery", people.BecomeCourier.as_view()),
    path("users/me/favorites", products.Favourites.as_view()),
    path("users/me/sales", orders.Sales.as_view()),
    path("users/me/purchases", orders.Purchases.as_view()),
    path("orders/create", orders.Create.as_view()),
    path("delivery/orders", orders.Deliveries.as_view()),
    path("delivery/orders/<int:number>", orders.OneDelivery.as_view()),
]
sockets = [re_path(r"^ws/chats/(?P<number>\d{1,18})/?$", PoliMarketConsumer.as_asgi())]
