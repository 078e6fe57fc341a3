"""What students sell, what it is called, and what it costs in thousands of pesos when it is new."""

from __future__ import annotations

from dataclasses import dataclass

# Besides the contract's own; slug -> name and the category it stands in
EXTRA_BRANDS = {
    "hp": ("HP", "laptops"),
    "dell": ("Dell", "laptops"),
    "asus": ("Asus", "laptops"),
    "xiaomi": ("Xiaomi", "phones"),
    "motorola": ("Motorola", "phones"),
    "casio": ("Casio", "accessories"),
    "jbl": ("JBL", "accessories"),
    "sony": ("Sony", "accessories"),
}


@dataclass(frozen=True)
class Good:
    spanish: str
    english: str
    models: tuple[str, ...]
    cheapest: int
    dearest: int
    picture: str
    brand: str | None = None


CATEGORY_WEIGHTS = {"laptops": 22, "phones": 20, "accessories": 28, "textbooks": 20, "services": 10}

GOODS: dict[str, tuple[Good, ...]] = {
    "laptops": (
        Good(
            "Portátil Lenovo {}",
            "Lenovo {} laptop",
            ("ThinkPad X1 Carbon", "ThinkPad T480", "ThinkPad E14", "IdeaPad 3", "IdeaPad 5", "Yoga 7", "Legion 5"),
            1_200,
            6_500,
            "laptop",
            "lenovo",
        ),
        Good("MacBook {}", "MacBook {}", ("Air M1", "Air M2", "Pro 13", "Pro 14 M3"), 2_800, 9_500, "laptop", "apple"),
        Good("iPad {}", "iPad {}", ("9 64 GB", "10 256 GB", "Air", "mini 6"), 1_100, 4_200, "tablet", "apple"),
        Good(
            "Computador portátil HP {}",
            "HP {} notebook",
            ("Pavilion 15", "245 G8", "Victus 16", "EliteBook 840", "ProBook 450"),
            1_000,
            4_800,
            "laptop",
            "hp",
        ),
        Good("Portátil Dell {}", "Dell {}", ("Inspiron 15", "Latitude 7490", "XPS 13"), 1_100, 6_900, "laptop", "dell"),
        Good("Asus {} para juegos", "Asus {} gaming laptop", ("TUF F15", "ROG G14"), 3_200, 7_900, "laptop", "asus"),
        Good("Chromebook {}", "Chromebook {}", ("de 11 pulgadas", "de 14 pulgadas"), 600, 1_500, "laptop"),
        Good("Torre de escritorio {}", "Desktop computer {}", ("Ryzen 5", "Core i5", "Core i7"), 900, 4_500, "box"),
    ),
    "phones": (
        Good(
            "iPhone {}", "iPhone {}", ("11", "12", "13", "13 mini", "14 Pro", "SE 2022"), 1_200, 5_200, "phone", "apple"
        ),
        Good(
            "Celular Samsung Galaxy {}",
            "Samsung Galaxy {}",
            ("A14", "A34", "A54", "S21 FE", "S22", "S23 Ultra", "Z Flip"),
            550,
            5_400,
            "phone",
            "samsung",
        ),
        Good(
            "Celular Xiaomi {}",
            "Xiaomi {} phone",
            ("Redmi Note 11", "Redmi Note 12", "Poco X5", "Mi 11 Lite"),
            450,
            1_900,
            "phone",
            "xiaomi",
        ),
        Good("Motorola {}", "Motorola {}", ("Moto G42", "Moto G73", "Edge 30"), 450, 2_100, "phone", "motorola"),
        Good("Teléfono {} para repuestos", "{} phone for parts", ("Huawei P30", "LG K50", "Nokia 6"), 60, 260, "phone"),
    ),
    "accessories": (
        Good(
            "Calculadora Casio {}", "Casio {} calculator", ("fx-991", "fx-82", "fx-570"), 60, 190, "calculator", "casio"
        ),
        Good("Calculadora graficadora {}", "{} graphing calculator", ("TI-84", "HP Prime"), 350, 850, "calculator"),
        Good("Mouse Logitech {}", "Logitech {} mouse", ("M170", "G203", "MX Master 3"), 40, 420, "mouse", "logitech"),
        Good(
            "Teclado {} en español",
            "{} keyboard",
            ("mecánico Redragon", "Logitech K380", "inalámbrico"),
            70,
            380,
            "keyboard",
        ),
        Good("Audífonos Sony {}", "Sony {} headphones", ("WH-CH520", "WH-1000XM4"), 180, 1_300, "headphones", "sony"),
        Good(
            "Parlante JBL {} Bluetooth",
            "JBL {} Bluetooth speaker",
            ("Go 3", "Flip 5", "Clip 4"),
            120,
            520,
            "box",
            "jbl",
        ),
        Good("Cargador {}", "{} charger", ("USB-C de 65 W", "para MacBook", "para portátil HP"), 50, 280, "box"),
        Good("Monitor {}", "{} monitor", ("de 24 pulgadas", "de 27 pulgadas", "curvo de 32"), 380, 1_600, "monitor"),
        Good("Cámara {}", "{} camera", ("Canon T7", "Nikon D3500", "web 1080p"), 110, 2_400, "box"),
        Good("Disco duro externo {}", "{} external drive", ("de 1 TB", "de 2 TB", "SSD de 500 GB"), 160, 520, "box"),
        Good("Tableta gráfica {}", "{} drawing tablet", ("Wacom One", "Huion H610", "XP-Pen"), 180, 900, "tablet"),
        Good("Kit de {}", "{} kit", ("Arduino Uno", "disección", "dibujo técnico"), 40, 240, "box"),
        Good("Bata de laboratorio talla {}", "Lab coat size {}", ("S", "M", "L", "XL"), 35, 90, "box"),
        Good("Morral {}", "{} backpack", ("antirrobo", "Totto", "para portátil de 15"), 70, 320, "box"),
        Good("Bicicleta {}", "{} bicycle", ("GW Lynx", "plegable", "de ruta"), 350, 2_300, "bicycle"),
        Good("Silla {}", "{} chair", ("ergonómica", "de escritorio"), 140, 700, "box"),
    ),
    "textbooks": (
        Good("Cálculo de {}", "Calculus by {}", ("Stewart", "Thomas", "Larson", "Leithold"), 60, 240, "book"),
        Good("Álgebra lineal de {}", "Linear algebra by {}", ("Grossman", "Lay", "Strang"), 50, 220, "book"),
        Good("Física de {}", "Physics by {}", ("Serway", "Sears Zemansky", "Resnick"), 60, 250, "book"),
        Good("Química general de {}", "General chemistry by {}", ("Chang", "Petrucci", "Brown"), 60, 240, "book"),
        Good("Biología de {}", "Biology by {}", ("Campbell", "Curtis"), 80, 300, "book"),
        Good("Anatomía de {}", "Anatomy by {}", ("Moore", "Netter", "Latarjet"), 90, 380, "book"),
        Good("Microeconomía de {}", "Microeconomics by {}", ("Varian", "Pindyck", "Nicholson"), 60, 230, "book"),
        Good("Introducción a la programación en {}", "Programming in {}", ("Python", "Java", "C++"), 40, 180, "book"),
        Good("Constitución y derecho {}", "{} law reader", ("penal", "civil", "romano"), 30, 150, "book"),
        Good("Novelas de {}", "Novels by {}", ("García Márquez", "Vallejo", "Restrepo", "Caballero"), 15, 90, "book"),
        Good("Diccionario de {}", "{} dictionary", ("inglés", "francés", "alemán"), 25, 110, "book"),
    ),
    "services": (
        Good("Clases de {}", "{} lessons", ("cálculo", "inglés", "francés", "guitarra", "física"), 25, 90, "board"),
        Good("Monitorías de {}", "Tutoring in {}", ("estadística", "programación", "química"), 25, 80, "board"),
        Good("Reparación de {}", "{} repair", ("celulares", "portátiles", "bicicletas"), 30, 220, "board"),
        Good("Diseño de {}", "{} design", ("pósteres", "logos", "presentaciones"), 40, 300, "board"),
        Good("Impresión {}", "{} printing", ("3D", "de tesis con argollado", "de planos"), 15, 160, "board"),
        Good("Traducción de {}", "Translation of {}", ("artículos", "hojas de vida"), 30, 200, "board"),
        Good("Fotografía de {}", "{} photography", ("grado", "producto", "eventos"), 120, 600, "board"),
    ),
}
