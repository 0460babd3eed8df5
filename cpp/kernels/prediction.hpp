// Answers: rows through the layers, nothing kept on the way.
#pragma once

#include "program.hpp"

namespace {

constexpr i64 ROWS_AT_A_TIME = 64;

// A network that answers: its parameters, and the programs for one row and for many. It is never written while it
// answers, so that any number of threads may ask it at once, each with scratch of its own for the values.
template <class T>
struct Model {
    int n_layers;
    i64 widest;  // numbers in a row of the widest layer
    LayerShape<T>* shapes;
    T* parameters;
    Program<T> one, many;

    INLINE const Program<T>& program(i64 rows) const { return rows == 1 ? one : many; }
    INLINE i64 capacity(i64 rows) const { return rows == 1 ? 1 : ROWS_AT_A_TIME; }
    // Two matrices: what goes into a layer and what comes out of it.
    INLINE i64 half(i64 rows) const { return round_up(widest * capacity(rows), 64) + 64; }
    // Where the answer is at the end.
    INLINE i64 answer(i64 rows) const {
        int dense = 0;
        for (int k = 0; k < n_layers; k++) dense += shapes[k].dense();
        return dense % 2 * half(rows);
    }
};

template <class T>
void write_answers(Program<T>& program, const Model<T>& m, i64 rows) {
    i64 here = 0, there = m.half(rows);
    const i64 capacity = m.capacity(rows);
    for (int k = 0; k < m.n_layers; k++) {
        const auto& shape = m.shapes[k];
        if (shape.dense()) {
            write_dense(program, shape.weights, shape.place, false, here, there, capacity);
            const i64 swap = here;
            here = there;
            there = swap;
        }
        // A dropout layer lets everything pass.
        write_activation(program, shape.is, panels_of<T>(shape.is.n_out), here, here, capacity, capacity);
    }
}

// At most so many operations for one layer: a panel's sum and its activation.
template <class T>
INLINE i64 most_ops(const PellucidPlan& plan) {
    i64 n = 0;
    for (int k = 0; k < plan.n_layers; k++) n += 2 * panels_of<T>(plan.layer[k].n_out).count;
    return n;
}

template <class T>
void lay_out_model(Model<T>& m, const PellucidPlan& plan, Store& store) {
    m.n_layers = plan.n_layers;
    m.shapes = store.take<LayerShape<T>>(plan.n_layers);
    m.parameters = store.take<T>(shape_layers<T>(plan, m.shapes));
    m.one = {store.take<Op<T>>(most_ops<T>(plan)), 0};
    m.many = {store.take<Op<T>>(most_ops<T>(plan)), 0};
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
    write_answers(m.one, m, 1);
    write_answers(m.many, m, ROWS_AT_A_TIME);
}

template <class T>
void model_write(void* memory, int layer, int which, const void* from) {
    auto& m = *static_cast<Model<T>*>(memory);
    const auto& shape = m.shapes[layer];
    put_weights(shape.weights, m.parameters + shape.place, which, static_cast<const T*>(from));
}

template <class T>
u64 scratch_bytes(const void* model, i64 rows) {
    return u64(2 * static_cast<const Model<T>*>(model)->half(rows)) * sizeof(T);
}

// What fills a row's last panel up, 0 again: an earlier block's layers may have left an infinity there, and 0 times
// that is NaN.
template <class T>
INLINE void clear_filling(const Matrix<T>& x, i64 row) {
    const int last = x.panels.count - 1;
    for (int c = x.panels.used(last); c < x.panels.last; c++) x.at(last, row)[c] = 0;
}

template <class T>
void predict(const void* model, void* scratch, const void* from, i64 rows, void* to) {
    const auto& m = *static_cast<const Model<T>*>(model);
    const i64 n_in = m.shapes[0].is.n_in, n_out = m.shapes[m.n_layers - 1].is.n_out, capacity = m.capacity(rows);
    Frame<T> frame{};
    frame.base = static_cast<T*>(scratch);
    frame.parameters = m.parameters;
    const Matrix<T> x{frame.base, m.shapes[0].weights.in, capacity};
    const Matrix<T> answer{frame.base + m.answer(rows), m.shapes[m.n_layers - 1].weights.out, capacity};
    const T* X = static_cast<const T*>(from);
    T* out = static_cast<T*>(to);
    for (i64 row = 0; row < rows; row += ROWS_AT_A_TIME) {
        const i64 some = rows - row < ROWS_AT_A_TIME ? rows - row : ROWS_AT_A_TIME;
        for (i64 r = 0; r < some; r++) {
            put_row(x, r, X + (row + r) * n_in);
            if (row > 0) clear_filling(x, r);
        }
        m.program(rows).run(frame, 0, some);
        for (i64 r = 0; r < some; r++) get_row(answer, r, out + (row + r) * n_out);
    }
}

}  // namespace
