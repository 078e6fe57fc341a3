"""Students and others with something to sell. Nobody can sign in as one of them: they have no password."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

from accounts.models import User
from listings.demo.chance import dice, key

DEFAULT_SEED = 1
OLDEST_ACCOUNT_DAYS = 400

FIRST_NAMES = (
    *("Laura", "Valentina", "Camila", "Daniela", "Mariana", "Sofía", "Natalia", "Juliana", "Paula", "Andrea"),
    *("Isabella", "Gabriela", "Catalina", "Manuela", "Sara", "Luisa", "Ángela", "Tatiana", "Diana", "Mónica"),
    *("Santiago", "Sebastián", "Nicolás", "Andrés", "Juan", "Felipe", "Mateo", "Daniel", "Alejandro", "David"),
    *("Camilo", "Julián", "Esteban", "Óscar", "Iván", "Germán", "Tomás", "Martín", "Simón", "Emilio"),
    *("Emma", "Oliver", "Chiara", "Lukas"),
)
LAST_NAMES = (
    *("Gómez", "Rodríguez", "Martínez", "García", "López", "Hernández", "Ramírez", "Torres", "Moreno", "Rojas"),
    *("Castro", "Ortiz", "Vargas", "Jiménez", "Muñoz", "Pardo", "Salazar", "Peña", "Cárdenas", "Quintero"),
    *("Zapata", "Mejía", "Uribe", "Arango", "Cifuentes", "Beltrán", "Nieto", "Acosta", "Bernal", "Camargo"),
    *("Duarte", "Escobar", "Forero", "Guzmán", "Ibáñez", "Lozano", "Molina", "Niño", "Ospina", "Pineda"),
)
CAMPUSES = ("Uniandes", "Nacional", "Javeriana", "Rosario", "Externado", "Tadeo", "Distrital", None)


def person(seed: int, n: int, *, midnight: datetime) -> User:
    chance = dice(seed, "person", n)
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    username = _username(seed, n, f"{first} {last}")
    one = User(
        id=key(seed, "person", n),
        username=username,
        email=f"{username}@campus.example",  # a name that leads nowhere, by RFC 2606
        name=f"{first} {last}",
        campus=chance.choice(CAMPUSES),
        created_at=midnight - timedelta(days=chance.uniform(100, OLDEST_ACCOUNT_DAYS)),
    )
    one.set_unusable_password()
    return one


def _username(seed: int, n: int, name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z]+", ".", ascii_name)
    return f"{plain}{n + 1}" if seed == DEFAULT_SEED else f"{plain}{n + 1}.s{seed}"
