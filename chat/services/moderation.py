"""People report messages; what was said around one is kept as it was then."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from chat.frames import stamp
from chat.models import Message, MessageReport
from chat.services import access, changing
from chat.services.errors import MessageNotFound
from marketplace.common import audit, outbox
from marketplace.common.errors import Conflict, DomainError

AROUND = 5


class OwnMessage(DomainError):
    code = "own_message"
    detail = "You cannot report your own message"


class AlreadyReported(Conflict):
    code = "already_reported"
    detail = "You have already reported this message"


@transaction.atomic
def report(reporter: User, message_id: UUID, *, reason: str, text: str) -> MessageReport:
    message = Message.objects.filter(pk=message_id).first()
    standing = None if message is None else access.standing(reporter.pk, message.room_id)
    if message is None or standing is None or not _is_seen(standing, message):
        raise MessageNotFound
    if message.sender_id == reporter.pk:
        raise OwnMessage
    made, is_new = MessageReport.objects.get_or_create(
        message=message,
        reporter=reporter,
        defaults={"reason": reason, "text": text, "excerpt": _excerpt(message, standing)},
    )
    if not is_new:
        raise AlreadyReported
    outbox.publish("message.reported", report_id=str(made.pk), message_id=str(message.pk))
    made.refresh_from_db(fields=["created_at"])
    return made


def _is_seen(standing: access.Standing, message: Message) -> bool:
    return standing.may_look and Message.objects.within(standing).filter(pk=message.pk).exists()


def _excerpt(message: Message, standing: access.Standing) -> list[dict[str, Any]]:
    """Frozen: the reported one and a few around it, as far as the reporter saw them."""
    around = Message.objects.within(standing).filter(seq__range=(message.seq - AROUND, message.seq + AROUND))
    return [
        {
            "id": str(each.pk),
            "seq": each.seq,
            "sender": each.sender.username if each.sender else None,
            "body": each.body,
            "files": [carried.upload.name for carried in each.attachments.all()],
            "at": stamp(each.created_at),
        }
        for each in around.select_related("sender").with_files().order_by("seq")
    ]


@transaction.atomic
def decide_report(report: MessageReport, *, actor: User, uphold: bool, note: str, now: datetime) -> None:
    """An upheld report hides the message; a dismissed one leaves it as it is."""
    report = MessageReport.objects.select_for_update().get(pk=report.pk)
    if not report.is_open:
        return
    report.state = MessageReport.State.UPHELD if uphold else MessageReport.State.DISMISSED
    report.decided_by, report.decided_at, report.decision_note = actor, now, note
    report.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    audit.record(f"message_report.{report.state}", report, actor=actor, reason=note)
    if uphold:
        changing.hide(report.message, actor=actor, reason=note, now=now)
