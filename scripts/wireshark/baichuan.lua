-- Wireshark dissector for Baichuan, the messages between Reolink cameras and clients (bc.*), and for
-- BcMedia, the pictures and sound in them (bcmedia.*). Over TCP they are found by their first bytes,
-- on any port; over UDP reolink.lua hands them in.
--
-- Use: wireshark -X lua_script:baichuan.lua -X lua_script:reolink.lua, or copy both to the folder of
-- personal Lua plugins. Text under the simple cipher is read; what is enciphered with AES is told as
-- such, as its key needs the password. The fields have the names `sightline dissect --json` has.
--
-- Set the preference tcp.reassemble_out_of_order, or messages end where segments come in another
-- order than they were sent.

local MALFORMED, WARN = expert.group.MALFORMED, expert.severity.WARN

local NAMES = {
  [1] = "login",
  [2] = "logout",
  [3] = "preview",
  [4] = "stop preview",
  [10] = "talk ability",
  [11] = "stop talk",
  [18] = "move",
  [19] = "preset",
  [23] = "reboot",
  [31] = "watch events",
  [33] = "event",
  [78] = "picture settings",
  [80] = "version",
  [93] = "ping",
  [104] = "read time",
  [105] = "write time",
  [109] = "snapshot",
  [114] = "UID",
  [115] = "Wi-Fi signal",
  [145] = "channels",
  [146] = "streams",
  [151] = "abilities",
  [190] = "presets",
  [199] = "support",
  [201] = "talk",
  [202] = "talk data",
  [208] = "read lights",
  [209] = "write lights",
  [212] = "read sensor",
  [213] = "write sensor",
  [234] = "keep alive",
  [252] = "batteries",
  [253] = "battery",
  [263] = "siren",
  [288] = "floodlight",
  [291] = "floodlights",
  [294] = "read zoom and focus",
  [295] = "zoom or focus",
}

local baichuan = Proto("baichuan", "Reolink Baichuan")
local f = {
  id = ProtoField.uint32("bc.id", "Message", base.DEC, NAMES),
  len = ProtoField.uint32("bc.len", "Length of the body"),
  channel = ProtoField.uint8("bc.channel", "Channel"),
  stream = ProtoField.uint8("bc.stream", "Stream"),
  num = ProtoField.uint16("bc.num", "Number"),
  code = ProtoField.uint16("bc.code", "Code"),
  class = ProtoField.uint16("bc.class", "Class", base.HEX),
  body = ProtoField.bytes("bc.body", "Body"),
  xml = ProtoField.string("bc.xml", "XML"),
  opaque = ProtoField.uint32("bc.opaque", "Bytes not read, or enciphered"),
  media_type = ProtoField.string("bcmedia.type", "Frame"),
  media_size = ProtoField.uint32("bcmedia.size", "Size"),
  media_codec = ProtoField.string("bcmedia.codec", "Codec"),
  media_channel = ProtoField.uint8("bcmedia.channel", "Channel of the frame"),
  media_us = ProtoField.uint32("bcmedia.us", "Camera's clock, microseconds"),
  media_us_high = ProtoField.uint32("bcmedia.us_high", "Camera's clock, high half"),
  media_posix = ProtoField.uint32("bcmedia.posix", "Seconds since 1970"),
  media_width = ProtoField.uint32("bcmedia.width", "Width"),
  media_height = ProtoField.uint32("bcmedia.height", "Height"),
  media_fps = ProtoField.uint8("bcmedia.fps", "Frames a second"),
}
baichuan.fields = f
local malformed = ProtoExpert.new("bc.malformed", "Cannot be read", MALFORMED, WARN)
baichuan.experts = { malformed }

local tcp_stream = Field.new("tcp.stream")

local BC_MAGIC, BC_MAGIC_DEVICE = "\240\222\188\10", "\160\203\237\15"
local MIN_HEADER, MAX_BODY, MAX_XML = 20, 8 * 1024 * 1024, 16384
-- Classes whose headers have 24 bytes; all others have 20.
local LONG_CLASSES = { [0x6414] = true, [0x0000] = true, [0x6482] = true }
local NONCE = 0x6614
-- Messages that carry BcMedia: previews, and what is said to a camera.
local MEDIA_IDS = { [3] = true, [202] = true }
local BC_KEY = { 0x1f, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0xff }

-- Whether the media of a connection are enciphered, by its ends; the media of each preview; and what
-- was found in each frame, in order: Wireshark asks again and again.
local hidden, media, results, cursors = {}, {}, {}, {}

function baichuan.init()
  hidden, media, results, cursors = {}, {}, {}, {}
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

---------------------------------------------------------------------------------------------------
-- BcMedia

local MAX_FRAME, MAX_EXTRA, INFO_LENGTH, MAX_STEP = 8 * 1024 * 1024, 256, 32, 88

local function read_video(text, is_key, channel)
  if #text < 16 then return nil end
  local codec, size, extra = text:sub(5, 8), number_at(text, 9, 4), number_at(text, 13, 4)
  if codec ~= "H264" and codec ~= "H265" then return false end
  if size > MAX_FRAME or extra > MAX_EXTRA then return false end
  if #text < 24 + extra then return nil end
  return {
    type = is_key and "key" or "inter",
    codec = codec,
    channel = channel,
    us = number_at(text, 17, 4),
    us_high = number_at(text, 21, 4),
    posix = is_key and extra >= 4 and number_at(text, 25, 4) or nil,
    size = size,
    length = 24 + extra,
    payload = size,
  }
end

local function read_info(text)
  if #text < 8 then return nil end
  if number_at(text, 5, 4) ~= INFO_LENGTH then return false end
  if #text < INFO_LENGTH then return nil end
  return {
    type = "info",
    width = number_at(text, 9, 4),
    height = number_at(text, 13, 4),
    fps = text:byte(18),
    size = INFO_LENGTH,
    length = INFO_LENGTH,
    payload = 0,
  }
end

local function read_sound(text, type)
  if #text < 8 then return nil end
  local size = number_at(text, 5, 2)
  if size ~= number_at(text, 7, 2) then return false end
  if type == "aac" then return { type = type, size = size, length = 8, payload = size } end
  if size < 8 then return false end
  if #text < 16 then return nil end
  if number_at(text, 9, 2) ~= 0x0100 or text:byte(15) > MAX_STEP then return false end
  return { type = type, size = size, length = 16, payload = size - 8 }
end

-- The head of a frame; nil while there is too little of it, false where there is none.
local function read_head(text)
  if #text < 4 then return nil end
  local magic = text:sub(1, 4)
  local channel, kind = magic:match("^(%d)([01])dc$")
  if channel then return read_video(text, kind == "0", tonumber(channel)) end
  if magic == "1001" or magic == "1002" then return read_info(text) end
  if magic == "05wb" or magic == "15wb" then return read_sound(text, "aac") end
  if magic == "01wb" then return read_sound(text, "adpcm") end
  return false
end

-- Reads the payload of a preview's next message: the frames that begin in it.
local function read_media(state, message, result)
  local inside = state.left > 0 or state.partial ~= ""
  if state.lost or inside then
    local head = read_head(message)
    if head then
      if inside and (state.left > state.padding or state.partial ~= "") then
        result.errors[#result.errors + 1] = "a frame must go on here, but another one begins"
      end
      state.lost, state.left, state.partial = false, 0, ""
    end
  end
  if state.lost then return end
  local at = 1
  while at <= #message do
    local skipped = math.min(state.left, #message - at + 1)
    state.left = state.left - skipped
    at = at + skipped
    if at > #message then return end
    local text = state.partial .. message:sub(at)
    local head = read_head(text)
    if head == false then
      state.lost, state.left, state.partial = true, 0, ""
      result.errors[#result.errors + 1] = "a BcMedia frame must begin here"
      return
    end
    if head == nil then
      state.partial = text
      return
    end
    result.frames[#result.frames + 1] = head
    at = at + head.length - #state.partial
    state.partial = ""
    state.padding = (8 - head.size % 8) % 8
    state.left = head.payload + state.padding
  end
end

---------------------------------------------------------------------------------------------------
-- Messages

local function starts_message(text)
  local magic = text:sub(1, 4)
  return magic == BC_MAGIC or magic == BC_MAGIC_DEVICE
end

-- One blank in place of any run of white space and control characters.
local function one_line(text)
  return (text:gsub("[%z\1-\32]+", " "):match("^ ?(.-) ?$"))
end

local function looks_like_xml(text)
  return text:match("^%s*<%?xml%f[^%w_]") or text:match("^%s*<body%f[^%w_]") or
    text:match("^%s*<Extension%f[^%w_]")
end

local function bc_cipher(offset, text)
  local bytes = {}
  for i = 1, #text do
    local key = bit.bxor(BC_KEY[(offset + i - 1) % 8 + 1], offset)
    bytes[i] = string.char(bit.bxor(text:byte(i), key))
  end
  return table.concat(bytes)
end

-- The text of an extension or payload, where it can be read without a password.
local function open_text(channel, sealed)
  if sealed == "" or #sealed > MAX_XML then return nil end
  if looks_like_xml(sealed:sub(1, 64)) then return one_line(sealed) end
  if looks_like_xml(bc_cipher(channel, sealed:sub(1, 64))) then
    return one_line(bc_cipher(channel, sealed))
  end
end

local function ends_of(pinfo)
  local from = tostring(pinfo.src) .. " " .. pinfo.src_port
  local to = tostring(pinfo.dst) .. " " .. pinfo.dst_port
  return from, to
end

-- What both directions of a connection have in common.
local function connection_of(pinfo)
  local from, to = ends_of(pinfo)
  local transport = pinfo.private["baichuan_stream"] and "udp " or "tcp "
  return transport .. (from < to and from .. " " .. to or to .. " " .. from)
end

local function stream_of(pinfo)
  local given = pinfo.private["baichuan_stream"]
  if given then return given end
  local from, to = ends_of(pinfo)
  local number = tcp_stream()
  return from .. " " .. to .. " " .. tostring(number and number.value)
end

local function media_of(pinfo, header)
  local key = table.concat({ stream_of(pinfo), header.id, header.num }, " ")
  if media[key] == nil then media[key] = { lost = true, left = 0, padding = 0, partial = "" } end
  return media[key]
end

-- What a message means, given all before it.
local function follow(pinfo, header, front, payload)
  local result = { frames = {}, errors = {}, texts = {}, opaque = 0 }
  local connection = connection_of(pinfo)
  local choice = header.class == NONCE and math.floor(header.code / 256) == 0xdd
  local extension, text = open_text(header.channel, front), open_text(header.channel, payload)
  if choice then hidden[connection] = header.code % 256 >= 0x12 end
  local is_media = MEDIA_IDS[header.id] and payload ~= "" and text == nil and not hidden[connection]
  if extension then result.texts[1] = extension else result.opaque = #front end
  if text then
    result.texts[#result.texts + 1] = text
  elseif not is_media then
    result.opaque = result.opaque + #payload
  end
  if header.offset > header.len then
    result.errors[1] = "a payload must begin within the body"
  end
  if is_media then read_media(media_of(pinfo, header), payload, result) end
  return result
end

-- The result for the next message of a frame; a frame's messages always come in the same order.
local function result_for(pinfo, make)
  local number = pinfo.number
  if results[number] == nil then results[number] = {} end
  local list = results[number]
  if not pinfo.visited then
    list[#list + 1] = make()
    return list[#list]
  end
  local cursor = (cursors[number] or 0) % math.max(1, #list) + 1
  cursors[number] = cursor
  return list[cursor] or make()
end

local function add_generated(tree, field, value)
  if value ~= nil then tree:add(field, value):set_generated() end
end

local function add_frames(sub, frames)
  for _, frame in ipairs(frames) do
    local item = sub:add(f.media_type, frame.type)
    item:set_generated()
    add_generated(item, f.media_size, frame.size)
    add_generated(item, f.media_codec, frame.codec)
    add_generated(item, f.media_channel, frame.channel)
    add_generated(item, f.media_us, frame.us)
    add_generated(item, f.media_us_high, frame.us_high)
    add_generated(item, f.media_posix, frame.posix)
    add_generated(item, f.media_width, frame.width)
    add_generated(item, f.media_height, frame.height)
    add_generated(item, f.media_fps, frame.fps)
  end
end

-- A message as it stands in a column: `preview 200 #5 key H265`.
local function summary(header, result)
  local parts = { NAMES[header.id] or ("message " .. header.id) }
  if header.code > 0 then parts[#parts + 1] = tostring(header.code) end
  parts[#parts + 1] = "#" .. header.num
  for _, frame in ipairs(result.frames) do
    parts[#parts + 1] = frame.type .. (frame.codec and " " .. frame.codec or "")
  end
  return table.concat(parts, " ")
end

-- Shows the message at the start of `buffer`, which is whole.
local function show(buffer, header, pinfo, tree)
  local sub = tree:add(baichuan, buffer(0, header.length + header.len))
  local body = header.len > 0 and buffer(header.length, header.len):raw() or ""
  local split = math.min(header.offset, #body)
  local result = result_for(pinfo, function()
    return follow(pinfo, header, body:sub(1, split), body:sub(split + 1))
  end)
  sub:add_le(f.id, buffer(4, 4))
  sub:add_le(f.len, buffer(8, 4))
  sub:add_le(f.channel, buffer(12, 1))
  sub:add_le(f.stream, buffer(13, 1))
  sub:add_le(f.num, buffer(14, 2))
  sub:add_le(f.code, buffer(16, 2))
  sub:add_le(f.class, buffer(18, 2))
  if header.len > 0 then sub:add(f.body, buffer(header.length, header.len)) end
  if #result.texts > 0 then add_generated(sub, f.xml, table.concat(result.texts, " ")) end
  if result.opaque > 0 then add_generated(sub, f.opaque, result.opaque) end
  add_frames(sub, result.frames)
  for _, rule in ipairs(result.errors) do sub:add_proto_expert_info(malformed, rule) end
  return summary(header, result)
end

-- The header at `at`; nil while there is too little of it, false where there is none.
local function header_at(buffer, at)
  local left = buffer:len() - at
  if left < MIN_HEADER then return nil end
  if not starts_message(buffer(at, 4):raw()) then return false end
  local class = buffer(at + 18, 2):le_uint()
  local length = LONG_CLASSES[class] and 24 or 20
  if left < length then return nil end
  local len = buffer(at + 8, 4):le_uint()
  if len > MAX_BODY then return false end
  return {
    id = buffer(at + 4, 4):le_uint(),
    len = len,
    channel = buffer(at + 12, 1):uint(),
    num = buffer(at + 14, 2):le_uint(),
    code = buffer(at + 16, 2):le_uint(),
    class = class,
    length = length,
    offset = length == 24 and buffer(at + 20, 4):le_uint() or 0,
  }
end

local function wait_for(pinfo, at, count)
  pinfo.desegment_offset = at
  pinfo.desegment_len = count
end

-- Reads whole messages and asks for what is missing of the last.
function baichuan.dissector(buffer, pinfo, tree)
  local head = buffer(0, math.min(4, buffer:len())):raw()
  if BC_MAGIC:sub(1, #head) ~= head and BC_MAGIC_DEVICE:sub(1, #head) ~= head then return 0 end
  pinfo.cols.protocol = "Baichuan"
  local at, info = 0, {}
  while at < buffer:len() do
    local header = header_at(buffer, at)
    if header == false then
      tree:add(baichuan, buffer(at))
        :add_proto_expert_info(malformed, "no Baichuan message begins here")
      break
    end
    if header == nil then
      wait_for(pinfo, at, DESEGMENT_ONE_MORE_SEGMENT)
      break
    end
    local missing = at + header.length + header.len - buffer:len()
    if missing > 0 then
      wait_for(pinfo, at, missing)
      break
    end
    info[#info + 1] = show(buffer(at):tvb(), header, pinfo, tree)
    at = at + header.length + header.len
  end
  local text = table.concat(info, ", ")
  if pinfo.private["baichuan_stream"] then
    pinfo.cols.info:append(", " .. text)
  elseif text ~= "" then
    pinfo.cols.info = text
  end
  return buffer:len()
end

baichuan:register_heuristic("tcp", function(buffer, pinfo, tree)
  if buffer:len() < 4 or not starts_message(buffer(0, 4):raw()) then return false end
  pinfo.conversation = baichuan
  baichuan.dissector(buffer, pinfo, tree)
  return true
end)
