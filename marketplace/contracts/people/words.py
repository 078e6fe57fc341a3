"""What PoliMarket says where we say something in English, by our code. SoporteIT's own doors have their own."""

from __future__ import annotations

WORDS = {
    "not_authenticated": "Token inválido o expirado",
    "invalid_token": "Token inválido o expirado",
    "user_not_found": "Token inválido o expirado",
    "invalid_credentials": "Credenciales inválidas",
    "not_a_campus_address": "Solo se permiten correos @espol.edu.ec",
    "email_taken": "Email ya registrado",
    "forbidden": "No autorizado",
    "not_found": "No encontrado",
    "rate_limited": "Demasiadas solicitudes, intenta más tarde",
    "too_large": "El archivo es demasiado grande",
}
