"""What `listings` has to tell people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.notices import Channel, Kind, register

PRICE_DROPPED = Kind(
    name="listing.price_dropped",
    label=_("A favourite has become cheaper"),
    title=_("Now cheaper: {title}"),
    body=_("{new_price} instead of {old_price}."),
)
SEARCH_MATCH = Kind(
    name="search.match",
    label=_("A saved search has found something"),
    title=_("New for “{search}”"),
    body=_("{title}, {price}"),
)
HIDDEN = Kind(
    name="listing.hidden",
    label=_("Listing hidden by a moderator"),
    title=_("Your listing has been hidden: {title}"),
    body=_(
        "Only you and the moderators see it now. Reason: {reason}."
        " If you think that this is a mistake, write to those who run this site."
    ),
    channels=frozenset(Channel),
    mandatory=frozenset({Channel.IN_APP, Channel.EMAIL}),  # whoever is judged is told, and told why
)
SHOWN_AGAIN = Kind(
    name="listing.shown_again",
    label=_("Listing shown again"),
    title=_("Your listing is shown again: {title}"),
    body=_("Everybody can find it as before."),
)

register(PRICE_DROPPED, SEARCH_MATCH, HIDDEN, SHOWN_AGAIN)


def shown_price(cents: int, currency: str) -> str:
    """`1 500 000 COP`, `12.50 USD`: blanks between thousands, which are read alike in every language."""
    whole, rest = divmod(cents, 100)
    amount = f"{whole:,}".replace(",", " ")
    return f"{amount}.{rest:02} {currency}" if rest else f"{amount} {currency}"
