// Incremental training: a change of weights after each row.
#pragma once

#include "ahead.hpp"

namespace {

// Weights and their last changes between the net's order and that of incremental training.
template <class Move>
INLINE void move_all(Session& s, Move move) {
    i64 at = 0;
    for (int k = 0; k < s.net->n_groups; at += columns_numbers(s.net->group[k++])) {
        const PellucidFannGroup& g = s.net->group[k];
        if (g.listed) continue;
        const bool narrow = k >= s.by_column;
        move(g, narrow, s.weights + g.connection, s.columns + at);
        move(g, narrow, s.deltas + g.connection, s.last_columns + at);
    }
}

NEVER_INLINE void lay_all(Session& s) {
    move_all(s, [](const PellucidFannGroup& g, bool narrow, const double* from, double* to) {
        (narrow ? to_narrow : to_columns)(g, from, to);
    });
}

NEVER_INLINE void take_all_back(Session& s) {
    move_all(s, [](const PellucidFannGroup& g, bool narrow, double* to, const double* from) {
        (narrow ? from_narrow : from_columns)(g, from, to);
    });
}

INLINE void sums_of_group(Session& s, const Scratch& to, int k, i64 at) {
    const PellucidFannGroup& g = s.net->group[k];
    if (g.listed)
        group_sums(*s.net, g, s.weights, to.row.values, to.sums);
    else if (!s.looks_ahead && sees_inputs(*s.net, g))
        sums_by_column(g, s.present, to.row.values, s.columns + at, to.sums);
    else
        sums_by_column(g, i64(g.n_sources), to.row.values + g.source, s.columns + at, to.sums);
}

INLINE void forward_by_column(Session& s, const Scratch& to, i64 row) {
    const PellucidFannNet& net = *s.net;
    i64 at = 0;
    for (int k = 0; k < s.by_column; at += columns_numbers(net.group[k++])) {
        const bool known = k == 0 && s.looks_ahead && row > 0;
        if (!known) sums_of_group(s, to, k, at);
        finish_group(net, net.group[k], {known ? s.ahead : to.sums, 0}, {to.row.values, 0}, {to.row.slopes, 0}, 1,
                     s.rules.right);
        if (k == 0 && s.looks_ahead) look_ahead(s, row);
    }
}

// Deltas of all neurons but those that a narrow last layer already has, its own and its sources'.
INLINE void backward_by_column(const Session& s, const Row& row) {
    const PellucidFannNet& net = *s.net;
    const i64 base = base_of(net);
    if (s.narrow && s.by_column == 1) return;
    i64 at = s.by_column_numbers;
    fill(row.errors, 0, up_to_lanes(net.n_neurons - base));
    for (int k = s.by_column - 1; k >= 0; k--) {
        const PellucidFannGroup& g = net.group[k];
        const i64 skipped = g.source < base ? base - g.source : 0;
        const bool done = s.narrow && k == s.by_column - 1;
        double* deltas = row.slopes + (g.first - base);
        at -= columns_numbers(g);
        if (g.first < net.first_output && !done)
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
INLINE void step_by_column(Session& s, const Row& row, i64 number, bool keep) {
    const PellucidFannNet& net = *s.net;
    i64 at = 0;
    for (int k = 0; k < s.by_column; at += columns_numbers(net.group[k++])) {
        const PellucidFannGroup& g = net.group[k];
        const double* deltas = row.slopes + (g.first - base_of(net));
        if (k == 0 && s.looks_ahead) {
            complete_ahead(s, number, deltas);
            continue;
        }
        for (int j = 0; j < g.count; j += L)
            store(s.factors + j, first_lanes(load<Lanes>(deltas + j) * s.rules.learning_rate, g.count - j));
        if (g.listed) {
            step_listed_group(net, g, s.rules, s.weights, s.deltas, row.values, s.factors);
        } else if (keep) {
            step_columns_with(g, row.values + g.source, s.factors, s.rules.momentum, s.columns + at,
                              s.last_columns + at);
        } else if (!s.looks_ahead && sees_inputs(net, g)) {
            step_columns(g, s.present, row.values, s.factors, s.columns + at);
        } else {
            step_columns(g, i64(g.n_sources), row.values + g.source, s.factors, s.columns + at);
        }
    }
}

// Outputs, errors and deltas of a row whose hidden neurons are known.
INLINE void judge_row(Session& s, const Scratch& to, i64 row, bool keep, PellucidFannErrors& errors) {
    const PellucidFannNet& net = *s.net;
    const double* y = s.data.Y + row * net.n_out;
    if (s.narrow) {
        double *w = s.columns + s.by_column_numbers, *last = s.last_columns + s.by_column_numbers;
        learn_narrow(net, s.rules, to, y, w, keep ? last : nullptr, UpTo<L - 1>{});
    } else {
        miss_rows(net, s.rules, y, {to.row.values, 0}, {to.row.slopes, 0}, {to.misses, 0}, 1);
        miss_ones(net, y, {to.misses, 0}, 1);
    }
    count_misses(net, s.rules.bit_fail_limit, {to.misses, 0}, 1, errors);
}

INLINE void learn_by_column(Session& s, Scratch to, i64 row, bool keep, PellucidFannErrors& errors) {
    if (row == 0 || !s.looks_ahead) take_turn(s, row);
    if (s.looks_ahead && row + 1 < s.data.n_rows) take_turn(s, row + 1);
    to.row.values = values_of(s, row);
    if (!s.looks_ahead) find_present(s.present, to.row.values, base_of(*s.net));
    forward_by_column(s, to, row);
    judge_row(s, to, row, keep, errors);
    backward_by_column(s, to.row);
    step_by_column(s, to.row, row, keep);
}

// The last row's step of the first layer, which no row behind it makes.
INLINE void end_epoch(Session& s) {
    if (!s.looks_ahead) return;
    const double* last = values_of(s, s.data.n_rows - 1);
    step_columns_with(s.net->group[0], last, s.first_factors, s.rules.momentum, s.columns, s.last_columns);
}

// Weights move all through an epoch: whether one that met the goal left weights that meet it is measured once more, and
// if they do, that is the epoch's error (D1).
INLINE bool still_meets(Session& s, PellucidFannCall& call) {
    PellucidFannErrors now{};
    take_all_back(s);
    measure(&s, nullptr, 0, nullptr, &now);
    return meets(call, now) && note(call, now);
}

NEVER_INLINE void train_by_row(Session& s, PellucidFannCall& call) {
    const Scratch to = {{nullptr, s.changes, own_of(s, 0).errors}, own_of(s, 0).sums, s.misses};
    s.narrow = is_narrow(*s.net);
    s.by_column = by_column(*s.net);
    s.by_column_numbers = by_column_total(*s.net);
    s.looks_ahead = may_look_ahead(s);
    lay_all(s);
    for (i64 epoch = 0; epoch < call.epochs && !call.reached; epoch++) {
        PellucidFannErrors errors = beginning(call);
        for (i64 row = 0; row < s.data.n_rows; row++) {
            const bool keep = s.rules.momentum != 0 || row == s.data.n_rows - 1;
            learn_by_column(s, to, row, keep, errors);
        }
        end_epoch(s);
        call.reached = note(call, errors);
        if (call.reached && s.rules.right) call.reached = still_meets(s, call);
        call.done++;
    }
    take_all_back(s);
}

void train(void* memory, const PellucidTeam* team, int member, PellucidFannCall* call) {
    Session& s = *static_cast<Session*>(memory);
    if (s.rules.algorithm != FANN_INCREMENTAL) return train_by_epoch(s, team, member, *call);
    if (member == 0) train_by_row(s, *call);
}

}  // namespace
