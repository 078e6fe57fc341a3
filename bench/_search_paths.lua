-- Every request asks for the next line of a file of paths: wrk … -s _search_paths.lua ADDRESS -- FILE
local paths, n = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    paths[#paths + 1] = line
  end
end

function request()
  n = n % #paths + 1
  return wrk.format("GET", paths[n])
end
