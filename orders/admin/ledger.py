"""The books, to read: nobody writes in them by hand, whoever they are. PostgreSQL would refuse it, too."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketplace.common.admin import LookOnlyInline, ReadOnlyAdmin, link_to
from orders.admin.showing import sum_of
from orders.models import Account, LedgerTransaction, Posting


class PostingInline(LookOnlyInline):
    model = Posting
    fk_name = "transaction"
    seen_with = "orders.view_posting"
    tab = False
    ordering = ("id",)
    fields = ("account_link", "sum")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        rows: QuerySet[Posting] = super().get_queryset(request)
        return rows.select_related("account")

    @admin.display(description=_("account"))
    def account_link(self, posting: Posting) -> str:
        return link_to(posting.account)

    @admin.display(description=_("amount"))
    def sum(self, posting: Posting) -> str:
        return sum_of(posting.amount, posting.account.currency)


class AccountPostingInline(PostingInline):
    fk_name = "account"
    ordering = ("-id",)
    fields = ("booking_link", "sum")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        return super().get_queryset(request).select_related("transaction")

    @admin.display(description=_("booking"))
    def booking_link(self, posting: Posting) -> str:
        return link_to(posting.transaction)


@admin.register(LedgerTransaction)
class BookingAdmin(ReadOnlyAdmin):
    list_display = ("source", "at", "order_link")
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("source",)
    search_help_text = _("What caused it, as `o<order>:<kind>:<number>`")
    list_select_related = ("order",)
    ordering = ("-id",)
    fields = ("source", "at", "order_link")
    readonly_fields = fields
    inlines = (PostingInline,)

    @admin.display(description=_("order"))
    def order_link(self, booking: LedgerTransaction) -> str:
        return link_to(booking.order) if booking.order else "-"


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("code", "currency", "kept", "keeps_balance")
    list_filter = ("currency", "keeps_balance")
    search_fields = ("code",)
    search_help_text = _("The account's code, for instance `escrow:<order>`")
    ordering = ("-id",)
    fields = ("code", "currency", "kept", "counted", "keeps_balance", "may_be_negative")
    readonly_fields = fields
    inlines = (AccountPostingInline,)

    @admin.display(description=_("balance"))
    def kept(self, account: Account) -> str:
        """Of an account that everybody shares none is kept, and adding it up is for its own page."""
        return sum_of(account.balance if account.keeps_balance else None, account.currency)

    @admin.display(description=_("sum of its postings"))
    def counted(self, account: Account) -> str:
        return sum_of(account.postings.aggregate(sum=Sum("amount"))["sum"] or 0, account.currency)


@admin.register(Posting)
class PostingAdmin(ReadOnlyAdmin):
    list_display = ("id", "sum", "account_link", "booking_link")
    search_fields = ("=account__code", "=transaction__source")
    search_help_text = _("The code of an account, or what caused the booking")
    list_select_related = ("account", "transaction")
    ordering = ("-id",)
    fields = ("sum", "account_link", "booking_link")
    readonly_fields = fields

    @admin.display(description=_("amount"))
    def sum(self, posting: Posting) -> str:
        return sum_of(posting.amount, posting.account.currency)

    @admin.display(description=_("account"))
    def account_link(self, posting: Posting) -> str:
        return link_to(posting.account)

    @admin.display(description=_("booking"))
    def booking_link(self, posting: Posting) -> str:
        return link_to(posting.transaction)
