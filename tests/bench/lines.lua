-- wrk: requests from a file, in turn: a line is a path, a tab and a token.
local threads = 0
function setup(thread)
  thread:set("first", threads * 101)
  threads = threads + 1
end

function init()
  requests, at = {}, first
  for line in io.lines(os.getenv("REQUESTS")) do
    local path, token = line:match("^(%S+)\t(%S+)$")
    requests[#requests + 1] = wrk.format("GET", path, { Authorization = "Bearer " .. token })
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"max":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.status + e.connect + e.read + e.write + e.timeout))
end
