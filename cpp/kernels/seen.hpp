// Layers that see all: the matrix in which they find the network's inputs and what every layer before them gave.
//
// It has X and the values of each layer side by side; a layer that sees all reads its first columns. The same shape
// holds the errors that such layers send back: each adds its own, and a layer's error is its columns of the sum,
// plus what a following layer that sees only the previous one sends.
//
// A trap: the columns that fill a reader's last panel up are other layers' values here, and may be anything.
#pragma once

#include "program.hpp"

namespace {

// The first columns of a wider matrix, as they lie in its panels.
INLINE Panels first_columns(const Panels& all, int columns) {
    const int count = (columns + all.width - 1) / all.width, last = all.width_of(count - 1);
    return {columns, all.width, count, last, i64(count - 1) * all.width + last};
}

// The shared matrix of a network; no columns where no layer needs it.
struct Seen {
    int last;  // the last layer that sees all
    Panels panels;

    INLINE bool any() const { return panels.columns > 0; }
    INLINE bool reads(const PellucidPlan& plan, int k) const { return any() && (k == 0 || plan.layer[k].sees); }
    // Where the values of layer k are in it; k = -1: the network's inputs.
    INLINE int column(const PellucidPlan& plan, int k) const {
        int at = k < 0 ? 0 : plan.layer[0].n_in;
        for (int i = 0; i < k; i++) at += plan.layer[i].n_out;
        return at;
    }
};

template <class T>
INLINE Seen seen_of(const PellucidPlan& plan) {
    Seen seen{0, {}};
    for (int k = 1; k < plan.n_layers; k++)
        if (plan.layer[k].sees) seen = {k, panels_of<T>(plan.layer[k].n_in)};
    return seen;
}

// The panels in which a layer finds its inputs.
template <class T>
INLINE Panels inputs_of(const PellucidPlan& plan, const Seen& seen, int k) {
    const int n = plan.layer[k].n_in;
    return seen.reads(plan, k) ? first_columns(seen.panels, n) : panels_of<T>(n);
}

// What fills the last panel up becomes 0 again: 0 times a slope that was not finite may have left NaN there.
template <class T>
INLINE void clear_filling(const Matrix<T>& m, i64 first, i64 end) {
    const int last = m.panels.count - 1;
    for (i64 row = first; row < end; row++)
        for (int c = m.panels.used(last); c < m.panels.last; c++) m.at(last, row)[c] = 0;
}

// Copies `also` columns from column `weights` of a matrix to column `bias` of another, or adds them.
template <bool ADD, class T>
void columns_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    for (i64 done = 0; done < op.also;) {
        const i64 here = op.weights + done, there = op.bias + done;
        const int p = int(here / op.in.width), q = int(there / op.out.width);
        const i64 left = (p + 1) * i64(op.in.width) - here, room = (q + 1) * i64(op.out.width) - there;
        i64 n = op.also - done < left ? op.also - done : left;
        n = n < room ? n : room;
        const Matrix<T> from{f.base + op.from, op.in, op.capacity}, to{f.base + op.to, op.out, op.capacity};
        const T* x = from.at(p, first) + here % op.in.width;
        T* y = to.at(q, first) + there % op.out.width;
        for (i64 row = first; row < end; row++) {
            for (i64 c = 0; c < n; c++) y[c] = ADD ? y[c] + x[c] : x[c];
            x += op.in.width_of(p);
            y += op.out.width_of(q);
        }
        done += n;
    }
    if (!ADD && op.also == op.out.columns) clear_filling(Matrix<T>{f.base + op.to, op.out, op.capacity}, first, end);
}

// Some columns of a matrix of values.
struct SomeColumns {
    i64 place;
    Panels panels;
    int first;
};

template <class T>
void write_columns(Program<T>& program, bool add, const SomeColumns& from, const SomeColumns& to, int n, i64 capacity) {
    Op<T> op{};
    op.run = add ? columns_op<true, T> : columns_op<false, T>;
    op.from = from.place, op.in = from.panels, op.weights = from.first;
    op.to = to.place, op.out = to.panels, op.bias = to.first;
    op.also = n, op.capacity = capacity;
    program.add(op);
}

}  // namespace
