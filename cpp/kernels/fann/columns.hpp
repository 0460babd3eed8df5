// One row after the other through weights that lie by source: the way of incremental training.
//
// A source's weights to all neurons of a group lie side by side, so that sums need no adding across a vector, whatever
// their order, and a source whose value is 0 (there are many where categories were coded as 0 and 1) costs nothing:
// neither does it add to a sum nor does its weight change.
#pragma once

#include "one_row.hpp"

namespace {

// Numbers from one source to the next.
INLINE i64 column_stride(const PellucidFannGroup& g) { return up_to_lanes(g.count); }

INLINE i64 columns_numbers(const PellucidFannGroup& g) { return g.listed ? 0 : column_stride(g) * g.n_sources; }

NEVER_INLINE void to_columns(const PellucidFannGroup& g, const double* w, double* columns) {
    for (i64 j = 0; j < g.count; j++)
        for (i64 k = 0; k < g.n_sources; k++) columns[k * column_stride(g) + j] = w[j * g.n_sources + k];
}

NEVER_INLINE void from_columns(const PellucidFannGroup& g, const double* columns, double* w) {
    for (i64 j = 0; j < g.count; j++)
        for (i64 k = 0; k < g.n_sources; k++) w[j * g.n_sources + k] = columns[k * column_stride(g) + j];
}

// Sources that are not 0, in the order of the sum; `ends`: behind the last of those that are added up first (STRICT).
struct Present {
    int *sources, *ends;
    i64 n, n_ends;
};

INLINE void see(Present& p, const double* x, i64 k) {
    p.sources[p.n] = int(k);
    p.n += x[k] != 0;
}

INLINE void end_run(Present& p) {
    p.ends[p.n_ends] = int(p.n);
    p.n_ends += p.n > 0 && (p.n_ends == 0 || p.ends[p.n_ends - 1] < p.n);
}

NEVER_INLINE void find_present(Present& p, const double* x, i64 n) {
    p.n = p.n_ends = 0;
    if constexpr (!STRICT) {
        for (i64 k = 0; k < n; k++) see(p, x, k);
        return;
    }
    for (i64 k = (n & 3) - 1; k >= 0; k--) {
        see(p, x, k);
        end_run(p);
    }
    for (i64 k = n & 3; k < n; k += 4) {
        for (i64 i = k; i < k + 4; i++) see(p, x, i);
        end_run(p);
    }
}

// Sums of NV vectors of neurons over n terms, in four parts, so that additions need not wait for one another.
template <int NV, class Term>
INLINE void add_terms(i64 n, Lanes* sums, Term term) {
    constexpr int CHAINS = 4;
    Lanes part[CHAINS][NV] = {};
    i64 i = 0;
    for (; i + CHAINS <= n; i += CHAINS)
        for (int c = 0; c < CHAINS; c++)
            for (int v = 0; v < NV; v++) part[c][v] += term(i + c, v);
    for (; i < n; i++)
        for (int v = 0; v < NV; v++) part[0][v] += term(i, v);
    for (int v = 0; v < NV; v++) sums[v] = (part[0][v] + part[1][v]) + (part[2][v] + part[3][v]);
}

// Over the sources that are present.
template <int NV>
INLINE void column_sums(const Present& p, const double* x, const double* columns, i64 stride, double* out) {
    Lanes sums[NV] = {};
    const auto term = [&](i64 i, int v) INLINE_LAMBDA {
        const i64 k = p.sources[i];
        return all<Lanes>(x[k]) * load<Lanes>(columns + k * stride + v * L);
    };
    if constexpr (STRICT) {
        i64 i = 0;
        for (i64 run = 0; run < p.n_ends; run++) {
            Lanes part[NV];
            for (int v = 0; v < NV; v++) part[v] = term(i, v);
            for (i++; i < p.ends[run]; i++)
                for (int v = 0; v < NV; v++) part[v] += term(i, v);
            for (int v = 0; v < NV; v++) sums[v] += part[v];
        }
    } else {
        add_terms<NV>(p.n, sums, term);
    }
    for (int v = 0; v < NV; v++) store(out + v * L, sums[v]);
}

// Over all n sources.
template <int NV>
INLINE void column_sums(i64 n, const double* x, const double* columns, i64 stride, double* out) {
    Lanes sums[NV] = {};
    const auto term = [&](i64 k, int v)
                          INLINE_LAMBDA { return all<Lanes>(x[k]) * load<Lanes>(columns + k * stride + v * L); };
    if constexpr (STRICT) {
        for (i64 k = (n & 3) - 1; k >= 0; k--)
            for (int v = 0; v < NV; v++) sums[v] += term(k, v);
        for (i64 k = n & 3; k < n; k += 4)
            for (int v = 0; v < NV; v++) sums[v] += term(k, v) + term(k + 1, v) + term(k + 2, v) + term(k + 3, v);
    } else {
        add_terms<NV>(n, sums, term);
    }
    for (int v = 0; v < NV; v++) store(out + v * L, sums[v]);
}

// `sources`: those present, or how many there are.
template <class Sources>
NEVER_INLINE void sums_by_column(const PellucidFannGroup& g, const Sources& sources, const double* x,
                                 const double* columns, double* out) {
    const i64 stride = column_stride(g);
    i64 j = 0;
    for (; j + 4 * L <= stride; j += 4 * L) column_sums<4>(sources, x, columns + j, stride, out + j);
    for (; j + 2 * L <= stride; j += 2 * L) column_sums<2>(sources, x, columns + j, stride, out + j);
    for (; j < stride; j += L) column_sums<1>(sources, x, columns + j, stride, out + j);
}

// What L sources' errors get from a group: a vector of them, by rows of the columns that begin at w.
template <int... K>
INLINE Lanes errors_of(const PellucidFannGroup& g, const double* w, const double* deltas, Lanes errors, Numbers<K...>) {
    const i64 stride = column_stride(g);
    if constexpr (STRICT) {
        for (i64 j = 0; j < g.count; j++) errors += all<Lanes>(deltas[j]) * Lanes{w[K * stride + j]...};
        return errors;
    }
    Lanes sums[L] = {};
    for (i64 j = 0; j < stride; j += L) {
        const Lanes some = load<Lanes>(deltas + j);
        ((sums[K] += some * load<Lanes>(w + K * stride + j)), ...);
    }
    return errors + sums_of(sums);
}

// errors(k) += sum of delta(j) w(j, k) for sources from `skipped` on. Numbers that fill the group's last vector up are
// 0 in the columns; `deltas` are finite there. Columns have room for a vector of sources more.
NEVER_INLINE void errors_by_column(const PellucidFannGroup& g, i64 skipped, const double* columns, const double* deltas,
                                   double* errors) {
    for (i64 k = skipped; k < g.n_sources; k += L) {
        double* out = errors + (k - skipped);
        const Lanes found = errors_of(g, columns + k * column_stride(g), deltas, load<Lanes>(out), UpTo<L>{});
        if (k + L <= g.n_sources)
            store(out, found);
        else  // behind them there may be errors of this layer that are yet to be taken
            store(out, LANE < double(g.n_sources - k) ? found : load<Lanes>(out));
    }
}

// w(j, k) += factor(j) x(k) of one source.
INLINE void step_column(double* w, double x, const double* factors, i64 stride) {
    const Lanes value = all<Lanes>(x);
    for (i64 j = 0; j < stride; j += L) store(w + j, load<Lanes>(w + j) + load<Lanes>(factors + j) * value);
}

NEVER_INLINE void step_columns(const PellucidFannGroup& g, const Present& p, const double* x, const double* factors,
                               double* columns) {
    const i64 stride = column_stride(g);
    for (i64 i = 0; i < p.n; i++) step_column(columns + p.sources[i] * stride, x[p.sources[i]], factors, stride);
}

NEVER_INLINE void step_columns(const PellucidFannGroup& g, i64 n, const double* x, const double* factors,
                               double* columns) {
    const i64 stride = column_stride(g);
    for (i64 k = 0; k < n; k++) step_column(columns + k * stride, x[k], factors, stride);
}

// With momentum all sources take part, since the last change goes on where x is 0.
NEVER_INLINE void step_columns_with(const PellucidFannGroup& g, const double* x, const double* factors, double momentum,
                                    double* columns, double* last) {
    const i64 stride = column_stride(g);
    for (i64 k = 0; k < g.n_sources; k++)
        for (i64 j = k * stride; j < (k + 1) * stride; j += L) {
            const Lanes factor = load<Lanes>(factors + (j - k * stride));
            const Lanes change = factor * all<Lanes>(x[k]) + momentum * load<Lanes>(last + j);
            store(last + j, change);
            store(columns + j, load<Lanes>(columns + j) + change);
        }
}

}  // namespace
