"""The queue of what people report, each with what was said around it when it was."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import User
from chat.models import MessageReport
from chat.services import changing, moderation
from listings.admin.showing import queue_badge
from marketplace.common.admin import Decision, DecisionAdmin, ReadOnlyAdmin, link_to

OPEN_FIRST = Case(When(state=MessageReport.State.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


def _decide(uphold: bool) -> Any:
    def carry_out(report: MessageReport, actor: User, note: str) -> None:
        moderation.decide_report(report, actor=actor, uphold=uphold, note=note, now=timezone.now())

    return carry_out


def _show_again(report: MessageReport, actor: User, note: str) -> None:
    changing.show_again(report.message, actor=actor)


def _is_open(report: MessageReport) -> bool:
    return report.is_open


def _is_hidden(report: MessageReport) -> bool:
    return report.message.hidden_at is not None


DECISIONS: tuple[Decision[MessageReport], ...] = (
    Decision(
        name="uphold",
        title=_("Uphold report"),
        explanation=_("The report is right. The message says nothing to anybody any more; its place stays."),
        permission="chat.change_messagereport",
        applies_to=_is_open,
        carry_out=_decide(uphold=True),
        icon="thumb_up",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="dismiss",
        title=_("Dismiss report"),
        explanation=_("Nothing was wrong. The message stays as it is, and this person cannot report it again."),
        permission="chat.change_messagereport",
        applies_to=_is_open,
        carry_out=_decide(uphold=False),
        icon="thumb_down",
    ),
    Decision(
        name="show-again",
        title=_("Show message again"),
        explanation=_("The members of the room see again what it says."),
        permission="chat.change_messagereport",
        applies_to=_is_hidden,
        carry_out=_show_again,
        icon="visibility",
    ),
)


@admin.register(MessageReport)
class MessageReportAdmin(DecisionAdmin, ReadOnlyAdmin):
    decisions = DECISIONS
    list_display = ("summary", "sender", "state_label", "reporter", "created_at")
    list_filter = ("state", "reason", ("created_at", admin.DateFieldListFilter))
    search_fields = ("message__sender__username", "reporter__username", "text")
    search_help_text = _("User name of the sender or the reporter, or words of the report")
    list_select_related = ("message__sender", "message__room", "reporter")
    fieldsets = (
        (None, {"fields": (("state_label", "reason", "created_at"), ("sender_link", "reporter_link"), "text")}),
        (_("What was said"), {"fields": ("room_link", "was_said")}),
        (_("Decision"), {"fields": (("decided_by", "decided_at"), "decision_note")}),
    )
    readonly_fields = (
        *("state_label", "reason", "created_at", "sender_link", "reporter_link", "text", "room_link", "was_said"),
        *("decided_by", "decided_at", "decision_note"),
    )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [OPEN_FIRST.asc(), "-id"]

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: MessageReport) -> bool:
        """Nobody judges a report about what they said, or their own."""
        is_party = request.user.pk in (thing.message.sender_id, thing.reporter_id)
        return super().may_decide(request, decision, thing) and not is_party

    @admin.display(description=_("report"), ordering="reason")
    def summary(self, report: MessageReport) -> str:
        return f"{report.get_reason_display()}: {report.text[:80]}" if report.text else report.get_reason_display()

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, report: MessageReport) -> str:
        return queue_badge(report)

    @admin.display(description=_("sender"))
    def sender(self, report: MessageReport) -> str:
        return str(report.message.sender or "-")

    @admin.display(description=_("sender"))
    def sender_link(self, report: MessageReport) -> str:
        return link_to(report.message.sender) if report.message.sender else "-"

    @admin.display(description=_("reporter"))
    def reporter_link(self, report: MessageReport) -> str:
        return link_to(report.reporter)

    @admin.display(description=_("room"))
    def room_link(self, report: MessageReport) -> str:
        return link_to(report.message.room)

    @admin.display(description=_("at the time of the report"))
    def was_said(self, report: MessageReport) -> str:
        line = "<p>{} <b>{}</b> {}</p>"
        said = ((each["at"], each["sender"] or "-", _words_of(each)) for each in report.excerpt)
        return format_html("<div>{}</div>", format_html_join("", line, said))


def _words_of(said: dict[str, Any]) -> str:
    files = [f"[{name}]" for name in said.get("files", [])]
    return " ".join([*filter(None, [said["body"]]), *files]) or "-"


def open_reports(request: HttpRequest) -> int:
    """The badge in the menu."""
    return int(MessageReport.objects.open().count())
