"""Who is in a room, as Redis keeps it. Every change is one script, so that nobody comes or goes twice.

`pres:at:<room>` sockets with the time until which they are believed, `pres:n:<room>` people and how many sockets each
has, `pres:who:<room>` who they are, `pres:v:<room>` the version, `pres:lease:<process>` that a process lives,
`pres:seen` when somebody was last in any room. All on Redis' own clock.
"""

from __future__ import annotations

LEASE_SECONDS = 10
BELIEVED_SECONDS = 60
KEPT_SECONDS = 600

_COMMON = f"""
local room, now = ARGV[1], tonumber(redis.call('TIME')[1])
local at, n, who, v = 'pres:at:' .. room, 'pres:n:' .. room, 'pres:who:' .. room, 'pres:v:' .. room
local function keep()
  for _, key in ipairs({{at, n, who, v}}) do redis.call('EXPIRE', key, {KEPT_SECONDS}) end
end
local function version()
  if redis.call('EXISTS', v) == 0 then redis.call('SET', v, now * 1000) end
  return redis.call('INCR', v)
end
local function seen_now(user) redis.call('ZADD', 'pres:seen', now, user) end
local function come(member, user, shown)
  seen_now(user)
  local is_new = redis.call('ZSCORE', at, member) == false
  redis.call('ZADD', at, now + {BELIEVED_SECONDS}, member)
  if not is_new or redis.call('HINCRBY', n, user, 1) > 1 then return false end
  redis.call('HSET', who, user, shown)
  redis.call('SADD', 'pres:rooms', room)
  return true
end
local function go(member, user)
  if redis.call('ZREM', at, member) == 0 or redis.call('HINCRBY', n, user, -1) > 0 then return false end
  local shown = redis.call('HGET', who, user)
  redis.call('HDEL', n, user)
  redis.call('HDEL', who, user)
  if redis.call('EXISTS', at) == 0 then redis.call('SREM', 'pres:rooms', room) end
  return shown or '{{}}'
end
"""

# room, member, user, shown -> whether they have just come, the version, how many people are here
COME = f"""{_COMMON}
local is_first = come(ARGV[2], ARGV[3], ARGV[4])
local seen = is_first and version() or tonumber(redis.call('GET', v) or version())
keep()
return {{is_first and 1 or 0, seen, redis.call('HLEN', n)}}
"""

GO = f"""{_COMMON}
local is_last = go(ARGV[2], ARGV[3])
seen_now(ARGV[3])
local seen = is_last and version() or tonumber(redis.call('GET', v) or 0)
return {{is_last and 1 or 0, seen, redis.call('HLEN', n)}}
"""

# room, then member, user, shown of everybody that a process has there -> how many Redis did not know
KEEP = f"""{_COMMON}
local new = 0
for index = 2, #ARGV, 3 do
  if come(ARGV[index], ARGV[index + 1], ARGV[index + 2]) then
    version()
    new = new + 1
  end
end
keep()
return new
"""

# room -> user, version, people left, shown: for each whose last socket is not believed any more
SWEEP = f"""{_COMMON}
local lives, gone = {{}}, {{}}
for _, member in ipairs(redis.call('ZRANGE', at, 0, -1)) do
  local user, process = string.match(member, '^([^|]+)|[^|]+|(.+)$')
  if lives[process] == nil then lives[process] = redis.call('EXISTS', 'pres:lease:' .. process) == 1 end
  local is_dead = not lives[process] or tonumber(redis.call('ZSCORE', at, member)) < now
  local shown = is_dead and go(member, user)
  if shown then
    table.insert(gone, user)
    table.insert(gone, version())
    table.insert(gone, redis.call('HLEN', n))
    table.insert(gone, shown)
  end
end
return gone
"""
