-- For wrk: asks for 10,000 objects in turn, shared out among so many sites (argument) by `Host`.
local requests, turn, objects = {}, 0, 10000

function init(arguments)
  local sites = tonumber(arguments[1])
  for i = 0, objects - 1 do
    requests[i] = wrk.format("GET", "/1k?" .. math.floor(i / sites),
                             {Host = string.format("site-%05d.bench.test", i % sites)})
  end
end

function request()
  turn = (turn + 1) % objects
  return requests[turn]
end
