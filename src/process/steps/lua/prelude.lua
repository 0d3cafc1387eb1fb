-- SPDX-License-Identifier: Apache-2.0
-- The Lua side of the lua step: columns as FFI views, state in place, output into typed buffers.
--
-- One call of `run` goes through all segments of a batch, so that LuaJIT compiles the loop over days
-- together with the user's function. Nothing here allocates per cell but what the value itself is
-- (a string, a decimal).
local ffi = require("ffi")
local C = ... -- what C offers: functions as cdata (filled by bind below), see lua_worker.c

ffi.cdef [[
typedef struct { int64_t low; int64_t high; int32_t scale; int32_t unused; } tide_lua_decimal;
typedef struct {
    const uint8_t *validity; const uint8_t *data; const int32_t *offsets;
    int32_t scale; int32_t unused;
} tide_lua_column;
typedef struct { uint32_t series; int32_t day; int64_t begin, end; bool first, last;
                 int64_t rows_before; } tide_lua_segment;
typedef struct {
    uint8_t is_null; uint8_t pad[15];
    union {
        uint8_t boolean; int64_t integer; double number; int64_t words[2]; uint8_t uuid[16];
        struct { const char *data; size_t size; } bytes;
    } as;
} tide_lua_value;
typedef struct {
    tide_lua_column *columns;
    tide_lua_segment *segments; int64_t segment_count;
    tide_lua_value *state; int64_t state_stride;
    int64_t at_segment; int64_t at_row; /* where it is, for errors */
    int64_t output_count;
} tide_lua_call;
typedef struct {
    int (*add)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*subtract)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*multiply)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*divide)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*compare)(const tide_lua_decimal *, const tide_lua_decimal *);
    int (*parse)(const char *, size_t, tide_lua_decimal *);
    int (*print)(const tide_lua_decimal *, char *);
    int (*fit)(const tide_lua_decimal *, int precision, int scale, int64_t *words);
    int (*round)(const tide_lua_decimal *, int scale, tide_lua_decimal *);
    double (*to_double)(const tide_lua_decimal *);
    int (*set_bytes)(tide_lua_value *, const char *, size_t);
    int (*print_uuid)(const uint8_t *, char *);
    int (*parse_uuid)(const char *, size_t, uint8_t *);
    int (*print_day)(int32_t, char *);
    int (*print_instant)(int64_t, char *);
    int (*check_text)(const char *, size_t);
    const char *(*refuse_json)(const char *, size_t);
} tide_lua_functions;
]]

local fn = ffi.cast("tide_lua_functions *", C.functions)
local text_buffer = ffi.new("char[64]")
local EXACT_MAX = 9007199254740992 -- 2^53

-- --- decimals -------------------------------------------------------------------------------

local decimal_t
local problems = { [1] = "is not a number", [2] = "has more digits than its type holds",
                   [3] = "has digits beyond its scale", [4] = "is a division by zero" }

-- level 1 blames the caller of the function that fails, 2 the caller's caller ...; 0 nobody: for what
-- is noticed when the script is not running any more.
local function fail(level, ...)
  error(string.format(...), level == 0 and 0 or level + 2)
end

local function to_decimal(value)
  if ffi.istype(decimal_t, value) then
    return value
  end
  local text
  if type(value) == "number" then
    if value ~= math.floor(value) or value >= EXACT_MAX or value <= -EXACT_MAX then
      fail(2, "%s is not exact: write decimal('%s')", tostring(value), tostring(value))
    end
    text = string.format("%.0f", value)
  elseif type(value) == "string" then
    text = value
  elseif ffi.istype("int64_t", value) then
    text = tostring(value):gsub("LL$", "")
  else
    fail(2, "a %s is not a decimal", type(value))
  end
  local out = decimal_t()
  local problem = fn.parse(text, #text, out)
  if problem ~= 0 then
    fail(2, "'%s' %s", text, problems[problem])
  end
  return out
end

local function operator(name, verb)
  return function(a, b)
    a, b = to_decimal(a), to_decimal(b)
    local out = decimal_t()
    local problem = fn[name](a, b, out)
    if problem ~= 0 then
      fail(1, "the %s of decimals %s", verb, problems[problem])
    end
    return out
  end
end

-- Not by `==`, which would come back here.
local function is_numeric(value)
  return type(value) == "number" or ffi.istype(decimal_t, value) or ffi.istype("int64_t", value)
end

decimal_t = ffi.metatype("tide_lua_decimal", {
  __add = operator("add", "sum"),
  __sub = operator("subtract", "difference"),
  __mul = operator("multiply", "product"),
  __div = operator("divide", "quotient"),
  __unm = function(a)
    local out = decimal_t()
    fn.subtract(decimal_t(), a, out)
    return out
  end,
  __eq = function(a, b)
    if not (is_numeric(a) and is_numeric(b)) then
      return false
    end
    return fn.compare(to_decimal(a), to_decimal(b)) == 0
  end,
  __lt = function(a, b) return fn.compare(to_decimal(a), to_decimal(b)) < 0 end,
  __le = function(a, b) return fn.compare(to_decimal(a), to_decimal(b)) <= 0 end,
  __tostring = function(a) return ffi.string(text_buffer, fn.print(a, text_buffer)) end,
  __index = {
    round = function(a, scale)
      scale = scale or 0
      if type(scale) ~= "number" or scale ~= math.floor(scale) or scale < 0 or scale > 38 then
        fail(1, "round: %s is not a number of digits from 0 to 38", tostring(scale))
      end
      local out = decimal_t()
      local problem = fn.round(a, scale, out)
      if problem ~= 0 then
        fail(1, "the rounded decimal %s", problems[problem])
      end
      return out
    end,
    tonumber = function(a) return fn.to_double(a) end,
  },
})

-- --- reading cells --------------------------------------------------------------------------

local band, rshift = bit.band, bit.rshift

local function is_null(column, row)
  return column.validity ~= nil and
    band(rshift(column.validity[rshift(row, 3)], band(row, 7)), 1) == 0
end

-- Each gives get(column, row) for a row counted from 0.
local readers = {}
function readers.bool()
  return function(column, row)
    if is_null(column, row) then return nil end
    return band(rshift(column.data[rshift(row, 3)], band(row, 7)), 1) == 1
  end
end
local function fixed(ctype)
  local pointer = ffi.typeof(ctype .. " const *")
  return function()
    return function(column, row)
      if is_null(column, row) then return nil end
      return ffi.cast(pointer, column.data)[row]
    end
  end
end
readers.int32, readers.date, readers.double = fixed("int32_t"), fixed("int32_t"), fixed("double")
local function int64_number(value)
  if value > EXACT_MAX or value < -EXACT_MAX then
    error("the int64 " .. tostring(value):gsub("LL$", "") ..
          " is beyond 2^53: set `int64: exact` for this step", 0)
  end
  return tonumber(value)
end
local function time_of(value)
  return ffi.string(text_buffer, fn.print_instant(value, text_buffer))
end
-- After 2255 numbers skip microseconds, but the whole seconds of all years are among them.
local function instant_number(value)
  local number = tonumber(value)
  if number ~= value then
    error("the time " .. time_of(value) .. " has more digits than a number holds: " ..
          "date_trunc('second', ...) in a `derive` before this step would cut them", 0)
  end
  return number
end
local function int64_reader(convert)
  local pointer = ffi.typeof("int64_t const *")
  return function(column, row)
    if is_null(column, row) then return nil end
    local value = ffi.cast(pointer, column.data)[row]
    if convert then return convert(value) end
    return value
  end
end
function readers.int64(exact) return int64_reader(not exact and int64_number) end
function readers.timestamp() return int64_reader(instant_number) end
function readers.decimal()
  local pointer = ffi.typeof("int64_t const *")
  return function(column, row)
    if is_null(column, row) then return nil end
    local words = ffi.cast(pointer, column.data)
    return decimal_t(words[2 * row], words[2 * row + 1], column.scale)
  end
end
local function bytes_reader()
  return function(column, row)
    if is_null(column, row) then return nil end
    local from = column.offsets[row]
    return ffi.string(column.data + from, column.offsets[row + 1] - from)
  end
end
readers.text, readers.bytes, readers.json = bytes_reader, bytes_reader, bytes_reader
function readers.uuid()
  return function(column, row)
    if is_null(column, row) then return nil end
    return ffi.string(text_buffer, fn.print_uuid(column.data + 16 * row, text_buffer))
  end
end

-- --- state cells ----------------------------------------------------------------------------

-- What scripts hand over, checked; the errors blame nobody, since the script has returned.

local function mismatch(name, value, wanted)
  fail(0, "%s: a %s is not %s", name, type(value), wanted)
end

local function whole(name, value, low, high, range)
  if type(value) ~= "number" then
    mismatch(name, value, "a number")
  end
  if value ~= math.floor(value) or value < low or value > high then
    fail(0, "%s: %.17g is not a whole number within %s", name, value, range)
  end
  return value
end

local function to_int32(name, value)
  return whole(name, value, -2147483648, 2147483647, "int32")
end

local function to_int64(name, value)
  if ffi.istype("int64_t", value) then return value end
  return whole(name, value, -EXACT_MAX, EXACT_MAX, "2^53 (larger ones as int64_t)")
end

-- The years -9999 to 9999.
local INSTANT_MIN, INSTANT_MAX = -377705116800000000LL, 253402300799999999LL
local function to_instant(name, value)
  if not ffi.istype("int64_t", value) then
    value = ffi.cast("int64_t", whole(name, value, -4e17, 4e17, "the years -9999 to 9999 (microseconds)"))
  end
  if value < INSTANT_MIN or value > INSTANT_MAX then
    fail(0, "%s: %s is no time of the years -9999 to 9999", name, tostring(value))
  end
  return value
end

local function to_bytes(name, value)
  if type(value) ~= "string" then
    mismatch(name, value, "a string")
  end
  return value
end

local function to_text(name, value)
  if fn.check_text(to_bytes(name, value), #value) ~= 0 then
    fail(0, "%s: a text that is not UTF-8 or holds U+0000", name)
  end
  return value
end

local function to_json(name, value)
  local refusal = fn.refuse_json(to_text(name, value), #value)
  if refusal ~= nil then
    fail(0, "%s: the string %s", name, ffi.string(refusal))
  end
  return value
end

local function to_number(name, value)
  if type(value) == "number" then return value end
  if ffi.istype("int64_t", value) then return tonumber(value) end
  mismatch(name, value, ffi.istype(decimal_t, value) and
           "a number (a decimal has :tonumber())" or "a number")
end

local function to_words(spec, value, words)
  local exact = to_decimal(value)
  local problem = fn.fit(exact, spec.precision, spec.scale, words)
  if problem ~= 0 then
    fail(0, "%s: %s %s: decimal(%d,%d)%s", spec.name, tostring(exact), problems[problem],
         spec.precision, spec.scale, problem == 3 and " (:round(scale) rounds)" or "")
  end
end

local function to_boolean(name, value)
  if type(value) ~= "boolean" then
    mismatch(name, value, "true or false")
  end
  return value
end

local function to_uuid(name, value, uuid)
  to_bytes(name, value)
  if fn.parse_uuid(value, #value, uuid) ~= 0 then
    fail(0, "%s: '%s' is not a uuid", name, value)
  end
end

local function set_bytes(cell, value)
  if fn.set_bytes(cell, value, #value) ~= 0 then
    error("out of memory", 0)
  end
end

-- get reads a cell that is not null. settle makes of a value what set and get would make of it.
local scratch_words, scratch_uuid = ffi.new("int64_t[2]"), ffi.new("uint8_t[16]")
local function get_bytes(_, cell) return ffi.string(cell.as.bytes.data, cell.as.bytes.size) end
local function set_string(_, cell, v) set_bytes(cell, v) end
local function settle_int32(spec, v) return to_int32(spec.name, v) + 0 end -- of -0: 0
local function print_uuid(uuid)
  return ffi.string(text_buffer, fn.print_uuid(uuid, text_buffer))
end
local cells = {
  bool = {
    get = function(_, cell) return cell.as.boolean ~= 0 end,
    set = function(_, cell, v) cell.as.boolean = v and 1 or 0 end,
    settle = function(spec, v) return to_boolean(spec.name, v) end,
  },
  int32 = {
    get = function(_, cell) return tonumber(cell.as.integer) end,
    set = function(_, cell, v) cell.as.integer = v end,
    settle = settle_int32,
  },
  int64 = {
    get = function(spec, cell)
      if spec.exact then return cell.as.integer + 0LL end
      return int64_number(cell.as.integer)
    end,
    set = function(_, cell, v) cell.as.integer = v end,
    settle = function(spec, v)
      v = to_int64(spec.name, v)
      if spec.exact then return v + 0LL end
      return (type(v) == "number" and v or int64_number(v)) + 0
    end,
  },
  double = {
    get = function(_, cell) return cell.as.number end,
    set = function(_, cell, v) cell.as.number = v end,
    settle = function(spec, v) return to_number(spec.name, v) end,
  },
  decimal = {
    get = function(spec, cell)
      return decimal_t(cell.as.words[0], cell.as.words[1], spec.scale)
    end,
    set = function(spec, cell, v) to_words(spec, v, cell.as.words) end,
    settle = function(spec, v)
      to_words(spec, v, scratch_words)
      return decimal_t(scratch_words[0], scratch_words[1], spec.scale)
    end,
  },
  text = { get = get_bytes, set = set_string,
           settle = function(spec, v) return to_text(spec.name, v) end },
  json = { get = get_bytes, set = set_string,
           settle = function(spec, v) return to_json(spec.name, v) end },
  bytes = { get = get_bytes, set = set_string,
            settle = function(spec, v) return to_bytes(spec.name, v) end },
  uuid = {
    get = function(_, cell) return print_uuid(cell.as.uuid) end,
    set = function(spec, cell, v) to_uuid(spec.name, v, cell.as.uuid) end,
    settle = function(spec, v)
      to_uuid(spec.name, v, scratch_uuid)
      return print_uuid(scratch_uuid)
    end,
  },
  timestamp = {
    get = function(_, cell) return instant_number(cell.as.integer) end,
    set = function(_, cell, v) cell.as.integer = v end,
    settle = function(spec, v) return instant_number(to_instant(spec.name, v)) end,
  },
}
cells.date = cells.int32

local function load_state(specs, state, base)
  for i = 1, #specs do
    local spec, cell = specs[i], base + (i - 1)
    if cell.is_null ~= 0 then
      state[spec.name] = nil
    else
      state[spec.name] = spec.cell.get(spec, cell)
    end
  end
end

-- After each call: what the script finds next time is what the columns hold, as it would after a
-- commit, a spill or a kill in between. How days are batched can't be told from it.
local function settle_state(specs, names, state)
  for name in next, state do
    if not names[name] then
      fail(0, "state has no column `%s`: declare it under `state:`", tostring(name))
    end
  end
  for i = 1, #specs do
    local spec = specs[i]
    local value = state[spec.name]
    if value ~= nil then
      state[spec.name] = spec.cell.settle(spec, value)
    end
  end
end

local function store_state(specs, state, base)
  for i = 1, #specs do
    local spec, cell = specs[i], base + (i - 1)
    local value = state[spec.name]
    if value ~= nil then
      spec.cell.set(spec, cell, value)
      cell.is_null = 0
    else
      cell.is_null = 1
    end
  end
end

-- --- output buffers -------------------------------------------------------------------------

-- A buffer holds one column of the rows that user code has returned: slots of 8 bytes (decimal and
-- uuid: 16), or strings in a Lua table.
local writers = {}
function writers.bool(spec, buffer, n, v) buffer.slots[n] = to_boolean(spec.name, v) and 1 or 0 end
function writers.int32(spec, buffer, n, v) buffer.slots[n] = to_int32(spec.name, v) end
function writers.int64(spec, buffer, n, v) buffer.slots[n] = to_int64(spec.name, v) end
function writers.double(spec, buffer, n, v) buffer.numbers[n] = to_number(spec.name, v) end
function writers.decimal(spec, buffer, n, v) to_words(spec, v, buffer.slots + 2 * n) end
function writers.text(spec, buffer, n, v) buffer.strings[n] = to_text(spec.name, v) end
function writers.bytes(spec, buffer, n, v) buffer.strings[n] = to_bytes(spec.name, v) end
function writers.uuid(spec, buffer, n, v)
  to_uuid(spec.name, v, ffi.cast("uint8_t *", buffer.slots + 2 * n))
end
writers.date = writers.int32
function writers.timestamp(spec, buffer, n, v) buffer.slots[n] = to_instant(spec.name, v) end
function writers.json(spec, buffer, n, v) buffer.strings[n] = to_json(spec.name, v) end

local function grow(buffer, capacity)
  local wide = buffer.wide
  local slots = ffi.new("int64_t[?]", capacity * wide)
  local nulls = ffi.new("uint8_t[?]", capacity)
  if buffer.slots ~= nil then
    ffi.copy(slots, buffer.slots, 8 * wide * buffer.capacity)
    ffi.copy(nulls, buffer.nulls, buffer.capacity)
  end
  buffer.owner, buffer.nulls, buffer.capacity = slots, nulls, capacity
  buffer.slots = ffi.cast("int64_t *", slots)
  buffer.numbers = ffi.cast("double *", slots)
end

-- --- the user's script ----------------------------------------------------------------------

decimal = function(value)
  local made = to_decimal(value)
  return made
end
function date_text(value)
  if value == nil then return nil end
  if type(value) ~= "number" or value ~= math.floor(value) or math.abs(value) > 2147483647 then
    fail(1, "date_text: %s is no number of days", tostring(value))
  end
  return ffi.string(text_buffer, fn.print_day(value, text_buffer))
end
function time_text(value)
  if value == nil then return nil end
  if not ffi.istype("int64_t", value) and
     (type(value) ~= "number" or value ~= math.floor(value) or math.abs(value) > 4e17) then
    fail(1, "time_text: %s is no number of microseconds", tostring(value))
  end
  return time_of(value)
end

-- The program, its locale and its processes are not the script's; standard output is the program's.
os.exit, os.execute, os.setlocale, io.popen = nil, nil, nil, nil
newproxy = nil -- an error in its finalizer, thrown through compiled code, would end the process
io.output(io.stderr)
function print(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  io.stderr:write(table.concat(parts, "\t"), "\n")
end

local M = {}

-- Reads a description made by C: {name, type, precision, scale} per column.
local function specs_of(list, exact)
  local specs, names = {}, {}
  for i, item in ipairs(list) do
    local spec = { name = item[1], type = item[2], precision = item[3], scale = item[4],
                   exact = exact }
    spec.cell = cells[spec.type]
    specs[i], names[spec.name] = spec, true
  end
  return specs, names
end

local function make_columns(inputs, view)
  local columns, getters = {}, {}
  for i, spec in ipairs(inputs) do
    local get = readers[spec.type](spec.exact)
    local number = i - 1
    getters[spec.name] = function(row) return get(view.call.columns + number, row) end
    columns[spec.name] = setmetatable({}, {
      __index = function(_, i)
        if type(i) ~= "number" or i < 1 or i > view.n then return nil end
        return get(view.call.columns + number, view.base + (i - 1))
      end,
      __newindex = function() error("rows can't be changed", 2) end,
      __len = function() return view.n end,
    })
  end
  return columns, getters
end

local function nearest_hint(names)
  local list = {}
  for name in pairs(names) do list[#list + 1] = name end
  table.sort(list)
  return table.concat(list, ", ")
end

-- options: inputs, state, outputs (descriptions), exact. Returns run(call) and drain tables.
function M.bind(script, options)
  local inputs = specs_of(options.inputs, options.exact)
  local states, state_names = specs_of(options.state, options.exact)
  local outputs, output_names = specs_of(options.outputs, options.exact)
  local view = { call = nil, base = 0, n = 0 }
  local columns, getters = make_columns(inputs, view)
  local buffers, count, capacity = {}, 0, 0
  for i, spec in ipairs(outputs) do
    local wide = (spec.type == "decimal" or spec.type == "uuid") and 2 or 1
    buffers[i] = { wide = wide, capacity = 0, strings = {} }
    spec.write, spec.buffer = writers[spec.type], buffers[i]
  end

  local function emit_row(out)
    if count == capacity then
      capacity = capacity == 0 and 1024 or 2 * capacity
      for i = 1, #buffers do grow(buffers[i], capacity) end
    end
    for name in next, out do
      if not output_names[name] then
        fail(0, "output has no column `%s`; declared are: %s", tostring(name),
             nearest_hint(output_names))
      end
    end
    for i = 1, #outputs do
      local spec = outputs[i]
      local value = out[spec.name]
      if value == nil then
        spec.buffer.nulls[count] = 1
      else
        spec.buffer.nulls[count] = 0
        spec.write(spec, spec.buffer, count, value)
      end
    end
    count = count + 1
  end

  local function emit_list(list)
    local length = #list
    for i = 1, length do
      if type(list[i]) ~= "table" then
        fail(0, "item %d of the returned list is a %s, not a row", i, type(list[i]))
      end
      emit_row(list[i])
    end
    -- Behind a hole, rows would be lost; and so would what stands beside the list.
    for key in next, list do
      if type(key) ~= "number" or key < 1 or key > length or key ~= math.floor(key) then
        fail(0, "the returned list of %d rows also has a `%s`%s", length, tostring(key),
             type(key) == "number" and ": a list has no holes" or "")
      end
    end
  end

  local rows, record -- what the script is called with, made below
  local function emit(out, more)
    if more ~= nil then
      fail(0, "two values were returned: several rows are returned as a list")
    end
    if out == nil then return end
    if type(out) ~= "table" then
      fail(0, "a row or a list of rows is to be returned, not a %s", type(out))
    end
    if out == rows or out == record then
      fail(0, "what is returned is a new row: {name = r.name, ...}, not the one that came in")
    end
    if rawget(out, 1) ~= nil then
      emit_list(out)
    elseif next(out) ~= nil or #outputs == 0 then
      emit_row(out)
    end
  end

  rows = setmetatable({}, {
    __index = function(_, name)
      if name == "n" then return view.n end
      if name == "day" then return view.day end
      local column = columns[name]
      if column == nil then
        error("rows have no column `" .. tostring(name) .. "`", 2)
      end
      return column
    end,
    __newindex = function() error("rows can't be changed", 2) end,
  })
  local current = 0
  record = setmetatable({}, {
    __index = function(_, name)
      local get = getters[name]
      if get == nil then
        if name == "day" then return view.day end
        error("rows have no column `" .. tostring(name) .. "`", 2)
      end
      return get(current)
    end,
    __newindex = function() error("rows can't be changed", 2) end,
  })

  local day_form, row_form = script.day, script.row
  local state = {}

  local function run_segment(call, segment)
    local from, to = tonumber(segment.begin), tonumber(segment["end"])
    view.base, view.n, view.day = from, to - from, segment.day
    call.at_row = from
    if day_form then
      emit(day_form(rows, state))
      settle_state(states, state_names, state)
    else
      for row = from, to - 1 do
        call.at_row = row
        current = row
        emit(row_form(record, state))
        settle_state(states, state_names, state)
      end
    end
  end

  local function run(address)
    local call = ffi.cast("tide_lua_call *", address)
    view.call = call
    count = 0
    local loaded = -1 -- the series whose state is in `state`
    for s = 0, tonumber(call.segment_count) - 1 do
      local segment = call.segments[s]
      local before = count
      if segment["end"] > segment.begin then
        local series = segment.series
        if series ~= loaded then
          if loaded >= 0 then
            store_state(states, state, call.state + loaded * call.state_stride)
          end
          state = {}
          if #states > 0 then
            load_state(states, state, call.state + series * call.state_stride)
          end
          loaded = series
        end
        call.at_segment = s
        run_segment(call, segment)
      end
      segment.begin, segment["end"] = before, count
    end
    if loaded >= 0 then
      store_state(states, state, call.state + loaded * call.state_stride)
    end
    call.output_count = count
  end

  return run, buffers
end

-- The script as a chunk: a table with exactly one of the functions row and day.
function M.check(script)
  if type(script) ~= "table" then
    error("the script returns a " .. type(script) ..
          ", but a table with a function `row` or `day` is wanted", 0)
  end
  local row, day = type(script.row) == "function", type(script.day) == "function"
  if row == day then
    error(row and "the script has both `row` and `day`: only one of them is called"
              or "the script's table has neither a function `row` nor a function `day`", 0)
  end
  return day
end

return M
