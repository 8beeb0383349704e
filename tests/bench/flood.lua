-- Sends a form without pause; "scattered", each time for another person from one of 10,000 addresses (RFC 2544's).
function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  body, scattered = args[1], args[2] == "scattered"
  math.randomseed(os.time())
end

function request()
  if scattered then
    wrk.headers["X-Forwarded-For"] = string.format("198.18.%d.%d", math.random(1, 100), math.random(1, 100))
    return wrk.format(nil, nil, nil, (body:gsub("ada%%40", "somebody" .. math.random(1e9) .. "%%40")))
  end
  return wrk.format(nil, nil, nil, body)
end
