"""The doors that PoliMarket and SoporteIT share: `/auth/…`, `/users/me`, `/users/{id}`. Fields tell who is asking."""
