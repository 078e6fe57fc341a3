"""PoliMarket: a shop in Spanish, with integers for ids and numbers for prices. Start at `urls.py`.

A product is a listing, a chat the room of a listing, a delivery an order that is paid at the door.
"""
