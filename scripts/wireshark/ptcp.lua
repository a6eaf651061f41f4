-- Wireshark dissector for PTCP, the transport of Dahua-family devices: libjingle's PseudoTCP with the
-- conversation number "PTCP", and the channel messages in its reassembled streams.
--
-- Use: wireshark -X lua_script:ptcp.lua, or copy it to the folder of personal Lua plugins. It is
-- found by its first bytes, on any port. The fields have the names `sightline dissect --json` has.

local SEQUENCE, MALFORMED = expert.group.SEQUENCE, expert.group.MALFORMED
local NOTE, WARN = expert.severity.NOTE, expert.severity.WARN

-- Sequence numbers wrap at 2^32: how far a is ahead of b.
local function seq_diff(a, b)
  local difference = (a - b) % 0x100000000
  if difference >= 0x80000000 then return difference - 0x100000000 end
  return difference
end

local function seq_add(seq, count) return (seq + count) % 0x100000000 end

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

local ptcp = Proto("ptcp", "PTCP (PseudoTCP of Dahua devices)")
local DATA, BIND, STATUS, HEARTBEAT, REQUEST_SIGN = 0x10, 0x11, 0x12, 0x13, 0x17
local SIGN, AUTHENTICATE, ACCEPTED, CONFIRM = 0x18, 0x19, 0x1a, 0x1b
local TYPES = {
  [DATA] = "data",
  [BIND] = "bind",
  [STATUS] = "status",
  [HEARTBEAT] = "heartbeat",
  [REQUEST_SIGN] = "request of a sign",
  [SIGN] = "sign",
  [AUTHENTICATE] = "authenticate",
  [ACCEPTED] = "accepted",
  [CONFIRM] = "confirm",
}
local pt = {
  conversation = ProtoField.uint32("ptcp.conversation", "Conversation", base.HEX),
  seq = ProtoField.uint32("ptcp.seq", "Sequence number"),
  ack = ProtoField.uint32("ptcp.ack", "Acknowledgement number"),
  seq_relative = ProtoField.uint32("ptcp.seq_relative", "Sequence number, relative"),
  ack_relative = ProtoField.uint32("ptcp.ack_relative", "Acknowledgement number, relative"),
  flags = ProtoField.uint8("ptcp.flags", "Flags", base.HEX),
  flag_fin = ProtoField.bool("ptcp.flags.fin", "FIN", 8, nil, 0x01),
  flag_control = ProtoField.bool("ptcp.flags.control", "Control", 8, nil, 0x02),
  flag_reset = ProtoField.bool("ptcp.flags.reset", "Reset", 8, nil, 0x04),
  window = ProtoField.uint16("ptcp.window", "Window"),
  tsval = ProtoField.uint32("ptcp.tsval", "Timestamp, milliseconds"),
  tsecr = ProtoField.uint32("ptcp.tsecr", "Timestamp echoed, milliseconds"),
  len = ProtoField.uint32("ptcp.len", "Length of the body"),
  body = ProtoField.bytes("ptcp.body", "Body"),
  msg_type = ProtoField.uint8("ptcp.msg.type", "Message", base.HEX, TYPES),
  msg_realm = ProtoField.uint32("ptcp.msg.realm", "Realm", base.HEX),
  msg_len = ProtoField.uint32("ptcp.msg.len", "Bytes in this segment"),
  msg_port = ProtoField.uint16("ptcp.msg.port", "Port"),
  msg_status = ProtoField.string("ptcp.msg.status", "Status"),
  msg_text = ProtoField.string("ptcp.msg.text", "Begins with"),
}
ptcp.fields = pt
local pt_experts = {
  retransmission = ProtoExpert.new("ptcp.retransmission", "Retransmission", SEQUENCE, NOTE),
  gap = ProtoExpert.new("ptcp.gap", "Gap", SEQUENCE, WARN),
  zero_window = ProtoExpert.new("ptcp.zero_window", "Zero window", SEQUENCE, WARN),
  reset = ProtoExpert.new("ptcp.reset", "Reset", SEQUENCE, NOTE),
  request = ProtoExpert.new("ptcp.request", "Asks for a retransmission", SEQUENCE, NOTE),
  malformed = ProtoExpert.new("ptcp.malformed", "Cannot be read", MALFORMED, WARN),
}
ptcp.experts = pt_experts

local HEADER_LENGTH, MESSAGE_HEADER_LENGTH = 24, 12
local MAX_GAP, MAX_PIECES = 0x100000, 1024
-- So many segments may be in a capture before one that was sent before them.
local MAX_LATE = 8
local MAX_SIGN, MAX_UNKNOWN, MAX_DATA = 256, 4096, 0xffff
-- Bytes of data where a message says 0 although data follows.
local UNDECLARED = { [BIND] = 8, [STATUS] = 4, [SIGN] = 4, [AUTHENTICATE] = 4 }

-- Directions by their ends, and what was found in each frame: Wireshark asks again and again.
local directions, results = {}, {}

function ptcp.init()
  directions, results = {}, {}
end

local function new_framer() return { pending = "", kind = "none", unknown = 0, lost = 0 } end

local function at_boundary(framer) return framer.pending == "" and framer.kind == "none" end

local function printable_line(data)
  local line = data:sub(1, 120):match("^([ -~]*)\r\n")
  if line == nil then return nil end
  if line:match("^RTSP/1%.%d [1-5]%d%d") or line:match("^HTTP/1%.%d [1-5]%d%d") then return line end
  local method = line:match("^([A-Z_]+) .+ RTSP/1%.%d$") or line:match("^([A-Z_]+) .+ HTTP/1%.%d$")
  if method and #method >= 3 and #method <= 16 then return line end
end

local function emit(framer, header, data, messages)
  local message = { type = header.type, realm = 0, len = 0 }
  if header.type == BIND then
    local port = number_at(data, 1, 4)
    if #data < 8 or port < 1 or port > 65535 then
      framer.unknown = framer.unknown + 1
      return
    end
    message.realm, message.len, message.port = header.realm, 8, port
  elseif header.type == STATUS then
    if data ~= "CONN" and data ~= "DISC" then
      framer.unknown = framer.unknown + 1
      return
    end
    message.realm, message.len, message.status = header.realm, 4, data
  elseif header.type == SIGN or header.type == AUTHENTICATE then
    message.len = #data
  end
  messages[#messages + 1] = message
end

local function is_plausible(header)
  if header.zero ~= 0 then return false end
  if header.type == DATA then return header.length <= MAX_DATA end
  return header.length <= (TYPES[header.type] and MAX_SIGN or MAX_UNKNOWN)
end

-- Reads a header; returns the bytes used, or nil when more are needed.
local function read_header(framer, rest, is_start, messages)
  if #rest < MESSAGE_HEADER_LENGTH then return nil end
  local header = {
    type = rest:byte(1),
    length = number_at(rest, 2, 3),
    realm = number_at(rest, 5, 4),
    zero = number_at(rest, 9, 4),
  }
  if not is_plausible(header) then
    framer.lost = framer.lost + 1
    return #rest
  end
  if header.type == DATA then
    if header.length > 0 then
      framer.kind, framer.realm, framer.left = "data", header.realm, header.length
    end
  elseif not TYPES[header.type] then
    framer.unknown = framer.unknown + 1
    if header.length > 0 then framer.kind, framer.left = "skip", header.length end
  else
    local length = header.length
    if length == 0 then length = UNDECLARED[header.type] or 0 end
    if header.type == SIGN or header.type == AUTHENTICATE then
      -- A sign's size is not declared: it is what the segment has.
      local segment_rest = is_start and #rest - MESSAGE_HEADER_LENGTH or 0
      length = math.min(math.max(length, segment_rest), MAX_SIGN)
    end
    if length > 0 then
      framer.kind, framer.header, framer.left = "small", header, length
    else
      emit(framer, header, "", messages)
    end
  end
  return MESSAGE_HEADER_LENGTH
end

local function step(framer, rest, is_start, messages)
  if rest == "" then return nil end
  if framer.kind == "none" then return read_header(framer, rest, is_start, messages) end
  if framer.kind == "small" then
    if #rest < framer.left then return nil end
    framer.kind = "none"
    emit(framer, framer.header, rest:sub(1, framer.left), messages)
    return framer.left
  end
  local data = rest:sub(1, framer.left)
  if framer.kind == "data" then
    messages[#messages + 1] = {
      type = DATA,
      realm = framer.realm,
      len = #data,
      text = printable_line(data),
    }
  end
  framer.left = framer.left - #data
  if framer.left == 0 then framer.kind = "none" end
  return #data
end

-- Takes the next chunk of a stream; messages, and pieces of data, are added to the list.
local function push(framer, chunk, messages)
  local is_start = at_boundary(framer)
  local rest = framer.pending .. chunk
  framer.pending = ""
  while true do
    local used = step(framer, rest, is_start, messages)
    if used == nil then break end
    rest = rest:sub(used + 1)
    is_start = false
  end
  framer.pending = rest
end

local function insert_ahead(direction, seq, body)
  local ahead = direction.ahead
  if #ahead >= MAX_PIECES then return end
  local at = #ahead + 1
  while at > 1 and seq_diff(ahead[at - 1].seq, seq) > 0 do at = at - 1 end
  local before = ahead[at - 1]
  if before and before.seq == seq and #before.body >= #body then return end
  table.insert(ahead, at, { seq = seq, body = body })
end

local function take_ahead(direction)
  while direction.ahead[1] do
    local behind = seq_diff(direction.delivered, direction.ahead[1].seq)
    if behind < 0 then return nil end
    local piece = table.remove(direction.ahead, 1)
    if behind < #piece.body then return piece.body:sub(behind + 1) end
  end
end

local function accept(direction, chunk, messages)
  direction.delivered = seq_add(direction.delivered, #chunk)
  push(direction.framer, chunk, messages)
end

-- Goes on behind a hole that nothing is going to fill: the other end has what is behind it.
local function skip(direction, result)
  local first = direction.ahead[1]
  if first == nil or #direction.ahead < MAX_LATE then return end
  local is_there = direction.acked and seq_diff(direction.acked, first.seq) >= 0
  if not is_there and #direction.ahead < MAX_PIECES then return end
  local count = seq_diff(first.seq, direction.delivered)
  result.notes[#result.notes + 1] = {
    "malformed",
    count .. " bytes are missing from the capture",
  }
  direction.delivered, direction.framer = first.seq, new_framer()
end

local function deliver(direction, segment, result)
  local messages = result.messages
  local body = segment.body
  if body == "" then return end
  local behind = seq_diff(direction.delivered, segment.seq)
  if segment.control then
    if behind == 0 then direction.delivered = seq_add(segment.seq, #body) end
  elseif behind < 0 then
    insert_ahead(direction, segment.seq, body)
    skip(direction, result)
  elseif behind < #body then
    accept(direction, body:sub(behind + 1), messages)
  end
  local piece = take_ahead(direction)
  while piece do
    accept(direction, piece, messages)
    piece = take_ahead(direction)
  end
end

local function renew(direction, seq)
  direction.base, direction.next, direction.delivered = seq, seq, seq
  direction.ahead, direction.framer, direction.acked = {}, new_framer(), nil
end

local function notes_of(direction, segment, is_request)
  local notes = {}
  local length = #segment.body
  if is_request then
    notes[1] = { "request", "asks for a retransmission" }
  elseif length > 0 then
    local ahead = seq_diff(segment.seq, direction.next)
    if ahead > 0 then notes[1] = { "gap", "gap of " .. ahead .. " bytes" } end
    if ahead < 0 then notes[1] = { "retransmission", "retransmission of " .. length .. " bytes" } end
    local stop = seq_add(segment.seq, length)
    if seq_diff(stop, direction.next) > 0 then direction.next = stop end
  end
  if segment.reset then
    notes[#notes + 1] = { "reset", "reset" }
  elseif segment.window == 0 then
    notes[#notes + 1] = { "zero_window", "zero window" }
  end
  return notes
end

local function direction_of(from, to)
  local key = from .. " " .. to
  if directions[key] == nil then directions[key] = {} end
  return directions[key]
end

-- What a segment means, given all before it.
local function follow(segment, from, to)
  local direction, reverse = direction_of(from, to), direction_of(to, from)
  local is_new = direction.base == nil or
    math.abs(seq_diff(segment.seq, direction.next)) > MAX_GAP or
    (segment.control and segment.seq == 0 and direction.delivered > 4)
  if is_new then renew(direction, segment.seq) end
  local is_request = #segment.body == 11 and segment.body:sub(1, 3) == "\10\0\8" and
    (segment.control or
      (segment.seq == direction.delivered and at_boundary(direction.framer)))
  local framer = direction.framer
  local unknown, lost = framer.unknown, framer.lost
  local result = { messages = {}, notes = notes_of(direction, segment, is_request) }
  if not is_request then deliver(direction, segment, result) end
  reverse.acked = segment.ack
  if framer.unknown > unknown then
    result.notes[#result.notes + 1] = { "malformed", "unknown channel message" }
  end
  if framer.lost > lost then
    result.notes[#result.notes + 1] = { "malformed", "no channel message begins here" }
  end
  result.seq = seq_add(segment.seq, -direction.base)
  result.ack = seq_add(segment.ack, -(reverse.base or 0))
  return result
end

local function add_messages(tree, messages)
  for _, message in ipairs(messages) do
    local item = tree:add(pt.msg_type, message.type)
    item:set_generated()
    add_generated(item, pt.msg_realm, message.realm)
    add_generated(item, pt.msg_len, message.len)
    if message.port then add_generated(item, pt.msg_port, message.port) end
    if message.status then add_generated(item, pt.msg_status, message.status) end
    if message.text then add_generated(item, pt.msg_text, message.text) end
  end
end

function ptcp.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "PTCP"
  local sub = tree:add(ptcp, buffer())
  if buffer:len() < HEADER_LENGTH then
    sub:add_proto_expert_info(pt_experts.malformed, "shorter than its header")
    return
  end
  local flags = buffer(13, 1):uint()
  local segment = {
    seq = buffer(4, 4):uint(),
    ack = buffer(8, 4):uint(),
    control = flags % 4 >= 2,
    reset = flags % 8 >= 4,
    window = buffer(14, 2):uint(),
    body = buffer:len() > HEADER_LENGTH and buffer(HEADER_LENGTH):raw() or "",
  }
  if results[pinfo.number] == nil then
    local from = tostring(pinfo.src) .. ":" .. pinfo.src_port
    local to = tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    results[pinfo.number] = follow(segment, from, to)
  end
  local result = results[pinfo.number]
  sub:add(pt.conversation, buffer(0, 4))
  sub:add(pt.seq, buffer(4, 4))
  add_generated(sub, pt.seq_relative, result.seq)
  sub:add(pt.ack, buffer(8, 4))
  add_generated(sub, pt.ack_relative, result.ack)
  local flags_tree = sub:add(pt.flags, buffer(13, 1))
  flags_tree:add(pt.flag_fin, buffer(13, 1))
  flags_tree:add(pt.flag_control, buffer(13, 1))
  flags_tree:add(pt.flag_reset, buffer(13, 1))
  sub:add(pt.window, buffer(14, 2))
  sub:add(pt.tsval, buffer(16, 4))
  sub:add(pt.tsecr, buffer(20, 4))
  add_generated(sub, pt.len, #segment.body)
  if #segment.body > 0 then sub:add(pt.body, buffer(HEADER_LENGTH)) end
  add_messages(sub, result.messages)
  local info = { "seq " .. result.seq, "ack " .. result.ack, "window " .. segment.window }
  for _, note in ipairs(result.notes) do
    sub:add_proto_expert_info(pt_experts[note[1]], note[2])
    info[#info + 1] = note[2]
  end
  pinfo.cols.info = table.concat(info, ", ")
end

ptcp:register_heuristic("udp", function(buffer, pinfo, tree)
  if buffer:len() < 4 or buffer(0, 4):raw() ~= "PTCP" then return false end
  ptcp.dissector(buffer, pinfo, tree)
  return true
end)
