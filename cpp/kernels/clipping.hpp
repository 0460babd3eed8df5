// Steps whose gradients are clipped: all gradients first, then their common norm, then the updates.
#pragma once

#include "weights.hpp"

namespace {

// One task's gradients, kept in `gradients`. Returns the largest size.
template <class T>
double kept_gradients(const TaskList<T>& list, const Task& task, const Step<T>& step, T* scratch, T* gradients,
                      double& penalty) {
    double largest = 0;
    penalty = 0;
    for (int p = task.first; p < task.last; p++) {
        const Piece<T>& piece = list.pieces[p];
        penalty += slab_gradient(piece, piece.whole, step, scratch);
        // By way of the scratch: the zeros that fill up its last vector would fall on another piece's gradient.
        copy(gradients + piece.whole.place, scratch, piece.whole.size);
        for (i64 i = 0; i < piece.whole.size; i++) {
            const double size = scratch[i] < 0 ? -scratch[i] : scratch[i];
            largest = size <= largest ? largest : size;
        }
    }
    return largest;
}

// The sum of the squares of a task's gradients, in `unit`.
template <class T>
double squares_of(const TaskList<T>& list, const Task& task, const T* gradients, double unit) {
    double total = 0;
    for (int p = task.first; p < task.last; p++) {
        const Slab& whole = list.pieces[p].whole;
        const T* g = gradients + whole.place;
        for (i64 i = 0; i < whole.size; i++) total += (g[i] / unit) * (g[i] / unit);
    }
    return total;
}

template <class T>
double clipped_task(const TaskList<T>& list, const Task& task, const Step<T>& step, const T* gradients, T scale,
                    T* scratch) {
    double finite = 0;
    for (int p = task.first; p < task.last; p++) {
        const Piece<T>& piece = list.pieces[p];
        const T* g = gradients + piece.whole.place;
        for (i64 i = 0; i < piece.whole.size; i++) scratch[i] = g[i] * scale;
        for (i64 i = piece.whole.size; i % LANES<T>; i++) scratch[i] = 0;
        finite += update_slab(piece, piece.whole, step, scratch);
    }
    if (task.after) after_update(list, task, step);
    return finite;
}

}  // namespace
