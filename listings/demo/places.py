"""Where people meet: campuses and corners around Bogotá, close together as they are."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

METRES_PER_DEGREE = 111_320.0
WITHOUT_A_PLACE = 0.04
LONGEST_WALK_METRES = 1_500.0


@dataclass(frozen=True)
class Spot:
    name: str
    latitude: float
    longitude: float
    weight: int
    spread_metres: float


SPOTS = (
    Spot("el edificio Mario Laserna", 4.6027, -74.0647, 9, 180),
    Spot("la plazoleta Lleras", 4.6014, -74.0661, 9, 160),
    Spot("la biblioteca central de la Nacional", 4.6356, -74.0828, 8, 350),
    Spot("la plaza Che", 4.6363, -74.0839, 7, 300),
    Spot("el edificio Fernando Barón de la Javeriana", 4.6283, -74.0648, 7, 220),
    Spot("la Universidad Distrital, sede Macarena", 4.6133, -74.0640, 4, 200),
    Spot("la Tadeo", 4.6073, -74.0684, 4, 160),
    Spot("el claustro del Rosario", 4.6006, -74.0731, 4, 150),
    Spot("el Externado", 4.5953, -74.0687, 4, 200),
    Spot("la biblioteca Luis Ángel Arango", 4.5969, -74.0727, 3, 200),
    Spot("la estación Universidades", 4.6057, -74.0684, 5, 120),
    Spot("la estación Las Aguas", 4.6026, -74.0686, 4, 120),
    Spot("el parque de los Hippies", 4.6486, -74.0631, 3, 350),
    Spot("el Parkway", 4.6277, -74.0740, 3, 400),
    Spot("la Pedagógica", 4.6584, -74.0606, 3, 250),
    Spot("el centro comercial Avenida Chile", 4.6569, -74.0580, 2, 300),
    Spot("Galerías", 4.6424, -74.0756, 2, 500),
    Spot("la Universidad El Bosque", 4.7118, -74.0325, 2, 400),
    Spot("Ciudad Salitre", 4.6573, -74.1047, 2, 800),
    Spot("Suba", 4.7410, -74.0840, 1, 1_500),
)
WEIGHTS = [spot.weight for spot in SPOTS]


def somewhere(dice: random.Random) -> tuple[Spot, tuple[float, float] | None]:
    """A spot to name, and a point near it; some tell no place."""
    spot = dice.choices(SPOTS, WEIGHTS)[0]
    if dice.random() < WITHOUT_A_PLACE:
        return spot, None
    return spot, _near(spot, dice)


def _near(spot: Spot, dice: random.Random) -> tuple[float, float]:
    north, east = (_metres(spot.spread_metres, dice) / METRES_PER_DEGREE for _ in range(2))
    longitude = spot.longitude + east / math.cos(math.radians(spot.latitude))
    return round(spot.latitude + north, 6), round(longitude, 6)


def _metres(spread: float, dice: random.Random) -> float:
    return max(-LONGEST_WALK_METRES, min(LONGEST_WALK_METRES, dice.gauss(0, spread)))
