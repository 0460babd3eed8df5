// Answers: rows through the layers, nothing kept on the way.
#pragma once

#include "network.hpp"

namespace {

// A network that answers: its shapes and, behind them, its parameters. It is never written while it answers, so that any
// number of threads may ask it at once, each with scratch of its own.
template <class T>
struct Model {
    int n_layers;
    i64 widest;  // numbers in a row of the widest layer
    LayerShape<T>* shapes;
    T* parameters;
};

constexpr i64 ROWS_AT_A_TIME = 64;

template <class T>
void lay_out_model(Model<T>& m, const PellucidPlan& plan, Store& store) {
    m.n_layers = plan.n_layers;
    m.shapes = store.take<LayerShape<T>>(plan.n_layers);
    m.parameters = store.take<T>(shape_layers<T>(plan, m.shapes));
    m.widest = panels_of<T>(plan.layer[0].n_in).padded;
    for (int k = 0; k < plan.n_layers; k++) {
        const i64 padded = panels_of<T>(plan.layer[k].n_out).padded;
        if (padded > m.widest) m.widest = padded;
    }
}

template <class T>
u64 model_bytes(const PellucidPlan* plan) {
    Model<T> m{};
    Store store{nullptr, u64(round_up(sizeof(Model<T>), 64))};
    lay_out_model(m, *plan, store);
    return store.used;
}

template <class T>
void model_begin(void* memory, const PellucidPlan* plan) {
    auto& m = *static_cast<Model<T>*>(memory);
    Store store{static_cast<char*>(memory), u64(round_up(sizeof(Model<T>), 64))};
    lay_out_model(m, *plan, store);
}

template <class T>
void model_write(void* memory, int layer, int which, const void* from) {
    auto& m = *static_cast<Model<T>*>(memory);
    const auto& shape = m.shapes[layer];
    put_weights(shape.weights, m.parameters + shape.place, which, static_cast<const T*>(from));
}

// Two matrices: what goes into a layer and what comes out of it.
template <class T>
INLINE i64 scratch_size(const Model<T>& m, i64 rows) {
    return round_up(m.widest * (rows < ROWS_AT_A_TIME ? rows : ROWS_AT_A_TIME), 64) + 64;
}

template <class T>
u64 scratch_bytes(const void* model, i64 rows) {
    return u64(2 * scratch_size(*static_cast<const Model<T>*>(model), rows)) * sizeof(T);
}

template <class T>
INLINE void answer(const Model<T>& m, T* scratch, i64 size, const T* X, i64 rows, T* out) {
    T *here = scratch, *there = scratch + size;
    Matrix<T> x{here, m.shapes[0].weights.in, rows};
    for (i64 row = 0; row < rows; row++) put_row(x, row, X + row * x.panels.columns);
    for (int k = 0; k < m.n_layers; k++) {
        const auto& shape = m.shapes[k];
        if (shape.dense()) {
            const Matrix<T> z{there, shape.weights.out, rows};
            forward(x, shape.weights, m.parameters + shape.place, z, 0, rows);
            x = z;
            there = here;
            here = x.data;
        }
        activate_rows(shape.is, x, x, 0, rows);  // a dropout layer lets everything pass
    }
    for (i64 row = 0; row < rows; row++) get_row(x, row, out + row * x.panels.columns);
}

template <class T>
void predict(const void* model, void* scratch, const void* X, i64 rows, void* out) {
    const auto& m = *static_cast<const Model<T>*>(model);
    const i64 n_in = m.shapes[0].is.n_in, n_out = m.shapes[m.n_layers - 1].is.n_out;
    const i64 size = scratch_size(m, rows);
    for (i64 row = 0; row < rows; row += ROWS_AT_A_TIME) {
        const i64 some = rows - row < ROWS_AT_A_TIME ? rows - row : ROWS_AT_A_TIME;
        answer(m, static_cast<T*>(scratch), size, static_cast<const T*>(X) + row * n_in, some,
               static_cast<T*>(out) + row * n_out);
    }
}

}  // namespace
