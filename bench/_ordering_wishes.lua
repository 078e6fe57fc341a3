-- Every request is the next line of a file, "TOKEN BODY", under a key that nobody has used: wrk … -- FILE PREFIX FIRST
local wishes, n, prefix = {}, 0, ""

function init(args)
  prefix = args[2]
  for line in io.lines(args[1]) do
    local token, body = line:match("^(%S+) (.*)$")
    wishes[#wishes + 1] = { "Bearer " .. token, body }
  end
  n = tonumber(args[3])
end

function request()
  n = n + 1
  local wish = wishes[n % #wishes + 1]
  local headers = {
    ["Authorization"] = wish[1], ["Content-Type"] = "application/json", ["Idempotency-Key"] = prefix .. n,
  }
  return wrk.format("POST", "/v1/orders", headers, wish[2])
end
