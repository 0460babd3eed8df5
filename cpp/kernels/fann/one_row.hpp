// One row through a net whose weights lie in FANN's order: forward, backward, and one incremental step. Works in place
// on arrays of the caller's, and reads and writes nothing beyond them.
#pragma once

#include "curves.hpp"

namespace {

// A row's numbers, one a neuron: values; and behind the inputs, from `base` on, slopes (later deltas) and errors. Each
// has room for a vector more.
struct Row {
    double *values, *slopes, *errors;
};

INLINE i64 base_of(const PellucidFannNet& net) { return net.n_in + 1; }
INLINE i64 first_computed(const PellucidFannNet& net) { return net.n_groups ? net.group[0].first : net.n_neurons; }

// Inputs and the ones behind them.
INLINE void take_inputs(const PellucidFannNet& net, const double* x, double* values) {
    copy(values, x, net.n_in);
    for (i64 j = net.n_in; j < first_computed(net); j++) values[j] = 1;
}

INLINE double listed_sum(const double* w, const double* values, const i64* sources, i64 n) {
    const auto term = [=](i64 k) INLINE_LAMBDA { return w[k] * values[sources[k]]; };
    return in_order(n, 0.0, term);
}

// Sums of the next L neurons or as many as there are, in one vector: w holds n weights of each, one after the other.
// (Numbers that are stored one by one and read as a vector would have to wait for memory. The empty instruction keeps
// compilers from making vectors of so few terms.)
template <class V>
NEVER_INLINE V sums_in_order(const double* w, const double* x, i64 n, i64 neurons) {
    V sums{};
    for (i64 j = neurons - 1; j >= 0; j--) {
        const auto term = [=](i64 k) INLINE_LAMBDA {
            asm volatile("");
            return w[j * n + k] * x[k];
        };
        sums = pushed(in_order(n, 0.0, term), sums, UpTo<Parts<V>::N>{});
    }
    return sums;
}

// The same of as many neurons as there are lanes, at once.
template <class V, int... J>
NEVER_INLINE V full_sums_in_order(const double* w, const double* x, i64 n, Numbers<J...>) {
    return in_order(n, V{}, [=](i64 k) INLINE_LAMBDA { return V{w[J * n + k]...} * x[k]; });
}

template <int... J>
INLINE Lanes sums_at_once(const double* w, const double* x, i64 n, i64 neurons, Numbers<J...>) {
    Lanes sums[L] = {};
    i64 k = 0;
    for (; k + L <= n; k += L) {
        const Lanes some = load<Lanes>(x + k);
        ((J < neurons ? void(sums[J] += load<Lanes>(w + J * n + k) * some) : void()), ...);
    }
    if (k < n) {
        const Lanes some = load_some<Lanes>(x + k, n - k);
        ((J < neurons ? void(sums[J] += load_some<Lanes>(w + J * n + k, n - k) * some) : void()), ...);
    }
    return sums_of(sums);
}

template <class V>
INLINE V sums_of_neurons(const double* w, const double* x, i64 n, i64 neurons) {
    using All = UpTo<Parts<V>::N>;
    if constexpr (!STRICT) return sums_at_once(w, x, n, neurons, All{});
    return neurons < Parts<V>::N ? sums_in_order<V>(w, x, n, neurons) : full_sums_in_order<V>(w, x, n, All{});
}

INLINE void group_sums(const PellucidFannNet& net, const PellucidFannGroup& g, const double* weights,
                       const double* values, double* sums) {
    if (g.listed) {
        store(sums + up_to_lanes(g.count) - L, Lanes{});  // what fills the last vector up is computed with, too
        for (int j = 0; j < g.count; j++) {
            const i64 first = net.first[g.first + j], n = net.first[g.first + j + 1] - first;
            sums[j] = listed_sum(weights + first, values, net.sources + first, n);
        }
        return;
    }
    const double* w = weights + g.connection;
    const double* x = values + g.source;
    const i64 n = g.n_sources;
    for (i64 j = 0; j < g.count; j += L) {
        const i64 neurons = g.count - j < L ? g.count - j : L;
        store(sums + j, sums_of_neurons<Lanes>(w + j * n, x, n, neurons));
    }
}

// From sums to values (and slopes) of one group, for so many rows. Row r's sums are at sums + r * stride.
INLINE void finish_group(const PellucidFannNet& net, const PellucidFannGroup& g, Rows sums, Rows values, Rows slopes,
                         i64 rows, bool right) {
    for (int r = g.first_run; r < g.first_run + g.n_runs; r++) {
        const PellucidFannRun& run = net.run[r];
        const i64 within = run.first - g.first, hidden = run.first - base_of(net);
        curve_rows(*net.library, run, {sums.at + within, sums.stride}, {values.at + run.first, values.stride},
                   {slopes.at ? slopes.at + hidden : nullptr, slopes.stride}, rows, right);
    }
    for (i64 row = 0; row < rows; row++)
        for (int j = 0; j < g.ones; j++) values.at[row * values.stride + g.first + g.count + j] = 1;
}

NEVER_INLINE void forward_row(const PellucidFannNet& net, const double* weights, double* sums, Row row, bool right) {
    for (int k = 0; k < net.n_groups; k++) {
        const PellucidFannGroup& g = net.group[k];
        group_sums(net, g, weights, row.values, sums);
        finish_group(net, g, {sums, 0}, {row.values, 0}, {row.slopes, 0}, 1, right);
    }
}

// What an output's error means for training: as it is, or stretched at both ends.
template <class V>
INLINE V stretched(const PellucidFannLibrary& library, V e, i64 n) {
    constexpr double end = 0.9999999;
    const V ratio = (1 + e) / (1 - e);
    V inside;
    if constexpr (STRICT)
        inside = one_by_one(library.log, ratio, n);
    else
        inside = log_of(ratio);
    return e < -end ? all<V>(-17) : (e > end ? all<V>(17) : inside);
}

// An output's error; that of a symmetric function is halved.
INLINE Lanes miss_of(int activation, Lanes wanted, Lanes value) {
    const Lanes e = wanted - value;
    return is_symmetric(activation) ? e / 2 : e;
}

// What training makes of it. `right`: LINEAR outputs train with the error as it is (D13).
INLINE Lanes trained_miss(const PellucidFannNet& net, const PellucidFannRules& rules, int activation, Lanes e, i64 n) {
    const bool stretch = rules.error_tanh && !(rules.right && activation == LINEAR);
    return stretch ? stretched(*net.library, e, n) : e;
}

// Errors of some rows' outputs into `misses`, with a vector's room more a row; and where there are slopes, they become
// deltas. Runs are taken in their order, as in curve_rows.
NEVER_INLINE void miss_rows(const PellucidFannNet& net, const PellucidFannRules& rules, const double* Y, Rows values,
                            Rows deltas, Rows misses, i64 rows) {
    for (int k = 0; k < net.n_groups; k++) {
        const PellucidFannGroup& g = net.group[k];
        if (g.first < net.first_output) continue;
        for (int r = g.first_run; r < g.first_run + g.n_runs; r++) {
            const PellucidFannRun& run = net.run[r];
            const i64 output = run.first - net.first_output, hidden = run.first - base_of(net);
            for (i64 row = 0; row < rows; row++)
                for (i64 j = 0; j < run.count; j += L) {
                    const i64 n = run.count - j < L ? run.count - j : L;
                    const Lanes wanted = load_some<Lanes>(Y + row * net.n_out + output + j, n);
                    const Lanes y = load<Lanes>(values.at + row * values.stride + run.first + j);
                    const Lanes e = miss_of(run.activation, wanted, y);
                    store(misses.at + row * misses.stride + output + j, e);
                    if (!deltas.at) continue;
                    double* d = deltas.at + row * deltas.stride + hidden + j;
                    const Lanes t = trained_miss(net, rules, run.activation, e, n);
                    store(d, load<Lanes>(d) * (LANE < double(n) ? t : all<Lanes>(1)));
                }
        }
    }
}

// An output without connections is always 1; its error counts, too.
INLINE void miss_ones(const PellucidFannNet& net, const double* Y, Rows misses, i64 rows) {
    for (i64 o = 0; o < net.n_out; o++) {
        const i64 j = net.first_output + o;
        if (net.first[j] != net.first[j + 1]) continue;
        for (i64 row = 0; row < rows; row++) misses.at[row * misses.stride + o] = Y[row * net.n_out + o] - 1;
    }
}

INLINE void count_misses(const PellucidFannNet& net, double limit, Rows misses, i64 rows, PellucidFannErrors& errors) {
    for (i64 row = 0; row < rows; row++)
        for (i64 o = 0; o < net.n_out; o++) {
            const double e = misses.at[row * misses.stride + o];
            errors.square_sum += float(e * e);
            errors.bit_fails += __builtin_fabs(e) >= limit;
        }
    errors.count += rows * net.n_out;
}

// Adds a neuron's delta times its weights to the errors of its sources, from source `skipped` on.
INLINE void pass_back(const double* w, double delta, double* errors, i64 n) {
    i64 k = 0;
    for (; k + L <= n; k += L) store(errors + k, load<Lanes>(errors + k) + delta * load<Lanes>(w + k));
    for (; k < n; k++) errors[k] += delta * w[k];
}

// The same for a group with lists of sources, for so many rows.
INLINE void pass_back_listed(const PellucidFannNet& net, const PellucidFannGroup& g, const double* weights, Rows deltas,
                             Rows errors, i64 rows) {
    const i64 base = base_of(net);
    for (i64 row = 0; row < rows; row++)
        for (int j = 0; j < g.count; j++) {
            const double delta = deltas.at[row * deltas.stride + (g.first - base) + j];
            for (i64 c = net.first[g.first + j]; c < net.first[g.first + j + 1]; c++)
                if (net.sources[c] >= base)
                    errors.at[row * errors.stride + (net.sources[c] - base)] += delta * weights[c];
        }
}

// Deltas of all neurons, given those of the outputs.
NEVER_INLINE void backward_row(const PellucidFannNet& net, const double* weights, Row row) {
    const i64 base = base_of(net);
    fill(row.errors, 0, net.n_neurons - base);
    for (int k = net.n_groups - 1; k >= 0; k--) {
        const PellucidFannGroup& g = net.group[k];
        double* deltas = row.slopes + (g.first - base);
        if (g.first < net.first_output)
            for (int j = 0; j < g.count; j++) deltas[j] *= row.errors[g.first - base + j];
        if (g.listed) {
            pass_back_listed(net, g, weights, {row.slopes, 0}, {row.errors, 0}, 1);
            continue;
        }
        const i64 skipped = g.source < base ? base - g.source : 0;
        for (int j = 0; j < g.count && skipped < g.n_sources; j++)
            pass_back(weights + g.connection + j * i64(g.n_sources) + skipped, deltas[j],
                      row.errors + (g.source + skipped - base), g.n_sources - skipped);
    }
}

// --- Changes of weights ---

// One neuron's weights change by factor * x + momentum * the last change.
INLINE void step_along(double* w, double* last, const double* x, double factor, double momentum, i64 n) {
    i64 k = 0;
    for (; k + L <= n; k += L) {
        const Lanes change = factor * load<Lanes>(x + k) + momentum * load<Lanes>(last + k);
        store(last + k, change);
        store(w + k, load<Lanes>(w + k) + change);
    }
    for (; k < n; k++) {
        last[k] = factor * x[k] + momentum * last[k];
        w[k] += last[k];
    }
}

// FANN takes the values of a sparse net's sources as if they were neurons 0, 1, 2, ... (D3).
INLINE void step_listed(double* w, double* last, const double* values, const i64* sources, double factor,
                        double momentum, i64 n, bool right) {
    for (i64 k = 0; k < n; k++) {
        last[k] = factor * values[right ? sources[k] : k] + momentum * last[k];
        w[k] += last[k];
    }
}

// `factors`: each neuron's delta times the learning rate.
INLINE void step_listed_group(const PellucidFannNet& net, const PellucidFannGroup& g, const PellucidFannRules& rules,
                              double* weights, double* last, const double* values, const double* factors) {
    for (int j = 0; j < g.count; j++) {
        const i64 first = net.first[g.first + j], n = net.first[g.first + j + 1] - first;
        step_listed(weights + first, last + first, values, net.sources + first, factors[j], rules.momentum, n,
                    rules.right);
    }
}

NEVER_INLINE void step_row(const PellucidFannNet& net, const PellucidFannRules& rules, double* weights, double* last,
                           double* factors, Row row) {
    for (int k = 0; k < net.n_groups; k++) {
        const PellucidFannGroup& g = net.group[k];
        for (int j = 0; j < g.count; j++) factors[j] = row.slopes[g.first - base_of(net) + j] * rules.learning_rate;
        if (g.listed) {
            step_listed_group(net, g, rules, weights, last, row.values, factors);
            continue;
        }
        i64 at = g.connection;
        for (int j = 0; j < g.count; j++, at += g.n_sources)
            step_along(weights + at, last + at, row.values + g.source, factors[j], rules.momentum, g.n_sources);
    }
}

// --- One row by itself ---

// Values, slopes, errors, sums and misses, each with a vector's room more.
constexpr i64 room(i64 n) { return up_to_lanes(n) + L; }

struct Scratch {
    Row row;
    double *sums, *misses;
};

// So far behind an aligned place a row begins whose first computed neurons are to be aligned: what is written across a
// cache line cannot be read again soon.
INLINE i64 shift_of(const PellucidFannNet& net) { return (L - base_of(net) % L) % L; }

INLINE i64 scratch_numbers(const PellucidFannNet& net) { return 5 * room(net.n_neurons) + L; }

INLINE Scratch scratch_in(const PellucidFannNet& net, double* at) {
    const i64 n = room(net.n_neurons);
    return {{at + 4 * n + shift_of(net), at, at + n}, at + 2 * n, at + 3 * n};
}

u64 row_bytes(const PellucidFannNet* net) { return u64(scratch_numbers(*net)) * sizeof(double); }

INLINE void learn_row(const PellucidFannNet& net, const PellucidFannRules& rules, double* weights, double* last,
                      const Scratch& s, const double* y, PellucidFannErrors& errors) {
    forward_row(net, weights, s.sums, s.row, rules.right);
    miss_rows(net, rules, y, {s.row.values, 0}, {s.row.slopes, 0}, {s.misses, 0}, 1);
    miss_ones(net, y, {s.misses, 0}, 1);
    count_misses(net, rules.bit_fail_limit, {s.misses, 0}, 1, errors);
    backward_row(net, weights, s.row);
    step_row(net, rules, weights, last, s.sums, s.row);
}

void step(const PellucidFannNet* net, const PellucidFannRules* rules, double* weights, double* deltas, void* scratch,
          const double* x, const double* y, double* out, PellucidFannErrors* errors) {
    Scratch s = scratch_in(*net, static_cast<double*>(scratch));
    take_inputs(*net, x, s.row.values);
    if (deltas) {
        learn_row(*net, *rules, weights, deltas, s, y, *errors);
    } else {
        s.row.slopes = nullptr;
        forward_row(*net, weights, s.sums, s.row, rules->right);
        miss_rows(*net, *rules, y, {s.row.values, 0}, {nullptr, 0}, {s.misses, 0}, 1);
        miss_ones(*net, y, {s.misses, 0}, 1);
        count_misses(*net, rules->bit_fail_limit, {s.misses, 0}, 1, *errors);
    }
    for (int o = 0; out && o < net->n_out; o++) out[o] = s.row.values[net->first_output + o];
}

}  // namespace
