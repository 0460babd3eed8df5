// The answer to one row, for `run`: no slopes, and from sums to values in registers.
#pragma once

#include "one_row.hpp"

namespace {

// Vectors for layers of few neurons: the widest ones take longer.
using Few = Vec<double, (STRICT && L > 4 ? 4 : L)>;

// Values of a group with one function, straight from its sums.
template <class V>
INLINE void answer_group(const PellucidFannNet& net, const PellucidFannGroup& g, const double* w, double* values) {
    constexpr i64 N = Parts<V>::N;
    const PellucidFannRun& run = net.run[g.first_run];
    const auto curve = values_numbered<V>(run.activation, UpTo<FANN_N_ACTIVATIONS>{});
    double* out = values + g.first;
    for (i64 j = 0; j < g.count; j += N) {
        const i64 neurons = g.count - j < N ? g.count - j : N;
        const V sums = sums_of_neurons<V>(w + j * g.n_sources, values + g.source, g.n_sources, neurons);
        const V y = curve(*net.library, sums, run.steepness, neurons);
        if (neurons == 1)  // a vector across two cache lines cannot be read again soon
            out[j] = y[0];
        else
            store(out + j, y);
    }
    for (int j = 0; j < g.ones; j++) out[g.count + j] = 1;
}

void answer(const PellucidFannNet* net, const double* weights, void* scratch, const double* x, double* out) {
    const Scratch s = scratch_in(*net, static_cast<double*>(scratch));
    take_inputs(*net, x, s.row.values);
    for (int k = 0; k < net->n_groups; k++) {
        const PellucidFannGroup& g = net->group[k];
        if (!g.listed && g.n_runs == 1) {
            const double* w = weights + g.connection;
            if (g.count <= Parts<Few>::N)
                answer_group<Few>(*net, g, w, s.row.values);
            else
                answer_group<Lanes>(*net, g, w, s.row.values);
        } else {
            group_sums(*net, g, weights, s.row.values, s.sums);
            finish_group(*net, g, {s.sums, 0}, {s.row.values, 0}, {nullptr, 0}, 1, true);
        }
    }
    for (int o = 0; o < net->n_out; o++) out[o] = s.row.values[net->first_output + o];
}

}  // namespace
