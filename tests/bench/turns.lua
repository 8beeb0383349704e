-- Asks for several pages in turn.
function init(args)
  paths, asked = args, 0
end

function request()
  asked = asked + 1
  return wrk.format(nil, paths[1 + asked % #paths])
end
