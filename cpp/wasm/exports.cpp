// The kernels for JavaScript: functions over plain numbers and addresses, which the WebAssembly module exports.
//
// `core.mjs` beside it is the other side. Records (a plan, a layer, a run) are written by JavaScript straight into
// memory; where each of their fields is, which is not the same as on 64-bit machines, it learns from `fields` below.
#include <stddef.h>

#include "plan.hpp"

extern "C" const PellucidKernels* pellucid_kernels_wasm(int wide);

namespace {

const PellucidKernels& kernels(int wide) { return *pellucid_kernels_wasm(wide); }

enum Kind : int { INT, UNSIGNED, LONG, DOUBLE, ADDRESS };

template <class>
constexpr Kind KIND = ADDRESS;
template <>
constexpr Kind KIND<int> = INT;
template <>
constexpr Kind KIND<unsigned> = UNSIGNED;
template <>
constexpr Kind KIND<long long> = LONG;
template <>
constexpr Kind KIND<double> = DOUBLE;

template <class T>
struct ItemOf {
    using type = T;
};
template <class T, size_t N>
struct ItemOf<T[N]> {
    using type = T;
};

struct Field {
    const char *record, *name;
    int offset, kind, count;  // count: more than 1 in an array
};

#define FIELD(record, name)                                                                                  \
    {#record, #name, offsetof(Pellucid##record, name), KIND<ItemOf<decltype(Pellucid##record::name)>::type>, \
     sizeof(Pellucid##record::name) / sizeof(ItemOf<decltype(Pellucid##record::name)>::type)}

// A field without a name says how large the record is.
const Field fields[] = {
    {"Layer", "", sizeof(PellucidLayer), INT, 0},
    FIELD(Layer, rule),
    FIELD(Layer, activation),
    FIELD(Layer, n_in),
    FIELD(Layer, n_out),
    FIELD(Layer, bias),
    FIELD(Layer, key),
    FIELD(Layer, alpha),
    FIELD(Layer, l1),
    FIELD(Layer, l2),
    FIELD(Layer, max_norm),
    FIELD(Layer, rate),
    FIELD(Layer, sees),
    FIELD(Layer, unit),
    FIELD(Layer, mask),
    {"Unit", "", sizeof(PellucidUnit), INT, 0},
    FIELD(Unit, activation),
    FIELD(Unit, alpha),
    FIELD(Unit, steepness),
    {"Plan", "", sizeof(PellucidPlan), INT, 0},
    FIELD(Plan, n_layers),
    FIELD(Plan, loss),
    FIELD(Plan, optimizer),
    FIELD(Plan, n_slots),
    FIELD(Plan, batch),
    FIELD(Plan, shuffle),
    FIELD(Plan, mean),
    FIELD(Plan, members),
    FIELD(Plan, shuffle_key),
    FIELD(Plan, n_rows),
    FIELD(Plan, delta),
    FIELD(Plan, clip),
    FIELD(Plan, option),
    FIELD(Plan, layer),
    {"Data", "", sizeof(PellucidData), INT, 0},
    FIELD(Data, X),
    FIELD(Data, Y),
    FIELD(Data, weights),
    {"Run", "", sizeof(PellucidRun), INT, 0},
    FIELD(Run, steps),
    FIELD(Run, epochs),
    FIELD(Run, numbers),
    FIELD(Run, stride),
    FIELD(Run, losses),
    FIELD(Run, penalties),
    FIELD(Run, steps_done),
    FIELD(Run, epochs_done),
    FIELD(Run, diverged),
};

}  // namespace

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

EXPORT(fields) const void* exported_fields() { return fields; }
EXPORT(field_count) int field_count() { return sizeof fields / sizeof fields[0]; }

// `wide` says which number type: 1 float64, 0 float32. See PellucidKernels for what each function does.
EXPORT(session_bytes) double session_bytes(int wide, const PellucidPlan* plan) {
    return double(kernels(wide).session_bytes(plan));
}
EXPORT(begin) void begin(int wide, void* session, const PellucidPlan* plan, const PellucidData* data) {
    kernels(wide).begin(session, plan, data);
}
EXPORT(write) void write(int wide, void* session, int layer, int which, int slot, const void* from) {
    kernels(wide).write(session, layer, which, slot, from);
}
EXPORT(read) void read(int wide, const void* session, int moment, int layer, int which, int slot, void* to) {
    kernels(wide).read(session, moment, layer, which, slot, to);
}
EXPORT(run) void run(int wide, void* session, PellucidRun* run, double epoch) {
    kernels(wide).run(session, nullptr, 0, run, (long long)epoch);
}
EXPORT(take_back) int take_back(int wide, void* session) { return kernels(wide).take_back(session); }
EXPORT(model_bytes) double model_bytes(int wide, const PellucidPlan* plan) {
    return double(kernels(wide).model_bytes(plan));
}
EXPORT(model_begin) void model_begin(int wide, void* model, const PellucidPlan* plan) {
    kernels(wide).model_begin(model, plan);
}
EXPORT(model_write) void model_write(int wide, void* model, int layer, int which, const void* from) {
    kernels(wide).model_write(model, layer, which, from);
}
EXPORT(scratch_bytes) double scratch_bytes(int wide, const void* model, double rows) {
    return double(kernels(wide).scratch_bytes(model, (long long)rows));
}
EXPORT(predict) void predict(int wide, const void* model, void* scratch, const void* X, double rows, void* out) {
    kernels(wide).predict(model, scratch, X, (long long)rows, out);
}
