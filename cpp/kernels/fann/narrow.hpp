// A last layer of few outputs, fewer than a vector has lanes, in incremental training: what is known of them stays in
// one vector from the sums to the deltas. Weights lie by output, each one's in whole vectors; behind them those of the
// bias, one lane an output. So a sum over hidden neurons, and the errors handed back to them, take a vector of them at
// a time.
#pragma once

#include "columns.hpp"

namespace {

// Whether the last group is such a layer: all outputs, with one function, fed by one group and its bias.
INLINE bool is_narrow(const PellucidFannNet& net) {
    if (STRICT || net.n_groups < 2) return false;
    const PellucidFannGroup &g = net.group[net.n_groups - 1], &before = net.group[net.n_groups - 2];
    return !g.listed && g.n_runs == 1 && g.count < L && g.count == net.n_out && g.source == before.first &&
           before.ones == 1 && g.n_sources == before.count + 1;
}

// From one output's weights to the next one's.
INLINE i64 narrow_stride(const PellucidFannGroup& g) { return up_to_lanes(g.n_sources - 1); }

INLINE i64 narrow_numbers(const PellucidFannGroup& g) { return g.count * narrow_stride(g) + L; }

INLINE void to_narrow(const PellucidFannGroup& g, const double* w, double* rows) {
    for (i64 j = 0; j < g.count; j++) {
        copy(rows + j * narrow_stride(g), w + j * g.n_sources, g.n_sources - 1);
        rows[g.count * narrow_stride(g) + j] = w[(j + 1) * g.n_sources - 1];
    }
}

INLINE void from_narrow(const PellucidFannGroup& g, const double* rows, double* w) {
    for (i64 j = 0; j < g.count; j++) {
        copy(w + j * g.n_sources, rows + j * narrow_stride(g), g.n_sources - 1);
        w[(j + 1) * g.n_sources - 1] = rows[g.count * narrow_stride(g) + j];
    }
}

// The first n lanes of v, and 0.
INLINE Lanes first_lanes(Lanes v, i64 n) { return LANE < double(n) ? v : Lanes{}; }

// Sums of few vectors, one a lane, in the first lanes: halves are added as long as the sums fit into a half.
template <int C, class V, int... I>
INLINE auto sums_of_few(const V* rows, Numbers<I...>) {
    constexpr int N = Parts<V>::N;
    if constexpr (2 * C <= N && N > 2) {
        Vec<double, N / 2> half[C];
        for (int c = 0; c < C; c++)
            half[c] = __builtin_shufflevector(rows[c], rows[c], I...) +
                      __builtin_shufflevector(rows[c], rows[c], (N / 2 + I)...);
        return sums_of_few<C>(half, UpTo<N / 4>{});
    } else {
        V some[N] = {};
        for (int c = 0; c < C; c++) some[c] = rows[c];
        return sums_of(some);
    }
}

// The same lanes in a whole vector, with 0 behind.
template <class V, int... I>
INLINE Lanes widened(V v, Numbers<I...>) {
    constexpr int N = Parts<V>::N;
    return __builtin_shufflevector(v, V{}, (I < N ? I : N)...);
}

template <int C>
INLINE Lanes narrow_sums(const PellucidFannGroup& g, const double* x, const double* w) {
    const i64 n = g.n_sources - 1, stride = narrow_stride(g);
    Lanes sums[C] = {};
    for (i64 k = 0; k < n; k += L) {
        const Lanes some = first_lanes(load<Lanes>(x + k), n - k);
        for (int j = 0; j < C; j++) sums[j] += some * load<Lanes>(w + j * stride + k);
    }
    return widened(sums_of_few<C>(sums, UpTo<L / 2>{}), UpTo<L>{}) + load<Lanes>(w + g.count * stride);
}

// Errors handed back to the hidden neurons, whose slopes become deltas; and the step of the weights. `last`: where
// their changes are kept, or null.
template <int C, bool KEEP>
INLINE void narrow_step(const PellucidFannGroup& g, const PellucidFannRules& rules, Lanes deltas, const double* x,
                        double* slopes, double* w, double* last) {
    const i64 n = g.n_sources - 1, stride = narrow_stride(g);
    const Lanes factors = deltas * rules.learning_rate;
    const auto step = [=](i64 at, Lanes before, Lanes change) INLINE_LAMBDA {
        if constexpr (KEEP) {
            change += rules.momentum * load<Lanes>(last + at);
            store(last + at, change);
        }
        store(w + at, before + change);
    };
    for (i64 k = 0; k < n; k += L) {
        const Lanes some = first_lanes(load<Lanes>(x + k), n - k);
        Lanes errors{};
        for (int j = 0; j < C; j++) {
            const Lanes before = load<Lanes>(w + j * stride + k);
            errors += deltas[j] * before;
            step(j * stride + k, before, factors[j] * some);
        }
        const Lanes slope = load<Lanes>(slopes + k);
        store(slopes + k, slope * (LANE < double(n - k) ? errors : all<Lanes>(1)));
    }
    step(g.count * stride, load<Lanes>(w + g.count * stride), factors);
}

// From sums to deltas; values and misses are written.
template <int A>
Lanes narrow_deltas(const PellucidFannNet& net, const PellucidFannRules& rules, Lanes sums, const double* wanted,
                    double* values, double* misses) {
    const PellucidFannRun& run = net.run[net.group[net.n_groups - 1].first_run];
    const Lanes z = clipped(sums, run.steepness);
    const Lanes y = value<A>(*net.library, z, z, net.n_out);
    const Lanes slopes = slope<A>(*net.library, z, y, run.steepness, rules.right, net.n_out);
    const Lanes e = miss_of(A, load_some<Lanes>(wanted, net.n_out), y);
    store(values, y);
    store(misses, e);
    return first_lanes(slopes * trained_miss(net, rules, A, e, net.n_out), net.n_out);
}

using NarrowDeltas = Lanes (*)(const PellucidFannNet&, const PellucidFannRules&, Lanes, const double*, double*,
                               double*);

template <int... A>
INLINE NarrowDeltas narrow_numbered(int curve, Numbers<A...>) {
    static constexpr NarrowDeltas all_curves[] = {narrow_deltas<A>...};
    return all_curves[curve];
}

// The whole way of one row through the layer and back.
template <int C>
INLINE void learn_narrow(const PellucidFannNet& net, const PellucidFannRules& rules, const Scratch& to, const double* y,
                         double* w, double* last) {
    const PellucidFannGroup& g = net.group[net.n_groups - 1];
    const double* x = to.row.values + g.source;
    double* slopes = to.row.slopes + (g.source - base_of(net));
    const Lanes sums = narrow_sums<C>(g, x, w);
    const Lanes deltas = narrow_numbered(net.run[g.first_run].activation, UpTo<FANN_N_ACTIVATIONS>{})(
        net, rules, sums, y, to.row.values + g.first, to.misses);
    if (last)
        narrow_step<C, true>(g, rules, deltas, x, slopes, w, last);
    else
        narrow_step<C, false>(g, rules, deltas, x, slopes, w, last);
}

template <int... C>
INLINE void learn_narrow(const PellucidFannNet& net, const PellucidFannRules& rules, const Scratch& to, const double* y,
                         double* w, double* last, Numbers<C...>) {
    ((net.n_out == C + 1 ? learn_narrow<C + 1>(net, rules, to, y, w, last) : void()), ...);
}

}  // namespace
