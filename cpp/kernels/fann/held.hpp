// What a training holds: its arrays, and where they lie in the memory that the host gave.
#pragma once

#include "narrow.hpp"
#include "patience.hpp"
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

// An output phase of cascade training: the weights that were measured as the best, with what counted there; the error
// that it began with.
struct Phase {
    Patience patience;
    double *best, best_value;
    PellucidFannErrors errors;
    float first_error;
    int filled, unused;  // whether the neurons before the outputs hold their values
};

// Incremental training holds the values of a row, the one before and the one behind.
constexpr int TURNS = 3;

struct Session {
    const PellucidFannNet* net;
    PellucidFannRules rules;
    PellucidFannData data;
    i64 n_connections, chunk, values_stride, deltas_stride, misses_stride, sums_stride;
    int members;
    int over;                       // what member 0 decided for all: stop
    int outputs_only, first_group;  // groups before it hold what they hold, and their weights rest
    Phase phase;
    // One number a connection, with a vector's room more.
    double *weights, *steps, *slopes, *deltas, *flat;
    double *packed, *gradient;                 // the weights for the way forward; gradients in rows of whole vectors
    double *columns, *last_columns, *factors;  // incremental training: weights and their last changes by source
    int narrow, looks_ahead;                   // see narrow.hpp, ahead.hpp
    i64 by_column, by_column_numbers;          // groups before a narrow last layer, and their numbers
    double *ahead, *first_factors;             // the first layer's next sums, and the factors of its last step
    double* turn[TURNS];
    Present present;
    double *values, *changes, *misses;  // of the rows of a chunk
    double* own;
    i64 own_numbers;
};

INLINE float mse_of(const PellucidFannErrors& errors) {
    return errors.count ? errors.square_sum / float(errors.count) : 0;
}

struct Carver {
    char* at;
    i64 used;

    // `shift`: so many numbers behind an aligned place.
    double* numbers(i64 n, i64 shift = 0) {
        double* here = at ? reinterpret_cast<double*>(at + used) + shift : nullptr;
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

// Groups that go by column in incremental training: all but a narrow last layer.
INLINE int by_column(const PellucidFannNet& net) { return net.n_groups - is_narrow(net); }

INLINE i64 by_column_total(const PellucidFannNet& net) {
    i64 total = 0;
    for (int k = 0; k < by_column(net); k++) total += columns_numbers(net.group[k]);
    return total;
}

// The first connection whose weight learns.
INLINE i64 first_changed(const Session& s, const PellucidFannNet& net) { return net.group[s.first_group].connection; }

INLINE i64 lying_total(const PellucidFannNet& net) {
    return by_column_total(net) + (is_narrow(net) ? narrow_numbers(net.group[net.n_groups - 1]) : 0);
}

// Lays everything out behind the session; returns how many bytes it takes.
INLINE i64 lay_out(Session& s, char* memory, const PellucidFannNet& net, i64 n_rows, int members, bool outputs_only) {
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
    if (s.chunk > n_rows || outputs_only) s.chunk = n_rows;
    s.outputs_only = outputs_only;
    s.first_group = outputs_only ? net.n_groups - 1 : 0;
    const i64 n = room(s.n_connections);
    s.weights = carver.numbers(n);
    s.steps = carver.numbers(n);
    s.slopes = carver.numbers(n);
    s.deltas = carver.numbers(n);
    s.flat = carver.numbers(n);
    s.packed = carver.numbers(packed_total(net));
    s.gradient = carver.numbers(gradient_total(net) + ACROSS * L);
    s.columns = carver.numbers(lying_total(net) + L * up_to_lanes(widest_group(net)));
    s.last_columns = carver.numbers(lying_total(net) + L * up_to_lanes(widest_group(net)));
    s.factors = carver.numbers(room(widest_group(net)));
    s.ahead = carver.numbers(room(widest_group(net)));
    s.first_factors = carver.numbers(room(widest_group(net)));
    for (double*& values : s.turn) values = carver.numbers(room(net.n_neurons) + L, shift_of(net));
    s.present.sources = carver.places(net.n_neurons + 1);
    s.present.ends = carver.places(net.n_neurons + 1);
    s.values = carver.numbers(s.chunk * s.values_stride + 2 * L);
    s.changes = carver.numbers(s.chunk * s.deltas_stride + L);
    s.misses = carver.numbers(s.chunk * s.misses_stride);
    s.own_numbers = odd_lines(ROWS_OF_A_TURN * (s.sums_stride + s.deltas_stride) + L);
    s.own = carver.numbers(members * s.own_numbers);
    s.phase.best = carver.numbers(outputs_only ? s.n_connections - first_changed(s, net) : 0);
    return carver.used;
}

INLINE Own own_of(const Session& s, int member) {
    double* at = s.own + member * s.own_numbers;
    return {at, at + ROWS_OF_A_TURN * s.sums_stride};
}

u64 session_bytes(const PellucidFannNet* net, i64 n_rows, int members, int outputs_only) {
    Session s;
    return u64(lay_out(s, nullptr, *net, n_rows, members, outputs_only));
}

void begin(void* memory, const PellucidFannNet* net, const PellucidFannRules* rules, const PellucidFannData* data,
           const PellucidFannState* state, const PellucidFannPatience* patience, int members) {
    Session& s = *static_cast<Session*>(memory);
    lay_out(s, static_cast<char*>(memory), *net, data->n_rows, members, patience);
    s.net = net;
    s.rules = *rules;
    s.data = *data;
    copy(s.weights, state->weights, s.n_connections);
    if (state->steps) copy(s.steps, state->steps, s.n_connections);
    if (state->slopes) copy(s.slopes, state->slopes, s.n_connections);
    if (state->deltas) copy(s.deltas, state->deltas, s.n_connections);
    if (!patience) return;
    s.phase.patience = patience_by(*patience);
    s.phase.best_value = __builtin_inf();
    copy(s.phase.best, s.weights + first_changed(s, *net), s.n_connections - first_changed(s, *net));
}

void finish(const void* memory, const PellucidFannState* state) {
    const Session& s = *static_cast<const Session*>(memory);
    copy(state->weights, s.weights, s.n_connections);
    if (state->steps) copy(state->steps, s.steps, s.n_connections);
    if (state->slopes) copy(state->slopes, s.slopes, s.n_connections);
    if (state->deltas) copy(state->deltas, s.deltas, s.n_connections);
}

}  // namespace
