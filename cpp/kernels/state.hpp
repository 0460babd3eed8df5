// What a training holds while it runs, and how its memory is laid out.
#pragma once

#include "weights.hpp"

namespace {

// Where training is. Each member keeps its own; all are equal after each step.
struct Cursor {
    i64 epoch, row;          // the row of the epoch's order at which the next batch begins
    int now, start, before;  // which copy holds the present, the start of the epoch, and that of the last one
    double loss, penalty, weight;
};

// A first layer whose panels of outputs are divided among the members instead of its rows: a member then multiplies by
// the same weights that it changes in the second half, which stay in its core's cache. 0 panels: it is not.
struct Columns {
    int panels, sum, activation;  // the first operation of each; activation -1: none
    int rest;                     // the first operation after them
};

// From so many weights on, to fetch half of them from another core takes longer than two more meetings.
constexpr i64 DIVIDED_FROM = 1 << 15;

// Places of a layer's values. z and a are one where z is not needed; mask is what dropout multiplies by.
struct LayerValues {
    Panels panels;
    i64 z, a, d, mask;
    i64 turned;  // weights from outputs to inputs, for the way back; -1 where none are needed
    i64 units;   // lists of what its units are, where they differ
};

// What the members find out together. There are two, for even and for odd steps, so that one can be read while the next
// is written.
struct Findings {
    double *losses, *penalties;  // by group of rows, by task
};

template <class T>
struct Session {
    PellucidPlan plan;
    PellucidData data;
    T* base;            // of all values
    i64 n_numbers;      // of all parameters, in one array or slot
    i64 chunk;          // rows that go through the layers together
    int first_trained;  // the first layer with parameters; no error goes further back
    LayerShape<T>* shapes;
    LayerValues* values;
    T* copies[3];
    Seen seen;
    Matrix<T> x, y;   // x: the first columns of what is seen by all, if any layer needs it
    i64 seen_errors;  // the errors of what is seen
    T* mask;          // of all weights, or null
    T* shares;
    Program<T> rows;
    Columns columns;
    TaskList<T> list;
    T* gradients;  // all of them, where the norm must be known before a step; else null
    T* scratch;    // a piece's gradient, for each member
    i64 scratch_size;
    Findings findings[2];
    double *largest, *squares;  // for clipping, by task
    double* finite;             // for each member: NaN where it met something not finite
    u32 *order, *counts;
    u32* words;  // a row's random words, for each member
    i64 words_size;
    Key* noise;  // sarprop: the step's stream of each layer; else null
    u64 *keys, *sorted;
    Cursor cursor;
    i64 steps;
    bool begun, turned_is_stale, penalised;

    INLINE bool full_batch() const { return plan.batch >= plan.n_rows; }
    INLINE T* array(int copy, int slot) const { return copies[copy] + (slot + 1) * n_numbers; }
    INLINE const T* weights() const { return static_cast<const T*>(data.weights); }
    INLINE i64 row_of(i64 place) const { return order ? order[place] : place; }
};

INLINE i64 groups_of(i64 rows) { return (rows + GROUP - 1) / GROUP; }

INLINE double loss_of(const Findings& found, i64 rows) {
    double loss = 0;
    for (i64 g = 0; g < groups_of(rows); g++) loss += found.losses[g];
    return loss;
}

// --- Memory --------------------------------------------------------------------------------------------------------

template <class T>
LayerValues place_values(const PellucidPlan& plan, const Seen& seen, int k, bool turns, Store& store) {
    const PellucidLayer& is = plan.layer[k];
    LayerValues at{};
    at.panels = panels_of<T>(is.n_out);
    const i64 size = plan.batch * at.panels.padded;
    at.a = at.z = store.place<T>(size);
    if (slope_needs_z(is)) at.a = store.place<T>(size);
    at.d = store.place<T>(size);
    if (is.rule == DROPOUT) at.mask = store.place<T>(size);
    at.turned = -1;
    if (turns && is.rule == DENSE && is.n_out > 1) {
        const Weights<T> turned{at.panels, inputs_of<T>(plan, seen, k), false};
        at.turned = store.place<T>(turned.size());
    }
    if (is.activation == BY_UNIT) at.units = store.place<T>(unit_numbers<T>(is));
    return at;
}

// At most so many operations and pieces: for each panel of a layer's values a sum, an error, and an activation and a
// slope of each kind; four copies to and from what is seen; and for each pair of panels a piece.
template <class T>
struct Most {
    i64 ops, pieces, in_piece, in_row;
};

template <class T>
Most<T> most_of(const PellucidPlan& plan, const Seen& seen) {
    Most<T> most{1, 0, 0, 0};
    for (int k = 0; k < plan.n_layers; k++) {
        const PellucidLayer& is = plan.layer[k];
        const Weights<T> shape = weights_of<T>(plan, seen, k);
        const i64 in = shape.in.count, out = shape.out.count;
        most.ops += out + in + 2 * kinds_of<T>(is) + 4;
        if (is.rule == DENSE) most.pieces += in * out;
        const i64 in_piece = most_in_piece(Weights<T>{shape.in, shape.out, true});
        if (is.rule == DENSE && in_piece > most.in_piece) most.in_piece = in_piece;
        if (is.rule == DROPOUT && is.n_in > most.in_row) most.in_row = is.n_in;
    }
    return most;
}

template <class T>
void lay_out(Session<T>& s, Store& store) {
    const PellucidPlan& plan = s.plan;
    const int last = plan.n_layers - 1;
    s.seen = seen_of<T>(plan);
    const Most<T> most = most_of<T>(plan, s.seen);
    s.base = reinterpret_cast<T*>(store.block);
    s.first_trained = plan.n_layers;
    for (int k = last; k >= 0; k--)
        if (plan.layer[k].rule == DENSE) s.first_trained = k;
    auto* own = store.take<PellucidLayer>(plan.n_layers);
    s.shapes = store.take<LayerShape<T>>(plan.n_layers);
    s.n_numbers = shape_layers<T>(plan, s.seen, s.shapes);
    for (auto& copy : s.copies) copy = store.take<T>(s.n_numbers * (1 + plan.n_slots));
    if (is_masked(plan)) s.mask = store.take<T>(s.n_numbers);
    const auto matrix = [&](const Panels& whole, const Panels& panels) {
        return Matrix<T>{store.take<T>(plan.batch * whole.padded), panels, plan.batch};
    };
    const Panels x = inputs_of<T>(plan, s.seen, 0), y = panels_of<T>(plan.layer[last].n_out);
    s.x = matrix(s.seen.any() ? s.seen.panels : x, x);
    s.y = matrix(y, y);
    if (s.seen.any()) s.seen_errors = store.place<T>(plan.batch * s.seen.panels.padded);
    s.shares = store.take<T>(plan.batch);
    s.values = store.take<LayerValues>(plan.n_layers);
    for (int k = 0; k <= last; k++) {
        const LayerValues at = place_values<T>(plan, s.seen, k, k > s.first_trained, store);
        if (s.values && own) s.values[k] = at, own[k] = plan.layer[k];
    }
    s.rows = {store.take<Op<T>>(most.ops), 0};
    s.list = {store.take<Piece<T>>(most.pieces), store.take<Task>(most.pieces), 0, 0};
    s.gradients = plan.clip > 0 ? store.take<T>(s.n_numbers) : nullptr;
    s.scratch_size = round_up(most.in_piece, 64);
    s.scratch = store.take<T>(s.scratch_size * plan.members);
    for (auto& found : s.findings) found = {store.take<double>(groups_of(plan.batch)), store.take<double>(most.pieces)};
    s.largest = store.take<double>(most.pieces);
    s.squares = store.take<double>(most.pieces);
    s.finite = store.take<double>(8 * plan.members);
    s.words_size = round_up(most.in_row, 16);
    s.words = store.take<u32>(s.words_size * plan.members);
    if (plan.optimizer == SARPROP) s.noise = store.take<Key>(plan.n_layers);
    if (plan.shuffle && !s.full_batch()) {
        s.order = store.take<u32>(plan.n_rows);
        s.counts = store.take<u32>(plan.n_rows + 1);
        s.keys = store.take<u64>(plan.n_rows);
        s.sorted = store.take<u64>(plan.n_rows);
    }
    if (own) s.plan.layer = own;
}

template <class T>
u64 session_bytes(const PellucidPlan* plan) {
    Session<T> s{};
    s.plan = *plan;
    Store store{nullptr, u64(round_up(sizeof(Session<T>), 64))};
    lay_out(s, store);
    return store.used + 64;
}

}  // namespace
