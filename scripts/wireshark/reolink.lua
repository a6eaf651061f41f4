-- Wireshark dissectors for what Reolink cameras, their clouds and clients say to each other over UDP:
--
--   rls    signaling: XML under a fixed cipher, one message a datagram
--   bcudp  BcUDP, the reliable stream; its messages are put together for baichuan.lua
--
-- Use: wireshark -X lua_script:baichuan.lua -X lua_script:reolink.lua, or copy both to the folder of
-- personal Lua plugins. Each is found by its first bytes, on any port. The fields have the names
-- `sightline dissect --json` has.

local SEQUENCE, MALFORMED = expert.group.SEQUENCE, expert.group.MALFORMED
local NOTE, WARN = expert.severity.NOTE, expert.severity.WARN

local function u32(value) return value % 0x100000000 end

local function seq_diff(a, b)
  local difference = (a - b) % 0x100000000
  if difference >= 0x80000000 then return difference - 0x100000000 end
  return difference
end

-- A little-endian number of `length` bytes at `at` (from 1); nil where the text ends before.
local function number_at(text, at, length)
  local value = 0
  for i = at + length - 1, at, -1 do
    local byte = text:byte(i)
    if byte == nil then return nil end
    value = value * 256 + byte
  end
  return value
end

local function add_generated(tree, field, value)
  local item = tree:add(field, value)
  item:set_generated()
  return item
end

-- One blank in place of any run of white space and control characters.
local function one_line(text)
  return (text:gsub("[%z\1-\32]+", " "):match("^ ?(.-) ?$"))
end

---------------------------------------------------------------------------------------------------
-- Signaling

local rls = Proto("rls", "Reolink signaling")
local rl = {
  length = ProtoField.uint32("rls.length", "Length"),
  tid = ProtoField.uint32("rls.tid", "Transaction"),
  crc = ProtoField.uint32("rls.crc", "Checksum", base.HEX),
  crc_ok = ProtoField.uint8("rls.crc_ok", "Checksum is right"),
  message = ProtoField.string("rls.message", "Message"),
  xml = ProtoField.string("rls.xml", "XML"),
}
rls.fields = rl
local rl_malformed = ProtoExpert.new("rls.malformed", "Cannot be read", MALFORMED, WARN)
rls.experts = { rl_malformed }

local RLS_HEADER, MAX_XML = 20, 4096

local crc_table = {}
for i = 0, 255 do
  local value = i
  for _ = 1, 8 do
    local half = bit.rshift(value, 1)
    value = bit.band(value, 1) == 0 and half or bit.bxor(half, 0xedb88320)
  end
  crc_table[i] = value
end

-- CRC-32 with initial value 0 and no final XOR.
local function crc_of(text)
  local crc = 0
  for i = 1, #text do
    crc = bit.bxor(crc_table[bit.band(bit.bxor(crc, text:byte(i)), 0xff)], bit.rshift(crc, 8))
  end
  return u32(crc)
end

local WORDS = {
  0x1f2d3c4b, 0x5a6c7f8d, 0x38172e4b, 0x8271635a, 0x863f1a2b, 0xa5c6f7d8, 0x8371e1b4, 0x17f2d3a5,
}

-- The keystream is eight fixed words plus the transaction, repeated.
local function decipher(tid, text)
  local key = {}
  for _, word in ipairs(WORDS) do
    local value = u32(word + tid)
    for _ = 1, 4 do
      key[#key + 1] = value % 256
      value = math.floor(value / 256)
    end
  end
  local bytes = {}
  for i = 1, #text do
    bytes[i] = string.char(bit.bxor(text:byte(i), key[(i - 1) % 32 + 1]))
  end
  return table.concat(bytes)
end

function rls.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "RLS"
  local sub = tree:add(rls, buffer())
  if buffer:len() < RLS_HEADER then
    sub:add_proto_expert_info(rl_malformed, "shorter than its header")
    return
  end
  local tid, crc = buffer(12, 4):le_uint(), buffer(16, 4):le_uint()
  local sealed = buffer:len() > RLS_HEADER and buffer(RLS_HEADER):raw() or ""
  local is_right = crc_of(sealed) == crc
  local xml = one_line(decipher(tid, sealed:sub(1, MAX_XML)))
  local name = xml:match("<P2P>%s*<([%w_]+)")
  sub:add_le(rl.length, buffer(4, 4))
  sub:add_le(rl.tid, buffer(12, 4))
  sub:add_le(rl.crc, buffer(16, 4))
  add_generated(sub, rl.crc_ok, is_right and 1 or 0)
  if name then add_generated(sub, rl.message, name) end
  add_generated(sub, rl.xml, xml)
  if not is_right then sub:add_proto_expert_info(rl_malformed, "its checksum is wrong") end
  if buffer(4, 4):le_uint() ~= #sealed then
    sub:add_proto_expert_info(rl_malformed, "its length is wrong")
  end
  pinfo.cols.info = (name or "signaling") .. " tid " .. tid
end

---------------------------------------------------------------------------------------------------
-- BcUDP

local bcudp = Proto("bcudp", "Reolink BcUDP")
local bu = {
  connection = ProtoField.int32("bcudp.connection", "Connection"),
  packet = ProtoField.uint32("bcudp.packet", "Packet"),
  len = ProtoField.uint32("bcudp.len", "Length of the payload"),
  payload = ProtoField.bytes("bcudp.payload", "Payload"),
  ack = ProtoField.uint32("bcudp.ack", "Acknowledged up to packet"),
  latency = ProtoField.uint32("bcudp.latency", "Latency, microseconds"),
  bitmap = ProtoField.uint32("bcudp.bitmap", "Length of the bitmap"),
  missing = ProtoField.uint32("bcudp.missing", "Packets missing"),
}
bcudp.fields = bu
local bu_experts = {
  retransmission = ProtoExpert.new("bcudp.retransmission", "Retransmission", SEQUENCE, NOTE),
  gap = ProtoExpert.new("bcudp.gap", "Gap", SEQUENCE, WARN),
  missing = ProtoExpert.new("bcudp.missing_packets", "Packets missing", SEQUENCE, NOTE),
  malformed = ProtoExpert.new("bcudp.malformed", "Cannot be read", MALFORMED, WARN),
}
bcudp.experts = bu_experts

local DATA_HEADER, ACK_HEADER = 20, 28
local DATA_MAGIC, ACK_MAGIC = "\16\207\135\42", "\32\207\135\42"
local BC_MAGIC, BC_MAGIC_DEVICE = "\240\222\188\10", "\160\203\237\15"
local NONE = 0xffffffff
local MAX_GAP, MAX_AHEAD, MAX_MESSAGE = 0x10000, 1024, 8 * 1024 * 1024
-- So many packets may be in a capture before one that was sent before them.
local MAX_LATE = 8
-- Classes whose headers have 24 bytes; all others have 20.
local LONG_CLASSES = { [0x6414] = true, [0x0000] = true, [0x6482] = true }

-- Directions by their ends, and what was found in each frame: Wireshark asks again and again.
local directions, results = {}, {}

function bcudp.init()
  directions, results = {}, {}
end

local function starts_message(text)
  local magic = text:sub(1, 4)
  return magic == BC_MAGIC or magic == BC_MAGIC_DEVICE
end

-- Cuts the next message off a direction's buffer; nil until it is whole, false when lost.
local function next_message(direction)
  local buffer = direction.buffer
  if #buffer < 20 then return nil end
  if not starts_message(buffer) then return false end
  local header_length = LONG_CLASSES[number_at(buffer, 19, 2)] and 24 or 20
  if #buffer < header_length then return nil end
  local length = number_at(buffer, 9, 4)
  if length > MAX_MESSAGE then return false end
  if #buffer < header_length + length then return nil end
  direction.buffer = buffer:sub(header_length + length + 1)
  return buffer:sub(1, header_length + length)
end

local function cut(direction, part, result)
  if direction.lost and not starts_message(part) then return end
  direction.lost = false
  direction.buffer = direction.buffer .. part
  local message = next_message(direction)
  while message do
    result.messages[#result.messages + 1] = message
    message = next_message(direction)
  end
  if message == false then
    direction.buffer, direction.lost = "", true
    result.notes[#result.notes + 1] = { "malformed", "no Baichuan message begins here" }
  end
end

local function renew(direction, connection, packet)
  direction.connection, direction.next, direction.delivered = connection, packet, packet
  direction.ahead, direction.ahead_count, direction.buffer = {}, 0, ""
  direction.lost, direction.acked = packet ~= 0, nil
  direction.generation = (direction.generation or 0) + 1
end

-- All that waited for the packet before it.
local function take_ahead(direction, result)
  local part = direction.ahead[direction.delivered]
  while part do
    direction.ahead[direction.delivered] = nil
    direction.ahead_count = direction.ahead_count - 1
    direction.delivered = u32(direction.delivered + 1)
    cut(direction, part, result)
    part = direction.ahead[direction.delivered]
  end
end

-- Goes on behind a hole that nothing is going to fill: the other end has what is behind it.
local function skip(direction, result)
  if direction.ahead_count < MAX_LATE then return end
  local count
  for packet in pairs(direction.ahead) do
    local ahead = seq_diff(packet, direction.delivered)
    if count == nil or ahead < count then count = ahead end
  end
  local first = u32(direction.delivered + count)
  local is_there = direction.acked and seq_diff(direction.acked, first) >= 0
  if not is_there and direction.ahead_count < MAX_AHEAD then return end
  result.notes[#result.notes + 1] = {
    "malformed",
    count .. " packets are missing from the capture",
  }
  direction.delivered = first
  direction.buffer, direction.lost = "", true
end

local function follow(key, connection, packet, payload)
  local direction = directions[key] or {}
  directions[key] = direction
  if direction.connection ~= connection or math.abs(seq_diff(packet, direction.next)) > MAX_GAP then
    renew(direction, connection, packet)
  end
  local result = { messages = {}, notes = {} }
  local ahead = seq_diff(packet, direction.next)
  if ahead < 0 then
    result.notes[1] = { "retransmission", "retransmission of packet " .. packet }
  else
    direction.next = u32(packet + 1)
    if ahead > 0 then result.notes[1] = { "gap", "gap of " .. ahead .. " packets" } end
  end
  local step = seq_diff(packet, direction.delivered)
  if step == 0 then
    direction.delivered = u32(direction.delivered + 1)
    cut(direction, payload, result)
  elseif step > 0 then
    if not direction.ahead[packet] then direction.ahead_count = direction.ahead_count + 1 end
    direction.ahead[packet] = payload
    skip(direction, result)
  end
  if step >= 0 then take_ahead(direction, result) end
  result.stream = key .. " " .. direction.generation
  return result
end

local function ends_of(pinfo)
  return tostring(pinfo.src) .. ":" .. pinfo.src_port, tostring(pinfo.dst) .. ":" .. pinfo.dst_port
end

-- Of baichuan.lua, where that is loaded.
local function baichuan_dissector()
  local found, dissector = pcall(Dissector.get, "baichuan")
  return found and dissector or nil
end

local function dissect_data(buffer, pinfo, sub, tree)
  local length = buffer(16, 4):le_uint()
  if buffer:len() < DATA_HEADER + length then
    sub:add_proto_expert_info(bu_experts.malformed, "shorter than its header says")
    return
  end
  local connection, packet = buffer(4, 4):le_int(), buffer(12, 4):le_uint()
  if results[pinfo.number] == nil then
    local from, to = ends_of(pinfo)
    local payload = length > 0 and buffer(DATA_HEADER, length):raw() or ""
    results[pinfo.number] = follow(from .. " " .. to, connection, packet, payload)
  end
  local result = results[pinfo.number]
  sub:add_le(bu.connection, buffer(4, 4))
  sub:add_le(bu.packet, buffer(12, 4))
  sub:add_le(bu.len, buffer(16, 4))
  if length > 0 then sub:add(bu.payload, buffer(DATA_HEADER, length)) end
  local info = { "data to " .. connection .. ", packet " .. packet }
  for _, note in ipairs(result.notes) do
    sub:add_proto_expert_info(bu_experts[note[1]], note[2])
    info[#info + 1] = note[2]
  end
  pinfo.cols.info = table.concat(info, ", ")
  local baichuan = #result.messages > 0 and baichuan_dissector()
  if not baichuan then return end
  pinfo.private["baichuan_stream"] = result.stream
  for _, message in ipairs(result.messages) do
    baichuan:call(ByteArray.new(message, true):tvb("Baichuan message"), pinfo, tree)
  end
end

local function dissect_ack(buffer, pinfo, sub)
  local length = buffer:len() >= ACK_HEADER and buffer(24, 4):le_uint() or 0
  if buffer:len() < ACK_HEADER + length then
    sub:add_proto_expert_info(bu_experts.malformed, "shorter than its header says")
    return
  end
  local group = buffer(12, 4):le_uint()
  if group ~= 0 and group ~= NONE then
    sub:add_proto_expert_info(bu_experts.malformed, "its group is neither 0 nor none")
    return
  end
  if not pinfo.visited then
    local from, to = ends_of(pinfo)
    local acknowledged = directions[to .. " " .. from]
    if acknowledged then acknowledged.acked = group == 0 and buffer(16, 4):le_uint() or nil end
  end
  local missing = 0
  for i = 0, length - 1 do
    if buffer(ACK_HEADER + i, 1):uint() == 0 then missing = missing + 1 end
  end
  sub:add_le(bu.connection, buffer(4, 4))
  if group == 0 then sub:add_le(bu.ack, buffer(16, 4)) end
  sub:add_le(bu.latency, buffer(20, 4))
  sub:add_le(bu.bitmap, buffer(24, 4))
  add_generated(sub, bu.missing, missing)
  if missing > 0 then
    sub:add_proto_expert_info(bu_experts.missing, missing .. " packets missing")
  end
  pinfo.cols.info = "ack to " .. buffer(4, 4):le_int()
end

function bcudp.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "BcUDP"
  local sub = tree:add(bcudp, buffer())
  if buffer:len() < DATA_HEADER then
    sub:add_proto_expert_info(bu_experts.malformed, "shorter than its header")
  elseif buffer(8, 4):le_uint() ~= 0 then
    sub:add_proto_expert_info(bu_experts.malformed, "its constant is not 0")
  elseif buffer(0, 4):raw() == DATA_MAGIC then
    dissect_data(buffer, pinfo, sub, tree)
  else
    dissect_ack(buffer, pinfo, sub)
  end
end

---------------------------------------------------------------------------------------------------
-- Found by their first bytes

local function heuristic(proto, ...)
  local magics = { ... }
  proto:register_heuristic("udp", function(buffer, pinfo, tree)
    if buffer:len() < 4 then return false end
    local head = buffer(0, 4):raw()
    for _, magic in ipairs(magics) do
      if head == magic then
        proto.dissector(buffer, pinfo, tree)
        return true
      end
    end
    return false
  end)
end

heuristic(rls, "\58\207\135\42")
heuristic(bcudp, DATA_MAGIC, ACK_MAGIC)
