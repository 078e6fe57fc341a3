"""What PoliMarket says where we say something in English, by our code; and what SoporteIT says when it registers."""

from __future__ import annotations

WORDS = {
    "not_authenticated": "Token inválido o expirado",
    "invalid_token": "Token inválido o expirado",
    "user_not_found": "Token inválido o expirado",
    "invalid_credentials": "Credenciales inválidas",
    "email_not_verified": "Confirma primero tu correo",
    "not_a_campus_address": "Solo se permiten correos @espol.edu.ec",
    "email_taken": "Email ya registrado",
    "username_taken": "Usuario ya registrado",
    "person_not_found": "Usuario no encontrado",
    "not_an_image": "El archivo debe ser una imagen JPEG, PNG o WebP",
    "forbidden": "No autorizado",
    "not_found": "No encontrado",
    "rate_limited": "Demasiadas solicitudes, intenta más tarde",
    "too_large": "El archivo es demasiado grande",
}
SUPPORT_WORDS = {
    "email_taken": "Email already registered",
    "username_taken": "Username already registered",
}
