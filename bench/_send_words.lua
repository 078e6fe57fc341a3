-- Every request is the next line of a file, "TOKEN ROOM", with a client_id that nobody has used: wrk … -- FILE PREFIX
local lines, n, prefix = {}, 0, ""

function init(args)
  prefix = args[2]
  for line in io.lines(args[1]) do
    local token, room = line:match("^(%S+) (%S+)$")
    lines[#lines + 1] = { "Bearer " .. token, room }
  end
end

function request()
  n = n + 1
  local line = lines[n % #lines + 1]
  local body = string.format(
    '{"chat_id":"%s","client_id":"%s%d","content":"%s"}', line[2], prefix, n, string.rep("x", 120)
  )
  local headers = { ["Authorization"] = line[1], ["Content-Type"] = "application/json" }
  return wrk.format("POST", "/v1/messages", headers, body)
end
