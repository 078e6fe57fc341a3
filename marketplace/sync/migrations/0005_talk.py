"""Stamps of rooms and of what is said there. Their scope is the room: its members are asked for when somebody reads.

Any stamp in a room's scope also tells its members the room, so a message costs one stamp and not two.
"""

from django.db import migrations

from marketplace.sync.migrations._stamping import kept, not_emptied, on_delete, on_insert, on_update, stamp, undone

OPEN = "{0}.kind = 'broadcast' OR ({0}.kind = 'group' AND NOT {0}.is_private)"

# Who opens a room to all shows its members what was said before they came; who closes it takes that from them again
ROOM_CHANGED = f"""
{stamp("VALUES (5, NEW.id, NEW.id, false)")}
IF ({OPEN.format("NEW")}) AND NOT ({OPEN.format("OLD")}) THEN
  {stamp("SELECT 8, s.id, s.room_id, false FROM chat_message s WHERE s.room_id = NEW.id ORDER BY s.id")}
ELSIF ({OPEN.format("OLD")}) AND NOT ({OPEN.format("NEW")}) THEN
  {stamp("SELECT 7, NEW.id, m.user_id, true FROM chat_member m WHERE m.room_id = NEW.id ORDER BY m.user_id")}
END IF;
"""
ROOM_SEEN = (
    *("kind", "name", "description", "is_private", "owner_id", "listing_id", "epoch", "slow_mode_seconds"),
    *("closed_at", "created_at"),
)
ROOMS = (
    on_insert("chat_room", stamp("SELECT 5, id, id, false FROM came ORDER BY id"))
    + on_update("chat_room", ROOM_CHANGED, seen=ROOM_SEEN)
    + on_delete("chat_room", stamp("SELECT 5, id, id, true FROM gone ORDER BY id"))
    + kept("chat_room")
)

# Whoever comes in is shown what they may see of before. The room's lock keeps out what is being said meanwhile: the
# services hold it anyway, and with it a message is either seen here or stamped after this is committed.
CAME_IN = (
    """
PERFORM FROM chat_room WHERE id IN (SELECT m.room_id FROM {0} m) ORDER BY id FOR NO KEY UPDATE;
"""
    + stamp("SELECT 5, m.room_id, m.user_id, true FROM {0} m ORDER BY 2, 3")
    + stamp(
        "SELECT 8, s.id, m.user_id, true FROM {0} m JOIN chat_room r ON r.id = m.room_id"
        " JOIN chat_message s ON s.room_id = m.room_id"
        f" WHERE m.state = 'active' AND (s.seq > m.joined_seq OR {OPEN.format('r')}) ORDER BY 2, 3"
    )
)
ONE_MEMBER = "(SELECT NEW.room_id AS room_id, NEW.user_id AS user_id, NEW.state AS state, NEW.joined_seq AS joined_seq)"
MEMBER_CHANGED = f"""
{stamp("VALUES (6, NEW.user_id, NEW.room_id, false)")}
IF (OLD.state = 'active') <> (NEW.state = 'active') OR NEW.joined_seq <> OLD.joined_seq THEN
  {CAME_IN.format(ONE_MEMBER)}
END IF;
IF NEW.joined_seq > OLD.joined_seq AND NEW.state = 'active' AND (OLD.state = 'active' OR OLD.left_seq IS NOT NULL) THEN
  {stamp("VALUES (7, NEW.room_id, NEW.user_id, true)")}
END IF;
"""
MEMBERS = (
    on_insert(
        "chat_member",
        CAME_IN.format("came") + stamp("SELECT 6, user_id, room_id, false FROM came ORDER BY 2, 3"),
    )
    + on_update(
        "chat_member",
        MEMBER_CHANGED,
        seen=("role", "state", "joined_seq", "joined_at", "last_read_seq", "muted_until"),
    )
    + on_delete(
        "chat_member",
        stamp("SELECT 5, room_id, user_id, true FROM gone ORDER BY 2, 3")
        + stamp("SELECT 6, user_id, room_id, true FROM gone ORDER BY 2, 3"),
    )
    + kept("chat_member")
)

MESSAGES = (
    on_insert("chat_message", stamp("SELECT 8, id, room_id, false FROM came ORDER BY id"))
    + on_update(
        "chat_message",
        stamp("VALUES (8, NEW.id, NEW.room_id, false)"),
        seen=(
            *("room_id", "seq", "sender_id", "client_id", "kind", "body", "data", "hints", "reply_to_seq"),
            *("edited_at", "deleted_at", "hidden_at", "created_at"),
        ),
    )
    + on_delete("chat_message", stamp("SELECT 8, id, room_id, true FROM gone ORDER BY id"))
    + kept("chat_message")
)


def of_messages(changed: str) -> str:
    return stamp(f"SELECT 8, s.id, s.room_id, false FROM chat_message s WHERE s.id IN ({changed}) ORDER BY s.id")


def part_of_messages(table: str, *seen: str) -> str:
    return (
        on_insert(table, of_messages("SELECT message_id FROM came"))
        + on_update(table, of_messages("OLD.message_id, NEW.message_id"), seen=("message_id", *seen))
        + on_delete(table, of_messages("SELECT message_id FROM gone"))
        + not_emptied(table)
    )


PARTS = (
    part_of_messages("chat_reaction", "user_id", "emoji")
    + part_of_messages("chat_mention", "user_id")
    + part_of_messages("chat_attachment", "upload_id", "position")
    + on_update(
        "chat_upload",
        of_messages("SELECT message_id FROM chat_attachment WHERE upload_id = NEW.id"),
        seen=("name", "content_type", "size_bytes", "width", "height", "state"),
    )
)

# A room's number grows with everything in its log; what was said is stamped as a message
EVENTS = f"""
CREATE FUNCTION sync_chat_event_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{stamp("VALUES (5, NEW.room_id, NEW.room_id, false)")}
RETURN NULL;
END $$;
CREATE TRIGGER sync_came AFTER INSERT ON chat_event FOR EACH ROW
WHEN (NEW.type <> 'message.created') EXECUTE FUNCTION sync_chat_event_came();
"""

# How somebody is called stands beside everything they said
PEOPLE = on_update(
    "accounts_user",
    stamp("SELECT 6, m.user_id, m.room_id, false FROM chat_member m WHERE m.user_id = NEW.id ORDER BY 2, 3")
    + stamp(
        "SELECT 8, s.id, s.room_id, false FROM chat_member m JOIN chat_message s"
        " ON s.room_id = m.room_id AND s.sender_id = m.user_id WHERE m.user_id = NEW.id ORDER BY 2"
    )
    # after what was said, as by whoever changes a message and tells it in the room's log
    + stamp("SELECT 5, r.id, r.id, false FROM chat_room r WHERE r.owner_id = NEW.id ORDER BY 2, 3"),
    seen=("username", "name", "picture"),
)

TABLES = (
    *("chat_room", "chat_member", "chat_message", "chat_reaction", "chat_mention", "chat_attachment", "chat_upload"),
    *("chat_event", "accounts_user"),
)
BACKFILL = (
    "SET LOCAL statement_timeout = 0;"
    + stamp("SELECT 5, id, id, false FROM chat_room ORDER BY id")
    + stamp("SELECT 8, id, room_id, false FROM chat_message ORDER BY id")
)


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0004_orders"),
        ("chat", "0004_clean_pictures"),
        ("accounts", "0003_sessions_end_devices_and_cookies"),
    ]

    operations = [
        migrations.RunSQL(ROOMS + MEMBERS + MESSAGES + PARTS + EVENTS + PEOPLE, undone(*TABLES)),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
