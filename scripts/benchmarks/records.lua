-- wrk's part of the load: each request is the next line of a file, which the threads share out.
--   wrk … -s records.lua URL -- FILE THREADS
-- Prints what it measured as a line of JSON.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  lines, at = {}, 0
  local count = 0
  for line in io.lines(args[1]) do
    if count % tonumber(args[2]) == number then lines[#lines + 1] = line end
    count = count + 1
  end
end

function request()
  at = at + 1
  -- Not sent again: what is there already costs the server less.
  if at > #lines then os.exit(1) end
  return wrk.format("POST", "/v1/records", { ["Content-Type"] = "application/json" }, lines[at])
end

function done(summary, latency, requests)
  local failed = 0
  for _, count in pairs(summary.errors) do failed = failed + count end
  io.write(string.format('{"count": %d, "microseconds": %d, "failed": %d, "p99": %f}\n',
    summary.requests, summary.duration, failed, latency:percentile(99)))
end
