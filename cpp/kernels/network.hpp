// Layers as the kernels see them, for training and for answering alike: shapes, weights, and a layer's forward step.
#pragma once

#include "dense.hpp"
#include "losses.hpp"

namespace {

// Memory handed out in order from one block, each piece aligned; with no block it only counts. Between two pieces there
// is room for a vector, since kernels read and write whole vectors past the end.
struct Store {
    char* block;
    u64 used;

    template <class T>
    INLINE T* take(i64 n) {
        T* piece = block ? reinterpret_cast<T*>(block + used) : nullptr;
        used += u64(round_up(n * i64(sizeof(T)) + REGISTER_BYTES, 64));
        return piece;
    }
};

// What of a layer does not change while it runs.
template <class T>
struct LayerShape {
    PellucidLayer is;
    Weights<T> weights;  // dense
    i64 place;           // where its parameters begin among all parameters

    INLINE bool dense() const { return is.rule == DENSE; }
    INLINE bool elementwise() const { return is.activation != SOFTMAX; }
};

// Sets the shapes of all layers; returns how many numbers all parameters take, in whole vectors.
template <class T>
INLINE i64 shape_layers(const PellucidPlan& plan, LayerShape<T>* layers) {
    i64 place = 0;
    for (int k = 0; k < plan.n_layers; k++) {
        const PellucidLayer& is = plan.layer[k];
        const auto weights = weights_of<T>(is.n_in, is.n_out, is.rule == DENSE && is.bias);
        if (layers) layers[k] = {is, weights, place};
        if (is.rule == DENSE) place += round_up(weights.size(), 64 / i64(sizeof(T)));
    }
    return place;
}

// a = activation(z) for rows first .. end; z and a may be one.
template <class T>
INLINE void activate_rows(const PellucidLayer& is, const Matrix<T>& z, const Matrix<T>& a, i64 first, i64 end) {
    if (is.activation == SOFTMAX) return softmax_rows(z, a, first, end);
    if (is.activation == LINEAR && z.data == a.data) return;
    for (int p = 0; p < z.panels.count; p++) {
        const i64 n = (end - first) * z.panels.width_of(p);
        with_width<T>(element_width<T>(z.panels.width_of(p), n), [&]<class V, int NV>() INLINE_LAMBDA {
            activate_all<V>(is.activation, T(is.alpha), z.at(p, first), a.at(p, first), n);
        });
    }
}

// d = dL/da becomes dL/dz for rows first .. end.
template <class T>
INLINE void slope_rows(
    const PellucidLayer& is, const Matrix<T>& z, const Matrix<T>& a, const Matrix<T>& d, i64 first, i64 end) {
    if (is.activation == SOFTMAX) return softmax_slope_rows(a, d, first, end);
    if (is.activation == LINEAR) return;
    for (int p = 0; p < z.panels.count; p++) {
        const i64 n = (end - first) * z.panels.width_of(p);
        with_width<T>(element_width<T>(z.panels.width_of(p), n), [&]<class V, int NV>() INLINE_LAMBDA {
            slope_all<V>(is.activation, T(is.alpha), z.at(p, first), a.at(p, first), d.at(p, first), n);
        });
    }
}

}  // namespace
