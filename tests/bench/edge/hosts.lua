-- For wrk: asks each of so many sites in turn, as `Host`. Arguments: how many.
local requests, turn = {}, 0

function init(arguments)
  for i = 0, tonumber(arguments[1]) - 1 do
    requests[i] = wrk.format("GET", "/1k", {Host = string.format("site-%05d.bench.test", i)})
  end
end

function request()
  turn = (turn + 1) % tonumber(#requests + 1)
  return requests[turn]
end
