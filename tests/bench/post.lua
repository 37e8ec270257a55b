-- wrk: POST /api/timesheets, as the owners of the tokens in turn; with KEYED=1 each with a key of its own.
local threads = 0
function setup(thread)
  thread:set("first", threads * 101)
  threads = threads + 1
end

function init()
  tokens, at, sent = {}, first, 0
  for token in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = token end
  math.randomseed(os.time() + first)
  keyed = os.getenv("KEYED") == "1" and string.format("bench-%d-%d-%d", os.time(), first, math.random(1000000)) or nil
end

-- A quarter of an hour on any day of 25 years: a day does not come to 24 hours.
function request()
  at, sent = at % #tokens + 1, sent + 1
  local headers = { Authorization = "Bearer " .. tokens[at], ["Content-Type"] = "application/json" }
  if keyed then headers["Idempotency-Key"] = keyed .. "-" .. sent end
  return wrk.format("POST", nil, headers, string.format('{"date":"%d-%02d-%02d","project":"StoreZero","hours":0.25}',
    math.random(2001, 2025), math.random(1, 12), math.random(1, 28)))
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"max":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.status + e.connect + e.read + e.write + e.timeout))
end
