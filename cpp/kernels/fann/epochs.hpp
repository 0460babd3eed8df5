// A training: its memory, its rows in chunks, its epochs.
//
// Rows are taken in chunks whose values and deltas stay in the second cache. Members divide the rows of a chunk for the
// way forward and back, and the panels of the gradient after that; they meet twice a chunk. Each weight's gradient is
// one sum over the rows in their order.
#pragma once

#include "../plan.hpp"
#include "changes.hpp"
#include "columns.hpp"
#include "tiles.hpp"

namespace {

// Rows that a member takes through the net at a time, and those of a chunk at most.
constexpr i64 ROWS_OF_A_TURN = 16, MOST_ROWS = 256;
// Several members: numbers of a chunk at most.
constexpr i64 MOST_NUMBERS = 1 << 21;

// What each member has to itself: sums of a group, errors behind the inputs.
struct Own {
    double *sums, *errors;
};

struct Session {
    const PellucidFannNet* net;
    PellucidFannRules rules;
    PellucidFannData data;
    i64 n_connections, chunk, values_stride, deltas_stride, misses_stride, sums_stride;
    int members;
    int over;  // what member 0 decided for all: stop without changing weights
    // One number a connection, with a vector's room more.
    double *weights, *steps, *slopes, *deltas, *flat;
    double *packed, *gradient;                 // the weights for the way forward; gradients in rows of whole vectors
    double *columns, *last_columns, *factors;  // incremental training: weights and their last changes by source
    Present present;
    double *values, *changes, *misses;  // of the rows of a chunk
    double* own;
    i64 own_numbers;
};

struct Carver {
    char* at;
    i64 used;

    double* numbers(i64 n) {
        double* here = at ? reinterpret_cast<double*>(at + used) : nullptr;
        used += (n * i64(sizeof(double)) + 63) / 64 * 64;
        return here;
    }

    int* places(i64 n) { return reinterpret_cast<int*>(numbers((n + 1) / 2)); }
};

// Rows an odd number of cache lines apart, so that they do not all want the same place of the cache.
INLINE i64 odd_lines(i64 numbers) { return ((numbers + 7) / 8 | 1) * 8; }

INLINE i64 widest_group(const PellucidFannNet& net) {
    i64 widest = 1;
    for (int k = 0; k < net.n_groups; k++) widest = net.group[k].count > widest ? net.group[k].count : widest;
    return widest;
}

INLINE i64 packed_total(const PellucidFannNet& net) {
    i64 total = 0;
    for (int k = 0; k < net.n_groups; k++)
        if (!net.group[k].listed) total += packed_numbers(net.group[k]);
    return total;
}

INLINE i64 gradient_numbers(const PellucidFannNet& net, const PellucidFannGroup& g) {
    if (g.listed) return up_to_lanes(net.first[g.first + g.count] - g.connection);
    return g.count * gradient_stride(g);
}

INLINE i64 gradient_total(const PellucidFannNet& net) {
    i64 total = 0;
    for (int k = 0; k < net.n_groups; k++) total += gradient_numbers(net, net.group[k]);
    return total;
}

INLINE i64 columns_total(const PellucidFannNet& net) {
    i64 total = 0;
    for (int k = 0; k < net.n_groups; k++) total += columns_numbers(net.group[k]);
    return total;
}

// Lays everything out behind the session; returns how many bytes it takes.
INLINE i64 lay_out(Session& s, char* memory, const PellucidFannNet& net, i64 n_rows, int members) {
    Carver carver{memory, (i64(sizeof(Session)) + 63) / 64 * 64};
    s.members = members;
    s.n_connections = net.first[net.n_neurons];
    s.values_stride = odd_lines(room(net.n_neurons));
    s.deltas_stride = odd_lines(room(net.n_neurons - base_of(net)));
    s.misses_stride = room(net.n_out);
    s.sums_stride = room(widest_group(net));
    // Members wait for each other twice a chunk, so several take larger ones.
    const i64 numbers = s.values_stride + s.deltas_stride, many = MOST_NUMBERS / numbers;
    s.chunk = members > 1 && many > MOST_ROWS ? many : MOST_ROWS;
    if (s.chunk > n_rows) s.chunk = n_rows;
    const i64 n = room(s.n_connections);
    s.weights = carver.numbers(n);
    s.steps = carver.numbers(n);
    s.slopes = carver.numbers(n);
    s.deltas = carver.numbers(n);
    s.flat = carver.numbers(n);
    s.packed = carver.numbers(packed_total(net));
    s.gradient = carver.numbers(gradient_total(net) + ACROSS * L);
    s.columns = carver.numbers(columns_total(net));
    s.last_columns = carver.numbers(columns_total(net));
    s.factors = carver.numbers(room(widest_group(net)));
    s.present.sources = carver.places(net.n_neurons + 1);
    s.present.ends = carver.places(net.n_neurons + 1);
    s.values = carver.numbers(s.chunk * s.values_stride + 2 * L);
    s.changes = carver.numbers(s.chunk * s.deltas_stride + L);
    s.misses = carver.numbers(s.chunk * s.misses_stride);
    s.own_numbers = odd_lines(ROWS_OF_A_TURN * (s.sums_stride + s.deltas_stride) + L);
    s.own = carver.numbers(members * s.own_numbers);
    return carver.used;
}

INLINE Own own_of(const Session& s, int member) {
    double* at = s.own + member * s.own_numbers;
    return {at, at + ROWS_OF_A_TURN * s.sums_stride};
}

u64 session_bytes(const PellucidFannNet* net, i64 n_rows, int members) {
    Session s;
    return u64(lay_out(s, nullptr, *net, n_rows, members));
}

void begin(void* memory, const PellucidFannNet* net, const PellucidFannRules* rules, const PellucidFannData* data,
           const PellucidFannState* state, int members) {
    Session& s = *static_cast<Session*>(memory);
    lay_out(s, static_cast<char*>(memory), *net, data->n_rows, members);
    s.net = net;
    s.rules = *rules;
    s.data = *data;
    copy(s.weights, state->weights, s.n_connections);
    if (state->steps) copy(s.steps, state->steps, s.n_connections);
    if (state->slopes) copy(s.slopes, state->slopes, s.n_connections);
    if (state->deltas) copy(s.deltas, state->deltas, s.n_connections);
}

void finish(const void* memory, const PellucidFannState* state) {
    const Session& s = *static_cast<const Session*>(memory);
    copy(state->weights, s.weights, s.n_connections);
    if (state->steps) copy(state->steps, s.steps, s.n_connections);
    if (state->slopes) copy(state->slopes, s.slopes, s.n_connections);
    if (state->deltas) copy(state->deltas, s.deltas, s.n_connections);
}

INLINE void meet(const Session& s, const PellucidTeam* team, int member) {
    if (s.members > 1) team->meet(team->host, member);
}

// --- Weights ---

// Weights in the order in which the way forward takes them.
INLINE void pack_all(Session& s, int member) {
    double* at = s.packed;
    for (int k = 0; k < s.net->n_groups; k++) {
        const PellucidFannGroup& g = s.net->group[k];
        if (g.listed) continue;
        if (k % s.members == member) pack(g, s.weights + g.connection, at);
        at += packed_numbers(g);
    }
}

// The gradient without what fills vectors up.
INLINE void flatten_gradient(Session& s) {
    const double* from = s.gradient;
    for (int k = 0; k < s.net->n_groups; k++) {
        const PellucidFannGroup& g = s.net->group[k];
        if (g.listed)
            copy(s.flat + g.connection, from, s.net->first[g.first + g.count] - g.connection);
        else
            for (int j = 0; j < g.count; j++)
                copy(s.flat + g.connection + j * i64(g.n_sources), from + j * gradient_stride(g), g.n_sources);
        from += gradient_numbers(*s.net, g);
    }
}

NEVER_INLINE void change_weights(Session& s, const PellucidFannCall& call, float mse) {
    const PellucidFannRules& rules = s.rules;
    flatten_gradient(s);
    const i64 n = s.n_connections;
    const double epsilon = double(float(rules.learning_rate) / float(s.data.n_rows));
    const float mu = float(rules.quickprop_mu);
    switch (rules.algorithm) {
        case FANN_BATCH: return change_batch(s.weights, s.flat, n, epsilon);
        case FANN_RPROP: return change_rprop(rules, s.weights, s.steps, s.slopes, s.flat, n);
        case FANN_QUICKPROP:
            return change_quickprop(rules, s.weights, s.steps, s.slopes, s.flat, n, epsilon, double(mu / (1 + mu)));
        case FANN_SARPROP:
            return change_sarprop(rules, *s.net->library, call, s.weights, s.steps, s.slopes, s.flat, n, mse);
        default: return;
    }
}

// --- Rows ---

INLINE Rows rows_at(double* from, i64 stride, i64 row) { return {from + row * stride, stride}; }

// Rows row .. row + n of the chunk that begins with row `start` of the data.
INLINE void forward_rows(const Session& s, const Own& own, i64 start, i64 row, i64 n, bool slopes) {
    const PellucidFannNet& net = *s.net;
    const Rows values = rows_at(s.values, s.values_stride, row);
    const Rows sums = {own.sums, s.sums_stride};
    Rows changes = rows_at(s.changes, s.deltas_stride, row);
    if (!slopes) changes.at = nullptr;
    for (i64 i = 0; i < n; i++)
        take_inputs(net, s.data.X + (start + row + i) * net.n_in, values.at + i * values.stride);
    const double* packed = s.packed;
    for (int k = 0; k < net.n_groups; k++) {
        const PellucidFannGroup& g = net.group[k];
        if (g.listed) {
            for (i64 i = 0; i < n; i++)
                group_sums(net, g, s.weights, values.at + i * values.stride, own.sums + i * sums.stride);
        } else {
            forward_sums(g, packed, values, sums, n);
            packed += packed_numbers(g);
        }
        finish_group(net, g, sums, values, changes, n, s.rules.right);
    }
}

INLINE void miss_turn(const Session& s, i64 start, i64 row, i64 n, bool deltas) {
    const double* Y = s.data.Y + (start + row) * s.net->n_out;
    const Rows values = rows_at(s.values, s.values_stride, row), misses = rows_at(s.misses, s.misses_stride, row);
    Rows changes = rows_at(s.changes, s.deltas_stride, row);
    if (!deltas) changes.at = nullptr;
    miss_rows(*s.net, s.rules, Y, values, changes, misses, n);
    miss_ones(*s.net, Y, misses, n);
}

// Slopes of hidden neurons become deltas.
INLINE void take_errors(const PellucidFannGroup& g, i64 hidden, Rows changes, Rows errors, i64 rows) {
    for (i64 row = 0; row < rows; row++) {
        double* d = changes.at + row * changes.stride + hidden;
        const double* e = errors.at + row * errors.stride + hidden;
        i64 j = 0;
        for (; j + L <= g.count; j += L) store(d + j, load<Lanes>(d + j) * load<Lanes>(e + j));
        for (; j < g.count; j++) d[j] *= e[j];
    }
}

INLINE void backward_rows(const Session& s, const Own& own, i64 row, i64 n) {
    const PellucidFannNet& net = *s.net;
    const i64 base = base_of(net);
    const Rows changes = rows_at(s.changes, s.deltas_stride, row), errors = {own.errors, s.deltas_stride};
    fill(own.errors, 0, n * s.deltas_stride);
    for (int k = net.n_groups - 1; k >= 0; k--) {
        const PellucidFannGroup& g = net.group[k];
        const i64 hidden = g.first - base;
        if (g.first < net.first_output) take_errors(g, hidden, changes, errors, n);
        if (g.listed) {
            pass_back_listed(net, g, s.weights, changes, errors, n);
            continue;
        }
        const i64 skipped = g.source < base ? base - g.source : 0;
        backward_errors(g, skipped, s.weights + g.connection, {changes.at + hidden, changes.stride},
                        {own.errors + (g.source + skipped - base), errors.stride}, n);
    }
}

// The member's share of a chunk: values, and for training deltas.
INLINE void take_rows(const Session& s, int member, i64 start, i64 rows, bool training) {
    const Own own = own_of(s, member);
    for (i64 row = member * ROWS_OF_A_TURN; row < rows; row += s.members * ROWS_OF_A_TURN) {
        const i64 n = rows - row < ROWS_OF_A_TURN ? rows - row : ROWS_OF_A_TURN;
        forward_rows(s, own, start, row, n, training);
        if (s.data.Y) miss_turn(s, start, row, n, training);
        if (training) backward_rows(s, own, row, n);
    }
}

// The member's share of the gradient of a chunk.
INLINE void add_gradients(const Session& s, int member, i64 rows) {
    const PellucidFannNet& net = *s.net;
    double* out = s.gradient;
    i64 unit = 0;
    for (int k = 0; k < net.n_groups; k++) {
        const PellucidFannGroup& g = net.group[k];
        const Rows values = {s.values, s.values_stride};
        const Rows deltas = {s.changes + (g.first - base_of(net)), s.deltas_stride};
        if (g.listed) {
            if (unit++ % s.members == member) gradient_listed(net, g, deltas, values, rows, out);
        } else {
            for (i64 panel = 0; panel < gradient_panels(g); panel++)
                if (unit++ % s.members == member) gradient_panel(g, panel, deltas, values, rows, out);
        }
        out += gradient_numbers(net, g);
    }
}

// --- Epochs ---

INLINE float mse_of(const PellucidFannErrors& errors) {
    return errors.count ? errors.square_sum / float(errors.count) : 0;
}

INLINE bool meets(const PellucidFannCall& call, const PellucidFannErrors& errors) {
    return (call.stop_at_mse && double(mse_of(errors)) <= call.goal_mse) ||
           (call.stop_at_bit_fails && errors.bit_fails <= call.goal_bit_fails);
}

// The first epoch of a call goes on with the running error that it was given.
INLINE PellucidFannErrors beginning(const PellucidFannCall& call) {
    return call.done ? PellucidFannErrors{} : call.errors;
}

// Notes an epoch's error; whether it meets the goal.
INLINE bool note(PellucidFannCall& call, const PellucidFannErrors& errors) {
    call.errors = errors;
    call.mse[call.done] = double(mse_of(errors));
    call.bit_fails[call.done] = errors.bit_fails;
    return meets(call, errors);
}

// All rows once: their errors, and for training the gradient.
INLINE void pass(Session& s, const PellucidTeam* team, int member, bool training, double* out,
                 PellucidFannErrors& errors) {
    const i64 n_rows = s.data.n_rows;
    for (i64 start = 0; start < n_rows; start += s.chunk) {
        const i64 rows = n_rows - start < s.chunk ? n_rows - start : s.chunk;
        take_rows(s, member, start, rows, training);
        meet(s, team, member);
        if (member == 0 && s.data.Y)
            count_misses(*s.net, s.rules.bit_fail_limit, {s.misses, s.misses_stride}, rows, errors);
        if (member == 0 && out)
            for (i64 row = 0; row < rows; row++)
                for (int o = 0; o < s.net->n_out; o++)
                    out[(start + row) * s.net->n_out + o] = s.values[row * s.values_stride + s.net->first_output + o];
        if (training) add_gradients(s, member, rows);
        meet(s, team, member);
    }
}

NEVER_INLINE void train_by_epoch(Session& s, const PellucidTeam* team, int member, PellucidFannCall& call) {
    for (i64 epoch = 0; epoch < call.epochs; epoch++) {
        pack_all(s, member);
        if (member == 0) fill(s.gradient, 0, gradient_total(*s.net));
        meet(s, team, member);
        PellucidFannErrors errors = beginning(call);
        pass(s, team, member, true, nullptr, errors);
        if (member == 0) {
            call.reached = note(call, errors);
            s.over = call.reached;
            if (!(call.reached && s.rules.right)) {
                change_weights(s, call, mse_of(errors));
                call.sarprop_epoch += s.rules.algorithm == FANN_SARPROP;
            }
            call.done++;
        }
        meet(s, team, member);
        if (s.over) return;
    }
}

void measure(void* memory, const PellucidTeam* team, int member, double* out, PellucidFannErrors* errors) {
    Session& s = *static_cast<Session*>(memory);
    pack_all(s, member);
    meet(s, team, member);
    PellucidFannErrors ignored{};
    pass(s, team, member, false, out, member == 0 ? *errors : ignored);
}

}  // namespace
