"""How somebody sells."""

from __future__ import annotations

from django.conf import settings
from django.db import models

SHOWN = 4  # of the last characters, so that people recognise what is theirs


def masked(account: str) -> str:
    return f"…{account[-SHOWN:]}" if account else ""


class SellerTerms(models.Model):
    """A row appears when somebody changes something; without one, everything is as the fields' defaults say."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seller_terms")
    accepts_at_once = models.BooleanField(default=False)  # paid is accepted, nobody has to press a button
    payout_account = models.CharField(max_length=80, blank=True, default="")  # where the provider sends the money
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "seller terms"

    def __str__(self) -> str:
        return f"Terms of {self.user_id}"

    @property
    def shown_account(self) -> str:
        return masked(self.payout_account)
