// What of a network's layers does not change while it runs: shapes, places of parameters, masks.
#pragma once

#include "seen.hpp"
#include "units.hpp"

namespace {

template <class T>
struct LayerShape {
    PellucidLayer is;
    Weights<T> weights;  // dense; of a dropout layer, only its panels
    i64 place;           // where its parameters begin among all parameters

    INLINE bool dense() const { return is.rule == DENSE; }
};

template <class T>
INLINE Weights<T> weights_of(const PellucidPlan& plan, const Seen& seen, int k) {
    const PellucidLayer& is = plan.layer[k];
    return {inputs_of<T>(plan, seen, k), panels_of<T>(is.n_out), is.rule == DENSE && is.bias};
}

// Sets the shapes of all layers; returns how many numbers all parameters take, in whole vectors.
template <class T>
i64 shape_layers(const PellucidPlan& plan, const Seen& seen, LayerShape<T>* layers) {
    i64 place = 0;
    for (int k = 0; k < plan.n_layers; k++) {
        const PellucidLayer& is = plan.layer[k];
        const auto weights = weights_of<T>(plan, seen, k);
        if (layers) layers[k] = {is, weights, place};
        if (is.rule == DENSE) place += round_up(weights.size(), 64 / i64(sizeof(T)));
    }
    return place;
}

// --- Masks: an array laid out as the parameters, 0 where there is no weight ----------------------------------------

INLINE bool is_masked(const PellucidPlan& plan) {
    bool masked = false;
    for (int k = 0; k < plan.n_layers; k++) masked = masked || (plan.layer[k].rule == DENSE && plan.layer[k].mask);
    return masked;
}

template <class T>
void write_mask(const LayerShape<T>& layer, T* mask) {
    const int n_in = layer.is.n_in, n_out = layer.is.n_out;
    for (i64 i = 0; i < layer.weights.size(); i++) mask[layer.place + i] = 1;
    for (int k = 0; k < n_in && layer.is.mask; k++)
        for (int j = 0; j < n_out; j++)
            if (!layer.is.mask[k * i64(n_out) + j]) mask[layer.place + layer.weights.place(k, j)] = 0;
}

// n numbers are kept where the mask is not 0, whatever stands elsewhere.
template <class T>
INLINE void keep_unmasked(T* numbers, const T* mask, i64 n) {
    for (i64 i = 0; i < n; i++) numbers[i] = mask[i] != 0 ? numbers[i] : T(0);
}

}  // namespace
