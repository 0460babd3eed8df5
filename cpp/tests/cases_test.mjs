// node cases_test.mjs WASM CASES: the cases that cases_test.cpp runs natively, in WebAssembly.
import { readFileSync } from "node:fs";

import { Core, Model, Training } from "../wasm/core.mjs";

const MOMENT_NOW = 0;
const PARAMETER = -1; // the slot that is the parameter itself

const [wasm, cases] = process.argv.slice(2);
let failures = 0;

function check(truth, what) {
  if (truth) return;
  failures++;
  console.log(`FAILED: ${what}`);
}

function compare(got, want, tolerance, what) {
  const errors = want.map((value, i) => Math.abs(got[i] - value) / Math.max(1, Math.abs(value)));
  const worst = Math.max(0, ...errors); // NaN stays
  check(got.length === want.length && worst <= tolerance, `${what} is off by ${worst / tolerance} tolerances`);
}

function named({ layer, which, slot }) {
  return `${which ? "b" : "W"}${layer + 1} slot ${slot}`;
}

// A case in two calls, the second from wherever the first stopped; before them a step that is taken back.
function train(core, given) {
  const where = `${given.name}: `;
  const training = new Training(core, given.dtype, given.layers, given.plan, given.X, given.Y, given.weights);
  for (const { layer, which, slot, values } of given.written) training.write(layer, which, slot, values);
  if (given.plan.batch < given.plan.n_rows) {
    training.run(given.numbers.slice(0, 1), 1, 0);
    check(training.takeBack(), `${where}nothing to take back`);
  }
  check(!training.takeBack(), `${where}something to take back`);
  const cut = Math.floor(given.numbers.length / 3);
  const first = training.run(given.numbers.slice(0, cut), given.epochs, 0);
  const second = training.run(given.numbers.slice(cut), given.epochs - first.epochs, first.epochs);
  check(!first.diverged && !second.diverged, `${where}diverged`);
  check(first.steps + second.steps === given.numbers.length, `${where}did not end`);
  compare([...first.losses, ...second.losses], given.losses, given.tolerance, `${where}the losses`);
  compare([...first.penalties, ...second.penalties], given.penalties, given.tolerance, `${where}the penalties`);
  for (const entry of given.final)
    compare(training.read(MOMENT_NOW, entry.layer, entry.which, entry.slot), entry.values, given.tolerance, where + named(entry));
}

function answer(core, given) {
  const model = new Model(core, given.dtype, given.layers);
  for (const { layer, which, slot, values } of given.final) if (slot === PARAMETER) model.write(layer, which, values);
  compare(model.answer(given.X, given.plan.n_rows), given.answers, given.tolerance, `${given.name}: the answers`);
}

const module = readFileSync(wasm);
for (const given of JSON.parse(readFileSync(cases, "utf8")).cases) {
  const before = failures;
  const core = await Core.load(module);
  train(core, given);
  answer(core, given);
  console.log(given.name.padEnd(40), failures === before ? "passed" : "FAILED");
}
process.exit(failures ? 1 : 0);
