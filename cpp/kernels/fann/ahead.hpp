// The first layer in incremental training, a row ahead. One row is a chain: sums, function, sums, function, errors,
// steps, and the next row's sums wait for all of it. But of those sums, z' = x' (W + f x) = x' W + f (x' x) for a step
// of the factors f along x, only f comes from the chain. So while a row is on its way, one pass over the weights makes
// the step of the row before and the next row's x' W (with momentum: x' (W + what momentum will add)); what remains at
// the end of the row is f (x' x).
#pragma once

#include "epochs.hpp"

namespace {

INLINE double scalar_product(const double* a, const double* b, i64 n) {
    Lanes products{};
    i64 k = 0;
    for (; k + L <= n; k += L) products += load<Lanes>(a + k) * load<Lanes>(b + k);
    products += load_some<Lanes>(a + k, n - k) * load_some<Lanes>(b + k, n - k);
    return sum(products);
}

// The step along x, and then the sums for x_next, of NV vectors of neurons. `last` is read with momentum only.
template <int NV, bool STEP, bool MOMENTUM>
INLINE void pass_columns(i64 n, i64 stride, double momentum, const double* x, const double* factors, const double* next,
                         double* w, double* last, double* sums) {
    Lanes factor[NV] = {}, part[2][NV] = {};
    for (int v = 0; v < NV && STEP; v++) factor[v] = load<Lanes>(factors + v * L);
    const auto column = [&](i64 k, int c) INLINE_LAMBDA {
        for (int v = 0; v < NV; v++) {
            const i64 at = k * stride + v * L;
            Lanes weight = load<Lanes>(w + at), change{};
            if constexpr (MOMENTUM) change = momentum * load<Lanes>(last + at);
            if constexpr (STEP) {
                change += factor[v] * all<Lanes>(x[k]);
                weight += change;
                store(w + at, weight);
                if constexpr (MOMENTUM) {
                    store(last + at, change);
                    change *= momentum;
                }
            }
            if constexpr (MOMENTUM) weight += change;
            part[c][v] += all<Lanes>(next[k]) * weight;
        }
    };
    i64 k = 0;
    for (; k + 2 <= n; k += 2) {
        column(k, 0);
        column(k + 1, 1);
    }
    if (k < n) column(k, 0);
    for (int v = 0; v < NV; v++) store(sums + v * L, part[0][v] + part[1][v]);
}

template <bool STEP, bool MOMENTUM>
NEVER_INLINE void pass_ahead(const PellucidFannGroup& g, double momentum, const double* x, const double* factors,
                             const double* next, double* w, double* last, double* sums) {
    const i64 stride = column_stride(g), n = g.n_sources;
    i64 j = 0;
    const auto some = [&]<int NV>(Numbers<NV>) INLINE_LAMBDA {
        for (; j + NV * L <= stride; j += NV * L)
            pass_columns<NV, STEP, MOMENTUM>(n, stride, momentum, x, factors + j, next, w + j, last + j, sums + j);
    };
    some(Numbers<4>{});
    some(Numbers<2>{});
    some(Numbers<1>{});
}

// Whether a group sees just the inputs and their bias, of which `present` says which are not 0.
INLINE bool sees_inputs(const PellucidFannNet& net, const PellucidFannGroup& g) {
    return g.source == 0 && g.n_sources == base_of(net);
}

// Whether it pays to look ahead: not where most inputs are 0 and need not be touched at all. And whether it is right:
// no product of two rows may overflow, since f (x' x) would be no number where f is 0.
NEVER_INLINE bool may_look_ahead(const Session& s) {
    constexpr double huge = 1e100, share = L > 2 ? 0.75 : 0.5;
    const PellucidFannGroup& g = s.net->group[0];
    if (STRICT || g.listed || !sees_inputs(*s.net, g)) return false;
    const i64 n = s.data.n_rows * s.net->n_in;
    i64 zeros = 0, tame = 0;
    for (i64 i = 0; i < n; i++) {
        zeros += s.data.X[i] == 0;
        tame += __builtin_fabs(s.data.X[i]) < huge;
    }
    return tame == n && (s.rules.momentum != 0 || double(zeros) <= share * double(n));
}

// The values of a row, which begin with its inputs: those of the row before and the one behind are kept, too.
INLINE double* values_of(const Session& s, i64 row) { return s.turn[(row + TURNS) % TURNS]; }

INLINE void take_turn(Session& s, i64 row) { take_inputs(*s.net, s.data.X + row * s.net->n_in, values_of(s, row)); }

// The step of the row before, if there is one, and the sums for the row behind, if there is one.
INLINE void look_ahead(Session& s, i64 row) {
    const PellucidFannGroup& g = s.net->group[0];
    const double *last = values_of(s, row - 1), *next = values_of(s, row + 1);
    const double momentum = s.rules.momentum;
    const bool step = row > 0, more = row + 1 < s.data.n_rows;
    if (more && momentum != 0)
        (step ? pass_ahead<true, true> : pass_ahead<false, true>)(g, momentum, last, s.first_factors, next, s.columns,
                                                                  s.last_columns, s.ahead);
    else if (more)
        (step ? pass_ahead<true, false> : pass_ahead<false, false>)(g, 0, last, s.first_factors, next, s.columns,
                                                                    s.last_columns, s.ahead);
    else if (step)
        step_columns_with(g, last, s.first_factors, momentum, s.columns, s.last_columns);
}

// The end of a row: its deltas become the factors of its step, and the sums of the row behind are complete.
INLINE void complete_ahead(Session& s, i64 row, const double* deltas) {
    const PellucidFannGroup& g = s.net->group[0];
    const double* x = s.data.X + row * s.net->n_in;
    const double along = row + 1 < s.data.n_rows ? scalar_product(x, x + s.net->n_in, s.net->n_in) + 1 : 0;
    for (i64 j = 0; j < g.count; j += L) {
        const Lanes factors = first_lanes(load<Lanes>(deltas + j) * s.rules.learning_rate, g.count - j);
        store(s.first_factors + j, factors);
        store(s.ahead + j, load<Lanes>(s.ahead + j) + factors * along);
    }
}

}  // namespace
