// Incremental training: a change of weights after each row.
#pragma once

#include "epochs.hpp"

namespace {

// Weights and their last changes between the net's order and columns.
INLINE void all_to_columns(Session& s) {
    i64 at = 0;
    for (int k = 0; k < s.net->n_groups; at += columns_numbers(s.net->group[k++])) {
        const PellucidFannGroup& g = s.net->group[k];
        if (g.listed) continue;
        to_columns(g, s.weights + g.connection, s.columns + at);
        to_columns(g, s.deltas + g.connection, s.last_columns + at);
    }
}

INLINE void all_from_columns(Session& s) {
    i64 at = 0;
    for (int k = 0; k < s.net->n_groups; at += columns_numbers(s.net->group[k++])) {
        const PellucidFannGroup& g = s.net->group[k];
        if (g.listed) continue;
        from_columns(g, s.columns + at, s.weights + g.connection);
        from_columns(g, s.last_columns + at, s.deltas + g.connection);
    }
}

// Whether a group sees just the inputs and their bias, of which `present` says which are not 0.
INLINE bool sees_inputs(const PellucidFannNet& net, const PellucidFannGroup& g) {
    return g.source == 0 && g.n_sources == base_of(net);
}

INLINE void forward_by_column(Session& s, const Scratch& to) {
    const PellucidFannNet& net = *s.net;
    i64 at = 0;
    for (int k = 0; k < net.n_groups; at += columns_numbers(net.group[k++])) {
        const PellucidFannGroup& g = net.group[k];
        if (g.listed) {
            group_sums(net, g, s.weights, to.row.values, to.sums);
        } else if (sees_inputs(net, g)) {
            sums_by_column(g, s.present, to.row.values, s.columns + at, to.sums);
        } else {
            sums_by_column(g, i64(g.n_sources), to.row.values + g.source, s.columns + at, to.sums);
        }
        finish_group(net, g, {to.sums, 0}, {to.row.values, 0}, {to.row.slopes, 0}, 1, s.rules.right);
    }
}

INLINE void backward_by_column(const Session& s, const Row& row) {
    const PellucidFannNet& net = *s.net;
    const i64 base = base_of(net);
    i64 at = columns_total(net);
    fill(row.errors, 0, up_to_lanes(net.n_neurons - base));
    for (int k = net.n_groups - 1; k >= 0; k--) {
        const PellucidFannGroup& g = net.group[k];
        const i64 skipped = g.source < base ? base - g.source : 0;
        double* deltas = row.slopes + (g.first - base);
        at -= columns_numbers(g);
        if (g.first < net.first_output)
            for (int j = 0; j < g.count; j += L) {
                const Lanes slopes = load<Lanes>(deltas + j), errors = load<Lanes>(row.errors + (g.first - base) + j);
                store(deltas + j, slopes * (LANE < double(g.count - j) ? errors : all<Lanes>(1)));
            }
        if (g.listed)
            pass_back_listed(net, g, s.weights, {row.slopes, 0}, {row.errors, 0}, 1);
        else
            errors_by_column(g, skipped, s.columns + at, deltas, row.errors + (g.source + skipped - base));
    }
}

// `keep`: whether the changes are asked for again, by momentum or behind the last row.
INLINE void step_by_column(Session& s, const Row& row, bool keep) {
    const PellucidFannNet& net = *s.net;
    i64 at = 0;
    for (int k = 0; k < net.n_groups; at += columns_numbers(net.group[k++])) {
        const PellucidFannGroup& g = net.group[k];
        const double* deltas = row.slopes + (g.first - base_of(net));
        for (int j = 0; j < g.count; j += L)
            store(s.factors + j,
                  LANE < double(g.count - j) ? load<Lanes>(deltas + j) * s.rules.learning_rate : Lanes{});
        if (g.listed) {
            step_listed_group(net, g, s.rules, s.weights, s.deltas, row.values, s.factors);
        } else if (keep) {
            step_columns_with(g, row.values + g.source, s.factors, s.rules.momentum, s.columns + at,
                              s.last_columns + at);
        } else if (sees_inputs(net, g)) {
            step_columns(g, s.present, row.values, s.factors, s.columns + at);
        } else {
            step_columns(g, i64(g.n_sources), row.values + g.source, s.factors, s.columns + at);
        }
    }
}

INLINE void learn_by_column(Session& s, const Scratch& to, i64 row, bool keep, PellucidFannErrors& errors) {
    const PellucidFannNet& net = *s.net;
    const double* y = s.data.Y + row * net.n_out;
    take_inputs(net, s.data.X + row * net.n_in, to.row.values);
    find_present(s.present, to.row.values, base_of(net));
    forward_by_column(s, to);
    miss_rows(net, s.rules, y, {to.row.values, 0}, {to.row.slopes, 0}, {to.misses, 0}, 1);
    miss_ones(net, y, {to.misses, 0}, 1);
    count_misses(net, s.rules.bit_fail_limit, {to.misses, 0}, 1, errors);
    backward_by_column(s, to.row);
    step_by_column(s, to.row, keep);
}

// Weights move all through an epoch: whether one that met the goal left weights that meet it is measured once more, and
// if they do, that is the epoch's error (D1).
INLINE bool still_meets(Session& s, PellucidFannCall& call) {
    PellucidFannErrors now{};
    all_from_columns(s);
    measure(&s, nullptr, 0, nullptr, &now);
    return meets(call, now) && note(call, now);
}

NEVER_INLINE void train_by_row(Session& s, PellucidFannCall& call) {
    const Scratch to = {{s.values + shift_of(*s.net), s.changes, own_of(s, 0).errors}, own_of(s, 0).sums, s.misses};
    all_to_columns(s);
    for (i64 epoch = 0; epoch < call.epochs && !call.reached; epoch++) {
        PellucidFannErrors errors = beginning(call);
        for (i64 row = 0; row < s.data.n_rows; row++) {
            const bool keep = s.rules.momentum != 0 || row == s.data.n_rows - 1;
            learn_by_column(s, to, row, keep, errors);
        }
        call.reached = note(call, errors);
        if (call.reached && s.rules.right) call.reached = still_meets(s, call);
        call.done++;
    }
    all_from_columns(s);
}

void train(void* memory, const PellucidTeam* team, int member, PellucidFannCall* call) {
    Session& s = *static_cast<Session*>(memory);
    if (s.rules.algorithm != FANN_INCREMENTAL) return train_by_epoch(s, team, member, *call);
    if (member == 0) train_by_row(s, *call);
}

}  // namespace
