"""The sweep: what goes out, what is tried again, what is given up, what is no longer wanted."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Delivery, Device, Notification, User
from accounts.notices import deliver, telling
from accounts.push import PushFailed, PushMessage, PushRefused, PushTarget, TokenGone
from accounts.push.memory import MemoryPush
from accounts.tests.notices import FACTS, let_time_come, phone_of, pushed_tokens, sweep, tell

State = Delivery.State
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def raising(error: Exception) -> None:
    def answer(target: PushTarget, message: PushMessage) -> None:
        raise error

    MemoryPush.answer = answer


def the_push() -> Delivery:
    row: Delivery = Delivery.objects.get(channel="push")
    return row


def test_every_device_gets_it_once_and_the_mailbox_too(buyer: User) -> None:
    phone_of(buyer, "phone")
    phone_of(buyer, "laptop", "web")
    tell(buyer)

    sweep()
    sweep()

    assert sorted(pushed_tokens()) == ["laptop", "phone"]
    assert [letter.to for letter in mail.outbox] == [["buyer@uni.edu"]]
    assert {row.state for row in Delivery.objects.all()} == {State.SENT}
    assert all(row.done_at for row in Delivery.objects.all())


def test_a_push_carries_text_badge_key_and_ids_and_nothing_else_of_the_data(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    told = tell(buyer, collapse_key="room:1")[0]

    sweep()

    message = MemoryPush.sent[-1][1]
    assert (message.title, message.body) == ("Note about a lamp", "Somebody wrote: is it still there?")
    assert (message.badge, message.collapse_key) == (2, "room:1")
    assert message.data == {"thing_id": FACTS["thing_id"]}
    assert message.facts() == {
        "thing_id": FACTS["thing_id"],
        "notification_id": str(told.pk),
        "kind": "test.note",
        "collapse_key": "room:1",
        "badge": "2",
    }


def test_a_long_text_is_shortened_for_the_lock_screen(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer, data={"text": "long " * 200})
    sweep()
    assert len(MemoryPush.sent[0][1].body) == 240


def test_a_plain_kind_is_mailed_as_its_title_and_text(buyer: User) -> None:
    tell(buyer, data={"thing": "<b>lamps</b>\r\nBcc: all@uni.edu", "text": "hi"})

    sweep()

    letter = mail.outbox[0]
    assert letter.subject == "Note about <b>lamps</b> Bcc: all@uni.edu"
    assert "Somebody wrote: hi" in letter.body
    html = str(letter.alternatives[0][0])  # type: ignore[attr-defined]
    assert "&lt;b&gt;lamps" in html
    assert "<b>" not in html
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
    assert letter.message()["To"] == "buyer@uni.edu"


def test_a_failure_is_tried_again_later_and_later(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    raising(PushFailed("UNAVAILABLE"))

    pauses = []
    for _ in range(3):
        before = timezone.now()
        sweep()
        pauses.append(round((the_push().due_at - before).total_seconds()))
        assert sweep() == 0
        let_time_come()

    assert pauses == [30, 60, 120]
    assert (the_push().state, the_push().last_error) == (State.WAITING, "PushFailed: UNAVAILABLE")
    MemoryPush.answer = None
    sweep()
    assert (the_push().state, the_push().last_error) == (State.SENT, "")


def test_after_enough_tries_it_is_given_up(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    raising(ConnectionError("to https://push.example/secret-path"))

    for _ in range(deliver.MAX_ATTEMPTS + 2):
        sweep()
        let_time_come()

    assert (the_push().state, the_push().attempts) == (State.DEAD, deliver.MAX_ATTEMPTS)
    assert the_push().last_error == "ConnectionError"


def test_a_refusal_is_final_but_costs_no_token(buyer: User) -> None:
    phone = phone_of(buyer)
    tell(buyer)
    raising(PushRefused("too large"))

    sweep()

    assert the_push().state == State.DEAD
    phone.refresh_from_db()
    assert phone.push_token


def test_a_delivery_that_kills_its_sender_ends_too(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    Delivery.objects.update(attempts=deliver.MAX_ATTEMPTS)

    sweep()

    assert (the_push().state, the_push().last_error) == (State.DEAD, "sender lost")
    assert MemoryPush.sent == []


def test_a_token_that_is_gone_is_forgotten_and_not_asked_again(buyer: User) -> None:
    phone, tablet = phone_of(buyer, "phone"), phone_of(buyer, "tablet")

    def answer(target: PushTarget, message: PushMessage) -> None:
        if target.token == "phone":
            raise TokenGone

    MemoryPush.answer = answer
    tell(buyer)
    sweep()
    tell(buyer)
    sweep()

    phone.refresh_from_db()
    tablet.refresh_from_db()
    assert (phone.push_token, tablet.push_token) == (None, "tablet")
    assert pushed_tokens() == ["tablet", "tablet"]
    assert Delivery.objects.get(device=phone).state == State.SKIPPED


def test_a_new_token_that_came_meanwhile_is_kept(buyer: User) -> None:
    phone = phone_of(buyer, "old")

    def answer(target: PushTarget, message: PushMessage) -> None:
        Device.objects.update(push_token="new")
        raise TokenGone

    MemoryPush.answer = answer
    tell(buyer)
    sweep()

    phone.refresh_from_db()
    assert phone.push_token == "new"


def test_what_was_read_meanwhile_is_not_sent(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    Notification.objects.update(read_at=timezone.now())

    sweep()

    assert (MemoryPush.sent, mail.outbox) == ([], [])
    assert {(row.state, row.last_error) for row in Delivery.objects.all()} == {(State.SKIPPED, "read")}


def test_reading_does_not_hold_back_a_mandatory_letter(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer, kind="account.password_changed", data={})
    Notification.objects.update(read_at=timezone.now())

    sweep()

    assert MemoryPush.sent == []
    assert [letter.subject for letter in mail.outbox] == ["Your password was changed"]


def test_of_two_with_one_key_only_the_newer_is_sent(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer, collapse_key="room:1", data={"thing": "old"})
    tell(buyer, collapse_key="room:1", data={"thing": "new"})

    sweep()

    assert [message.title for _, message in MemoryPush.sent] == ["Note about new"]
    assert Delivery.objects.filter(state=State.SKIPPED, last_error="replaced").count() == 2


def test_a_phone_that_changed_hands_gets_nothing_of_its_former_owner(buyer: User, stranger: User) -> None:
    from accounts.services.devices import register_device

    register_device(buyer, platform="android", push_token="shared", app_version=None)
    tell(buyer)
    register_device(stranger, platform="android", push_token="shared", app_version=None)

    sweep()

    assert MemoryPush.sent == []


def test_a_sender_that_died_is_followed_by_another(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    Delivery.objects.filter(channel="email").delete()
    deliver._claim()  # … and then its process was killed

    assert sweep() == 0
    let_time_come()
    assert sweep() == 1

    assert len(MemoryPush.sent) == 1
    assert (the_push().state, the_push().attempts) == (State.SENT, 2)


@pytest.mark.parametrize("late_answer", [None, PushFailed("late"), TokenGone()])
def test_a_late_answer_changes_nothing(buyer: User, late_answer: Exception | None) -> None:
    phone = phone_of(buyer)
    tell(buyer)
    Delivery.objects.filter(channel="email").delete()

    def answer(target: PushTarget, message: PushMessage) -> None:
        MemoryPush.answer = None
        let_time_come()  # the lease runs out while the provider thinks
        sweep()
        assert the_push().state == State.SENT
        if late_answer is not None:
            raise late_answer

    MemoryPush.answer = answer
    sweep()

    assert (the_push().state, the_push().attempts, the_push().last_error) == (State.SENT, 2, "")
    phone.refresh_from_db()
    assert phone.push_token


@pytest.mark.parametrize("late_answer", [None, PushFailed("late"), TokenGone()])
def test_a_late_answer_does_not_speak_for_the_attempt_that_followed(buyer: User, late_answer: Exception | None) -> None:
    phone = phone_of(buyer)
    tell(buyer)
    Delivery.objects.filter(channel="email").delete()

    def answer(target: PushTarget, message: PushMessage) -> None:
        let_time_come()
        deliver._claim()  # a second sender is at work, and has no answer yet
        if late_answer is not None:
            raise late_answer

    MemoryPush.answer = answer
    sweep()

    row = the_push()
    assert (row.state, row.attempts, row.last_error, row.done_at) == (State.WAITING, 2, "", None)
    assert row.due_at > timezone.now() + timedelta(seconds=deliver.LEASE_SECONDS - 30)
    phone.refresh_from_db()
    assert phone.push_token


def test_a_sweep_gives_way_after_its_time(buyer: User) -> None:
    phone_of(buyer)
    for _ in range(3):
        tell(buyer)
    assert deliver.deliver_due(for_seconds=0) == 0
    assert deliver.deliver_due(limit=2) == 2


def test_a_commit_with_something_due_wakes_a_worker_once(
    buyer: User, seller: User, django_capture_on_commit_callbacks: object
) -> None:
    woken: list[int] = []
    rung = threading.Event()

    def wake() -> None:
        woken.append(1)
        rung.set()

    telling.wake_up.means(wake)

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tell(buyer)
        tell(seller, now=timezone.now() + timedelta(seconds=1))

    assert rung.wait(10)
    assert woken == [1]
