// A training: its rows in chunks, its epochs.
//
// Rows are taken in chunks whose values and deltas stay in the second cache. Members divide the rows of a chunk for the
// way forward and back, and the panels of the gradient after that; they meet twice a chunk. Each weight's gradient is
// one sum over the rows in their order.
#pragma once

#include "../plan.hpp"
#include "changes.hpp"
#include "held.hpp"

namespace {

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
        if (k >= s.first_group && k % s.members == member) pack(g, s.weights + g.connection, at);
        at += packed_numbers(g);
    }
}

// The gradient without what fills vectors up.
INLINE void flatten_gradient(Session& s) {
    const double* from = s.gradient;
    for (int k = s.first_group; k < s.net->n_groups; k++) {
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
    const i64 first = first_changed(s, *s.net), n = s.n_connections - first;
    const Changed to = {s.weights + first, s.steps + first, s.slopes + first, s.flat + first};
    if (rules.algorithm == FANN_SARPROP)
        change_sarprop(rules, *s.net->library, call, to, n, mse);
    else
        change(rules, to, n, s.data.n_rows);
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
    for (i64 i = 0; i < n && !s.outputs_only; i++)
        take_inputs(net, s.data.X + (start + row + i) * net.n_in, values.at + i * values.stride);
    const double* packed = s.packed;
    for (int k = 0; k < net.n_groups; k++) {
        const PellucidFannGroup& g = net.group[k];
        if (k < s.first_group) {
            packed += g.listed ? 0 : packed_numbers(g);
            continue;
        }
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
        if (training && !s.outputs_only) backward_rows(s, own, row, n);
    }
}

// The member's share of the gradient of a chunk.
INLINE void add_gradients(const Session& s, int member, i64 rows) {
    const PellucidFannNet& net = *s.net;
    double* out = s.gradient;
    i64 unit = 0;
    for (int k = s.first_group; k < net.n_groups; k++) {
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
    if (call.mse) {
        call.mse[call.done] = double(mse_of(errors));
        call.bit_fails[call.done] = errors.bit_fails;
    }
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

// --- The output phase of cascade training ---

// Once: the values of the neurons before the outputs.
INLINE void fill_values(const Session& s, int member) {
    const PellucidFannNet& net = *s.net;
    const Own own = own_of(s, member);
    const i64 rows = s.data.n_rows;
    for (i64 row = member * ROWS_OF_A_TURN; row < rows; row += s.members * ROWS_OF_A_TURN) {
        const i64 n = rows - row < ROWS_OF_A_TURN ? rows - row : ROWS_OF_A_TURN;
        const Rows values = rows_at(s.values, s.values_stride, row), sums = {own.sums, s.sums_stride};
        for (i64 i = 0; i < n; i++) take_inputs(net, s.data.X + (row + i) * net.n_in, values.at + i * values.stride);
        for (int k = 0; k < s.first_group; k++) {
            for (i64 i = 0; i < n; i++)
                group_sums(net, net.group[k], s.weights, values.at + i * values.stride, sums.at + i * sums.stride);
            finish_group(net, net.group[k], sums, values, {nullptr, 0}, n, s.rules.right);
        }
    }
}

// The weights that an epoch measured, if they are the best so far.
INLINE void keep_best(Session& s, const PellucidFannErrors& errors, bool reached) {
    const double value = reached ? -1 : double(errors.square_sum);
    if (!(value < s.phase.best_value)) return;
    s.phase.best_value = value;
    s.phase.errors = errors;
    copy(s.phase.best, s.weights + first_changed(s, *s.net), s.n_connections - first_changed(s, *s.net));
}

// Whether patience ends the phase after this epoch: by how much the error has fallen since the first one.
INLINE bool ends_phase(Phase& phase, float mse) {
    Patience& p = phase.patience;
    if (p.epochs == 0) phase.first_error = mse;
    bool over = false;
    if (p.epochs > 0) {
        watch(p, double(float(double(phase.first_error) - double(mse))), p.target >= 0);
        p.target = double(float(p.target)), p.back = double(float(p.back));
        over = is_at_end(p);
    }
    p.epochs++;
    return over;
}

// Afterwards by one member: the best weights, unless FANN's are asked for, and what they leave to be learnt.
void leave(void* memory, double* seen, double* lacking, PellucidFannErrors* errors) {
    Session& s = *static_cast<Session*>(memory);
    const PellucidFannNet& net = *s.net;
    if (s.rules.right) {
        copy(s.weights + first_changed(s, net), s.phase.best, s.n_connections - first_changed(s, net));
        if (s.phase.best_value < __builtin_inf()) *errors = s.phase.errors;
    }
    for (int member = 0; member < s.members; member++) pack_all(s, member);
    for (int member = 0; member < s.members; member++) take_rows(s, member, 0, s.data.n_rows, false);
    for (i64 row = 0; row < s.data.n_rows; row++) {
        copy(seen + row * net.first_output, s.values + row * s.values_stride, net.first_output);
        copy(lacking + row * net.n_out, s.misses + row * s.misses_stride, net.n_out);
    }
}

// --- Trainings ---

NEVER_INLINE void train_by_epoch(Session& s, const PellucidTeam* team, int member, PellucidFannCall& call) {
    if (s.outputs_only && !s.phase.filled) fill_values(s, member);
    for (i64 epoch = 0; epoch < call.epochs; epoch++) {
        pack_all(s, member);
        if (member == 0) fill(s.gradient, 0, gradient_total(*s.net));
        meet(s, team, member);
        PellucidFannErrors errors = beginning(call);
        pass(s, team, member, true, nullptr, errors);
        if (member == 0) {
            call.reached = note(call, errors);
            s.over = call.reached;
            if (s.outputs_only) keep_best(s, errors, call.reached);
            if (!(call.reached && s.rules.right)) {
                change_weights(s, call, mse_of(errors));
                call.sarprop_epoch += s.rules.algorithm == FANN_SARPROP;
            }
            if (s.outputs_only) {
                s.phase.filled = 1;
                s.over |= ends_phase(s.phase, mse_of(errors));
                call.over = s.over;
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
