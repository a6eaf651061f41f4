-- Wireshark dissectors for what Dahua-family devices, their clouds and clients say to each other:
--
--   dhhttp  signaling: HTTP-shaped text, one message a datagram
--   istun   connectivity checks: STUN with every bit inverted
--
-- What they say once they are connected is in ptcp.lua.
--
-- Use: wireshark -X lua_script:dahua.lua, or copy it to the folder of personal Lua plugins. Each is
-- found by its first bytes, on any port. The fields have the names `sightline dissect --json` has.

local MALFORMED, WARN = expert.group.MALFORMED, expert.severity.WARN

-- A number of `length` bytes at `at` (from 1), big-endian; nil where the text ends before.
local function number_at(text, at, length)
  local value = 0
  for i = at, at + length - 1 do
    local byte = text:byte(i)
    if byte == nil then return nil end
    value = value * 256 + byte
  end
  return value
end

local function add_generated(tree, field, value)
  tree:add(field, value):set_generated()
end

---------------------------------------------------------------------------------------------------
-- Signaling

local dhhttp = Proto("dhhttp", "Dahua signaling")
local dh = {
  method = ProtoField.string("dhhttp.method", "Method"),
  path = ProtoField.string("dhhttp.path", "Path"),
  code = ProtoField.uint16("dhhttp.code", "Code"),
  reason = ProtoField.string("dhhttp.reason", "Reason"),
  cseq = ProtoField.uint32("dhhttp.cseq", "CSeq"),
  headers = ProtoField.uint16("dhhttp.headers", "Headers besides CSeq and Content-Length"),
  header = ProtoField.string("dhhttp.header", "Header"),
  body = ProtoField.string("dhhttp.body", "Body"),
}
dhhttp.fields = dh
local dh_malformed = ProtoExpert.new("dhhttp.malformed", "Cannot be read", MALFORMED, WARN)
dhhttp.experts = { dh_malformed }

local MAX_BODY = 4096

function dhhttp.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "DHHTTP"
  local sub = tree:add(dhhttp, buffer())
  local text = buffer():raw():gsub("%z+$", "")
  local head_end, body_start = text:find("\r?\n\r?\n")
  local head = head_end and text:sub(1, head_end - 1) or text
  local body = body_start and text:sub(body_start + 1) or ""
  local first = head:match("^[^\r\n]*"):match("^%s*(.-)%s*$")
  local code, reason = first:match("^HTTP/1%.%d +([1-9]%d%d) ?(.*)$")
  local verb, path = first:match("^([DN][HF][GP][EO]S?T) +(/%S*)")
  if code then
    sub:add(dh.code, tonumber(code))
    sub:add(dh.reason, reason)
  elseif verb then
    sub:add(dh.method, verb)
    sub:add(dh.path, path)
  else
    sub:add_proto_expert_info(dh_malformed, "neither a request nor an answer")
    return
  end
  local seen, count = {}, 0
  for line in head:sub(#head:match("^[^\r\n]*") + 1):gmatch("[^\r\n]+") do
    local name, value = line:match("^%s*([^:]-)%s*:%s*(.-)%s*$")
    if name and name ~= "" then
      local key = name:lower()
      if key == "cseq" then
        if value:match("^%d+$") then sub:add(dh.cseq, tonumber(value)) end
      elseif key ~= "content-length" and not seen[key] then
        seen[key] = true
        count = count + 1
      end
      sub:add(dh.header, name .. ": " .. value)
    end
  end
  add_generated(sub, dh.headers, count)
  if body ~= "" then sub:add(dh.body, body:sub(1, MAX_BODY)) end
  pinfo.cols.info = first
end

---------------------------------------------------------------------------------------------------
-- Connectivity checks

local istun = Proto("istun", "Dahua connectivity check (inverted STUN)")
local st = {
  type = ProtoField.uint16("istun.type", "Type", base.DEC, { [1] = "request", [0x101] = "success" }),
  id = ProtoField.string("istun.id", "Transaction"),
  address = ProtoField.string("istun.address", "Address"),
  port = ProtoField.uint16("istun.port", "Port"),
  tiebreaker = ProtoField.string("istun.tiebreaker", "Tie breaker"),
}
istun.fields = st
local st_malformed = ProtoExpert.new("istun.malformed", "Cannot be read", MALFORMED, WARN)
istun.experts = { st_malformed }

local SOURCE_ADDRESS, ICE_CONTROLLED, ICE_CONTROLLING = 0x0004, 0x8029, 0x802a

local function hex(text)
  return (text:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

function istun.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "ISTUN"
  local sub = tree:add(istun, buffer())
  local plain = buffer():raw():gsub(".", function(c) return string.char(255 - c:byte()) end)
  local length = number_at(plain, 3, 2)
  if length == nil or #plain < 20 + length then
    sub:add_proto_expert_info(st_malformed, "shorter than its header says")
    return
  end
  local attributes, at, has_address, has_tie = {}, 21, false, false
  while at < 21 + length do
    local code, size = number_at(plain, at, 2), number_at(plain, at + 2, 2)
    if size == nil or at + 4 + size > 21 + length then
      sub:add_proto_expert_info(st_malformed, "an attribute ends behind the message")
      return
    end
    attributes[#attributes + 1] = { code = code, value = plain:sub(at + 4, at + 3 + size) }
    at = at + 4 + math.ceil(size / 4) * 4
  end
  sub:add(st.type, number_at(plain, 1, 2))
  sub:add(st.id, hex(plain:sub(5, 20)))
  for _, attribute in ipairs(attributes) do
    local code, value = attribute.code, attribute.value
    if code == SOURCE_ADDRESS and #value == 8 and number_at(value, 1, 2) == 1 and not has_address
    then
      has_address = true
      sub:add(st.address, table.concat({ value:byte(5, 8) }, "."))
      sub:add(st.port, number_at(value, 3, 2))
    elseif (code == ICE_CONTROLLED or code == ICE_CONTROLLING) and #value == 8 and not has_tie then
      has_tie = true
      sub:add(st.tiebreaker, hex(value))
    end
  end
  pinfo.cols.info = number_at(plain, 1, 2) == 1 and "binding request" or "binding success"
end

---------------------------------------------------------------------------------------------------
-- Found by their first bytes

local function heuristic(proto, matches)
  proto:register_heuristic("udp", function(buffer, pinfo, tree)
    if buffer:len() < 4 or not matches(buffer(0, math.min(8, buffer:len())):raw()) then
      return false
    end
    proto.dissector(buffer, pinfo, tree)
    return true
  end)
end

heuristic(dhhttp, function(head)
  return head:match("^[DN][HF]GET ") or head:match("^[DN][HF]POST ") or head:match("^HTTP/1%.")
end)
heuristic(istun, function(head)
  return head:sub(1, 2) == "\255\254" or head:sub(1, 2) == "\254\254"
end)
