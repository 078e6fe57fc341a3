"""How people write about what they sell."""

from __future__ import annotations

import random

CONDITIONS = {"new": 12, "like_new": 28, "good": 38, "fair": 17, "poor": 5}
WORTH = {"new": 0.95, "like_new": 0.78, "good": 0.6, "fair": 0.42, "poor": 0.24}
IN_ENGLISH = 0.18

TITLE_ENDS = {
    False: ("", "", "", " como nuevo", " en buen estado", " con factura", " original", " negociable", " urgente"),
    True: ("", "", "", " like new", " in good condition", " with receipt", " negotiable"),
}
STATE = {
    False: {
        "new": ("Nuevo, en su caja sellada.", "Sin estrenar, me lo regalaron y ya tenía uno."),
        "like_new": ("Como nuevo, lo usé un semestre.", "Muy poco uso, siempre con protector."),
        "good": ("En buen estado, con el uso normal.", "Funciona perfecto; tiene un par de rayones leves."),
        "fair": ("Usado, con detalles que se ven en las fotos.", "Cumple bien, aunque se le nota el uso."),
        "poor": ("Para repuestos o para quien sepa arreglarlo.", "Tiene fallas, pregunten sin pena."),
    },
    True: {
        "new": ("Brand new in a sealed box.", "Never used, it was a gift."),
        "like_new": ("Like new, used for one semester.", "Hardly used, always kept in its case."),
        "good": ("In good condition, with normal wear.", "Works perfectly; a couple of light scratches."),
        "fair": ("Used, with marks you can see in the pictures.", "Does the job, although it shows its age."),
        "poor": ("For parts, or for somebody who can fix it.", "Has faults, feel free to ask."),
    },
}
REASON = {
    False: (
        "Lo vendo porque me gradúo en diciembre.",
        "Lo vendo porque cambié de carrera.",
        "Ya no lo necesito este semestre.",
        "Me voy de intercambio y no cabe en la maleta.",
        "Necesito completar para la matrícula.",
        "",
    ),
    True: (
        "Selling because I graduate in December.",
        "I am going home after my exchange semester.",
        "No longer needed for my courses.",
        "",
    ),
}
EXTRA = {
    False: (
        "Entrego con factura y garantía hasta marzo.",
        "Se puede probar antes de pagar.",
        "Recibo efectivo o transferencia.",
        "Precio poco negociable.",
        "Acepto cambios por libros de ingeniería.",
        "",
    ),
    True: (
        "Comes with its receipt and warranty until March.",
        "You can try it before you pay.",
        "Price slightly negotiable.",
        "",
    ),
}
WITH_A_CHARGER = {
    False: ("Incluye cargador y estuche.", "La batería dura todo el día.", "No trae cargador.", ""),
    True: ("Charger and sleeve included.", "The battery lasts all day.", ""),
}
CHARGED = ("laptops", "phones")
ABOUT_SERVICES = {
    False: (
        "Soy estudiante de último semestre y llevo dos años en esto.",
        "Trabajo por horas o por encargo, con cita previa.",
        "Primera sesión a mitad de precio.",
        "También en línea, los fines de semana.",
    ),
    True: (
        "I am in my last year and have been doing this for two years.",
        "By the hour or by the job, ask me for a date.",
        "Also online, at weekends.",
    ),
}
MEETING = {
    False: ("Entrega en {}.", "Nos vemos en {} entre clases.", "Puedo llevarlo a {}."),
    True: ("Pick-up at {}.", "We can meet at {} between classes."),
}


def title(template: str, model: str, chance: random.Random, *, english: bool) -> str:
    text = template.format(model) + chance.choice(TITLE_ENDS[english])
    return text[0].upper() + text[1:]


def description(category: str, condition: str, spot: str, chance: random.Random, *, english: bool) -> str:
    if category == "services":
        sentences = chance.sample(ABOUT_SERVICES[english], 2)
    else:
        extras = WITH_A_CHARGER if category in CHARGED and chance.random() < 0.6 else EXTRA
        pools = (STATE[english][condition], REASON[english], extras[english])
        sentences = [chance.choice(pool) for pool in pools]
    sentences.append(_meeting(spot, chance, english=english))
    return " ".join(filter(None, sentences))


def _meeting(spot: str, chance: random.Random, *, english: bool) -> str:
    if english:
        spot = spot.removeprefix("el ").removeprefix("la ")
    return chance.choice(MEETING[english]).format(spot).replace(" a el ", " al ")
