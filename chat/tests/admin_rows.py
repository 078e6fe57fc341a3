"""One row of each kind that the admin shows, for the tests that walk through all of its pages."""

from __future__ import annotations

from django.db.models import Model

from accounts.models import User
from chat.models import MessageReport
from chat.services import groups, moderation, sending
from chat.services.sending import Draft


def admin_rows(person: User) -> dict[str, Model]:
    reporter = User.objects.create(username="reporter-of-words")
    room = groups.create(person, name="Robotics")
    groups.join(reporter, room.pk)
    said = sending.send(person, room.pk, Draft("pay me outside"))
    report = moderation.report(reporter, said.message_id, reason=MessageReport.Reason.SCAM, text="")
    return {"room": room, "messagereport": report}
