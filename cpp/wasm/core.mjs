// The kernels in JavaScript: records and arrays in the module's memory, a training, and a network that answers.
//
// As in C++ the kernels check nothing; whoever calls this must hand over plans that could be run (cpp/host/check.cpp
// says what that means).

const KINDS = [
  { bytes: 4, set: "setInt32", get: "getInt32" },
  { bytes: 4, set: "setUint32", get: "getUint32" },
  { bytes: 8, set: "setBigInt64", get: "getBigInt64" },
  { bytes: 8, set: "setFloat64", get: "getFloat64" },
  { bytes: 4, set: "setUint32", get: "getUint32" },
];
const PAGE = 65536;

// The module and its memory. Memory is handed out in order and never given back: one instance for one use, as in a test
// or behind one page. It is zero at first, as the kernels ask for.
export class Core {
  static async load(bytes) {
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new Core(instance.exports);
  }

  constructor(functions) {
    this.functions = functions;
    this.end = functions.__heap_base.value;
    this.records = this.#records();
  }

  get view() {
    return new DataView(this.functions.memory.buffer);
  }

  // Zeroed memory of so many bytes, on a cache line of its own.
  room(bytes) {
    const at = Math.ceil(this.end / 64) * 64;
    this.end = at + bytes;
    const lacking = this.end - this.functions.memory.buffer.byteLength;
    if (lacking > 0) this.functions.memory.grow(Math.ceil(lacking / PAGE));
    return at;
  }

  // Numbers of one type ("float64" or "float32") in memory: their address.
  put(dtype, numbers) {
    const kind = dtype === "float64" ? Float64Array : Float32Array;
    const at = this.room(numbers.length * kind.BYTES_PER_ELEMENT);
    new kind(this.functions.memory.buffer, at, numbers.length).set(numbers);
    return at;
  }

  // And out of it again, as a copy.
  take(dtype, at, n) {
    const kind = dtype === "float64" ? Float64Array : Float32Array;
    return new kind(this.functions.memory.buffer, at, n).slice();
  }

  // Writes one of plan.hpp's records ("Plan", "Layer", "Data", "Run") at an address, or at a new one.
  write(record, values, at = this.room(this.records[record].size)) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.records[record].fields[name];
      if (!field) throw new Error(`${record} has no field ${name}`);
      const { bytes, set } = KINDS[field.kind];
      const items = Array.isArray(value) ? value : [value];
      if (items.length > field.count) throw new Error(`${record}.${name} holds ${field.count} values, not ${items.length}`);
      items.forEach((item, i) => {
        this.view[set](at + field.offset + i * bytes, bytes === 8 && set === "setBigInt64" ? BigInt(item) : item, true);
      });
    }
    return at;
  }

  // One field of a record.
  read(record, name, at) {
    const field = this.records[record].fields[name];
    return Number(this.view[KINDS[field.kind].get](at + field.offset, true));
  }

  // The layers as one array of records. `unit`, where units differ, is an array of records, and `mask` one of 0 and 1.
  layers(layers) {
    const places = layers.map(({ unit, mask, ...layer }) => ({
      ...layer,
      unit: unit ? this.#array("Unit", unit) : 0,
      mask: mask ? this.#bytes(mask) : 0,
    }));
    return this.#array("Layer", places);
  }

  #array(record, items) {
    const { size } = this.records[record];
    const at = this.room(size * items.length);
    items.forEach((item, i) => this.write(record, item, at + i * size));
    return at;
  }

  #bytes(numbers) {
    const at = this.room(numbers.length);
    new Uint8Array(this.functions.memory.buffer, at, numbers.length).set(numbers);
    return at;
  }

  #records() {
    const records = {};
    for (let i = 0; i < this.functions.field_count(); i++) {
      const at = this.functions.fields() + i * 20;
      const [record, name, offset, kind, count] = [0, 4, 8, 12, 16].map((place) => this.view.getUint32(at + place, true));
      const of = (records[this.#text(record)] ??= { size: 0, fields: {} });
      if (count === 0) of.size = offset;
      else of.fields[this.#text(name)] = { offset, kind, count };
    }
    return records;
  }

  #text(at) {
    const bytes = new Uint8Array(this.functions.memory.buffer);
    return new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  }
}

const wide = (dtype) => (dtype === "float64" ? 1 : 0);

// A training under way. `plan` and `layers` have the fields of plan.hpp; X, Y and weights are plain arrays of numbers.
export class Training {
  constructor(core, dtype, layers, plan, X, Y, weights = null) {
    Object.assign(this, { core, dtype, layers });
    const record = core.write("Plan", { ...plan, n_layers: layers.length, members: 1, layer: core.layers(layers) });
    const data = core.write("Data", {
      X: core.put(dtype, X),
      Y: core.put(dtype, Y),
      weights: weights ? core.put(dtype, weights) : 0,
    });
    this.session = core.room(core.functions.session_bytes(wide(dtype), record));
    core.functions.begin(wide(dtype), this.session, record, data);
  }

  write(layer, which, slot, values) {
    this.core.functions.write(wide(this.dtype), this.session, layer, which, slot, this.core.put(this.dtype, values));
  }

  read(moment, layer, which, slot) {
    const { n_in, n_out } = this.layers[layer];
    const n = which ? n_out : n_in * n_out;
    const at = this.core.put(this.dtype, new Array(n).fill(0));
    this.core.functions.read(wide(this.dtype), this.session, moment, layer, which, slot, at);
    return this.core.take(this.dtype, at, n);
  }

  // Trains from `epoch` on; `numbers` holds three for each step, as plan.hpp has them.
  run(numbers, epochs, epoch) {
    const { core } = this;
    const [losses, penalties] = [1, 2].map(() => core.put("float64", new Array(epochs).fill(0)));
    const record = core.write("Run", {
      steps: numbers.length,
      epochs,
      numbers: core.put("float64", numbers.flat()),
      stride: 3,
      losses,
      penalties,
    });
    core.functions.run(wide(this.dtype), this.session, record, epoch);
    const ended = core.read("Run", "epochs_done", record);
    return {
      steps: core.read("Run", "steps_done", record),
      epochs: ended,
      diverged: core.read("Run", "diverged", record) !== 0,
      losses: [...core.take("float64", losses, ended)],
      penalties: [...core.take("float64", penalties, ended)],
    };
  }

  // Gives the epoch under way up; whether there was one.
  takeBack() {
    return this.core.functions.take_back(wide(this.dtype), this.session) !== 0;
  }
}

// A network that answers.
export class Model {
  constructor(core, dtype, layers) {
    Object.assign(this, { core, dtype, layers });
    const record = core.write("Plan", { n_layers: layers.length, layer: core.layers(layers) });
    this.model = core.room(core.functions.model_bytes(wide(dtype), record));
    core.functions.model_begin(wide(dtype), this.model, record);
  }

  write(layer, which, values) {
    this.core.functions.model_write(wide(this.dtype), this.model, layer, which, this.core.put(this.dtype, values));
  }

  answer(X, rows) {
    const { core, dtype } = this;
    const n = rows * this.layers.at(-1).n_out;
    const scratch = core.room(core.functions.scratch_bytes(wide(dtype), this.model, rows));
    const out = core.put(dtype, new Array(n).fill(0));
    core.functions.predict(wide(dtype), this.model, scratch, core.put(dtype, X), rows, out);
    return core.take(dtype, out, n);
  }
}
