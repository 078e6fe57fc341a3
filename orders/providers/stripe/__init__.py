"""Stripe: held by a PaymentIntent with manual capture, kept in the platform's balance, transferred when it settles."""
