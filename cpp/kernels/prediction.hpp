// Answers: rows through the layers, nothing kept on the way.
#pragma once

#include "shapes.hpp"

namespace {

constexpr i64 ROWS_AT_A_TIME = 64;

// A network that answers: its parameters, and the programs for one row and for many. It is never written while it
// answers, so that any number of threads may ask it at once, each with scratch of its own for the values.
template <class T>
struct Model {
    int n_layers;
    i64 widest;  // numbers in a row of the widest layer
    Seen seen;
    LayerShape<T>* shapes;
    T *parameters, *mask;  // mask: null where all weights are there
    i64 units;             // where the lists of layers by unit begin among parameters
    i64 answers[2];        // where the answer is at the end: of one row, of many
    Program<T> one, many;

    INLINE const Program<T>& program(i64 rows) const { return rows == 1 ? one : many; }
    INLINE i64 capacity(i64 rows) const { return rows == 1 ? 1 : ROWS_AT_A_TIME; }
    // Two matrices: what goes into a layer and what comes out of it.
    INLINE i64 half(i64 rows) const { return round_up(widest * capacity(rows), 64) + 64; }
    // And behind them what layers that see all find.
    INLINE i64 seen_at(i64 rows) const { return 2 * half(rows); }
    INLINE i64 scratch(i64 rows) const {
        return seen_at(rows) + (seen.any() ? round_up(seen.panels.padded * capacity(rows), 64) + 64 : 0);
    }
    INLINE i64 x_at(i64 rows) const { return seen.any() ? seen_at(rows) : 0; }
    INLINE i64 answer(i64 rows) const { return answers[rows > 1]; }
};

// Returns where the answer is.
template <class T>
i64 write_answers(Program<T>& program, const Model<T>& m, const PellucidPlan& plan, i64 rows) {
    i64 here = 0, there = m.half(rows), units = m.units;
    const i64 capacity = m.capacity(rows);
    for (int k = 0; k < m.n_layers; k++) {
        const auto& shape = m.shapes[k];
        const bool sees = m.seen.reads(plan, k);
        const SomeColumns all{m.seen_at(rows), m.seen.panels, 0}, next{there, shape.weights.out, 0};
        if (shape.dense())
            write_dense(program, shape.weights, shape.place, {false, sees, false, 0}, sees ? all.place : here, there,
                        capacity);
        else if (sees)
            write_columns(program, false, all, next, shape.is.n_in, capacity);
        if (shape.dense() || sees) {
            const i64 swap = here;
            here = there;
            there = swap;
        }
        // A dropout layer lets everything pass.
        write_any_activation(program, shape.is, {units, false}, shape.weights.out, here, here, capacity, capacity);
        units += unit_numbers<T>(shape.is);
        if (k < m.seen.last)
            write_columns(program, false, {here, shape.weights.out, 0}, {all.place, all.panels, m.seen.column(plan, k)},
                          shape.is.n_out, capacity);
    }
    return here;
}

// At most so many operations: a layer's sums, panel by panel, its activations, and two copies.
template <class T>
INLINE i64 most_ops(const PellucidPlan& plan) {
    i64 n = 0;
    for (int k = 0; k < plan.n_layers; k++)
        n += panels_of<T>(plan.layer[k].n_out).count + kinds_of<T>(plan.layer[k]) + 2;
    return n;
}

template <class T>
void lay_out_model(Model<T>& m, const PellucidPlan& plan, Store& store) {
    m.n_layers = plan.n_layers;
    m.seen = seen_of<T>(plan);
    m.shapes = store.take<LayerShape<T>>(plan.n_layers);
    m.units = shape_layers<T>(plan, m.seen, m.shapes);
    i64 lists = 0;
    for (int k = 0; k < plan.n_layers; k++) lists += unit_numbers<T>(plan.layer[k]);
    m.parameters = store.take<T>(m.units + lists);
    if (is_masked(plan)) m.mask = store.take<T>(m.units);
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
    i64 units = m.units;
    for (int k = 0; k < m.n_layers; k++) {
        write_units(plan->layer[k], m.parameters + units);
        units += unit_numbers<T>(plan->layer[k]);
        if (m.mask && m.shapes[k].dense()) write_mask(m.shapes[k], m.mask);
    }
    m.answers[0] = write_answers(m.one, m, *plan, 1);
    m.answers[1] = write_answers(m.many, m, *plan, ROWS_AT_A_TIME);
}

template <class T>
void model_write(void* memory, int layer, int which, const void* from) {
    auto& m = *static_cast<Model<T>*>(memory);
    const auto& shape = m.shapes[layer];
    T* block = m.parameters + shape.place;
    put_weights(shape.weights, block, which, static_cast<const T*>(from));
    if (m.mask) keep_unmasked(block, m.mask + shape.place, shape.weights.size());
}

template <class T>
u64 scratch_bytes(const void* model, i64 rows) {
    return u64(static_cast<const Model<T>*>(model)->scratch(rows)) * sizeof(T);
}

template <class T>
void predict(const void* model, void* scratch, const void* from, i64 rows, void* to) {
    const auto& m = *static_cast<const Model<T>*>(model);
    const i64 n_in = m.shapes[0].is.n_in, n_out = m.shapes[m.n_layers - 1].is.n_out, capacity = m.capacity(rows);
    Frame<T> frame{};
    frame.base = static_cast<T*>(scratch);
    frame.parameters = m.parameters;
    const Matrix<T> x{frame.base + m.x_at(rows), m.shapes[0].weights.in, capacity};
    const Matrix<T> answer{frame.base + m.answer(rows), m.shapes[m.n_layers - 1].weights.out, capacity};
    const T* X = static_cast<const T*>(from);
    T* out = static_cast<T*>(to);
    for (i64 row = 0; row < rows; row += ROWS_AT_A_TIME) {
        const i64 some = rows - row < ROWS_AT_A_TIME ? rows - row : ROWS_AT_A_TIME;
        for (i64 r = 0; r < some; r++) {
            put_row(x, r, X + (row + r) * n_in);
            // An earlier block's layers may have left an infinity there, and 0 times that is NaN.
            if (row > 0) clear_filling(x, r, r + 1);
        }
        m.program(rows).run(frame, 0, some);
        for (i64 r = 0; r < some; r++) get_row(answer, r, out + (row + r) * n_out);
    }
}

}  // namespace
