-- Each request asks about another party: paths come from a file, one a line, and every thread begins elsewhere.
local paths = {}
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  at = number * math.floor(#paths / 2)
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
