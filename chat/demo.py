"""Talk on the demo campus: the three rooms that every guide names, and people who ask about each other's things."""

from __future__ import annotations

from accounts.models import User
from accounts.services.demo import PEOPLE
from chat.models import Nudge, Room
from chat.services import groups, marks, opening, sending
from chat.services.sending import Draft
from listings.demo.chance import dice
from listings.models import Listing

ROOMS = ("General", "Random", "Tech Talk")
HELLO = "¡Bienvenidos! Aquí se habla de todo lo del campus."
CHATS = 12
ABOUT_A_THING = (
    (
        "Hola, ¿sigue disponible?",
        "Sí, todavía está.",
        "¿Me lo dejas un poco más barato?",
        "Hazme una oferta por la app.",
    ),
    ("¿En qué estado está?", "Casi nuevo, lo usé un semestre.", "Perfecto, lo pido hoy."),
    ("¿Dónde podemos vernos?", "En la biblioteca, a las tres.", "Listo, allá nos vemos."),
    ("¿Trae cargador?", "Sí, y la caja original."),
)


def build() -> int:
    """How many rooms were made; on a site where anybody talks already, none."""
    if Room.objects.exists():
        return 0
    made = _groups() + _chats()
    Nudge.objects.update(due_at=None)  # nobody of the demo is told that something waits for them
    return made


def _groups() -> int:
    people = {person.username: person for person in User.objects.filter(username__in=[one.username for one in PEOPLE])}
    owner = people.pop("admin", None)
    if owner is None:
        return 0
    for name in ROOMS:
        room = groups.create(owner, name=name)
        sending.send(owner, room.pk, Draft(HELLO))
        for person in people.values():
            groups.join(person, room.pk)
    return len(ROOMS)


def _chats() -> int:
    things = Listing.objects.on_offer().select_related("seller").order_by("pk")[:CHATS]
    buyers = list(User.objects.active().filter(is_staff=False).order_by("pk")[: CHATS * 3])
    for n, thing in enumerate(things):
        chance = dice(1, "chat", n)
        others = [person for person in buyers if person.pk != thing.seller_id]
        if others:
            _talk(chance.choice(others), thing, chance.choice(ABOUT_A_THING))
    return Room.objects.filter(kind=Room.Kind.LISTING).count()


def _talk(buyer: User, thing: Listing, lines: tuple[str, ...]) -> None:
    room, _ = opening.about_listing(buyer, thing.pk)
    for turn, line in enumerate(lines):
        speaker = thing.seller if turn % 2 else buyer
        sent = sending.send(speaker, room.pk, Draft(line))
        marks.read_up_to(speaker, room.pk, sent.seq)
