-- Every request is the next line of a file, "TOKEN BODY": wrk … -- FILE
local requests, n = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local token, body = line:match("^(%S+) (.*)$")
    local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
    requests[#requests + 1] = wrk.format("POST", "/v1/events", headers, body)
  end
end

function request()
  n = n + 1
  return requests[n % #requests + 1]
end
