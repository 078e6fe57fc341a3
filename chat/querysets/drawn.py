"""Messages and events as JSON that PostgreSQL writes: `frames.message` and `frames.frame` in SQL.

`m` is the message, `e` the event. Tests compare each with what `frames` says of the same rows, field by field.
"""

from __future__ import annotations

_SPEAKS = "(m.deleted_at IS NULL AND m.hidden_at IS NULL)"

_MENTIONS = """
(SELECT coalesce(json_agg(n.user_id ORDER BY n.id), '[]') FROM chat_mention n WHERE n.message_id = m.id)"""

_REACTIONS = """
(SELECT coalesce(json_agg(json_build_object('emoji', r.emoji, 'user_ids', r.people) ORDER BY r.first), '[]') FROM (
  SELECT emoji, json_agg(user_id ORDER BY id) AS people, min(id) AS first
  FROM chat_reaction WHERE message_id = m.id GROUP BY emoji) r)"""

_ATTACHMENTS = """
(SELECT coalesce(json_agg(json_build_object(
  'id', u.id, 'name', u.name, 'content_type', u.content_type, 'size_bytes', u.size_bytes, 'width', u.width,
  'height', u.height, 'state', u.state,
  'url', CASE WHEN u.state <> 'refused' THEN '/v1/uploads/' || u.id || '/download' END,
  'thumbnail_url', CASE WHEN u.state = 'ready' AND u.width IS NOT NULL
    THEN '/v1/uploads/' || u.id || '/download?size=300' END) ORDER BY a.position), '[]')
FROM chat_attachment a JOIN chat_upload u ON u.id = a.upload_id WHERE a.message_id = m.id)"""

_PERSON = """
CASE WHEN {0}.id IS NOT NULL THEN json_build_object(
  'id', {0}.id, 'username', {0}.username, 'name', coalesce(nullif({0}.name, ''), {0}.username),
  'picture', nullif({0}.picture, '')) END"""


def person(alias: str) -> str:
    """`frames.person` of a row of accounts_user."""
    return _PERSON.format(alias)


_MESSAGE = """
(SELECT row_to_json(said)::text FROM (
  SELECT m.id, m.room_id AS chat_id, m.seq, m.sender_id, {sender} AS sender, m.kind AS message_type,
    CASE WHEN {speaks} THEN m.body END AS content, CASE WHEN {speaks} THEN m.data END AS facts,
    m.client_id, m.reply_to_seq, CASE WHEN {speaks} THEN m.hints ELSE '{{}}' END AS hints,
    CASE WHEN {speaks} THEN {mentions} ELSE '[]' END AS mentions,
    CASE WHEN {speaks} THEN {reactions} ELSE '[]' END AS reactions,
    CASE WHEN {speaks} THEN {attachments} ELSE '[]' END AS attachments,
    listings_stamp(m.edited_at) AS edited_at, listings_stamp(m.deleted_at) AS deleted_at,
    m.hidden_at IS NOT NULL AS is_hidden, listings_stamp(m.created_at) AS created_at) said)"""

# Small facts of an event stand beside the rest of it, in the same object
_EVENT = """
(SELECT left(row_to_json(happened)::text, -1) FROM (
  SELECT e.type, e.room_id AS room, e.seq, e.actor_id, listings_stamp(e.created_at) AS at) happened)
|| CASE WHEN m.id IS NULL THEN '' ELSE ',"message":' || {message} END
|| CASE WHEN e.payload = '{{}}' THEN '}}' ELSE ',' || substr(e.payload::text, 2) END"""

SENDER = "LEFT JOIN accounts_user p ON p.id = m.sender_id"  # what a message is joined with
MESSAGE = _MESSAGE.format(
    speaks=_SPEAKS, sender=person("p"), mentions=_MENTIONS, reactions=_REACTIONS, attachments=_ATTACHMENTS
)
EVENT = _EVENT.format(message=MESSAGE)
