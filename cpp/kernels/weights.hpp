// The second half of a step: gradients of weights and, while they are in the first cache, the optimizer's step on them.
//
// Weights are divided into pieces that are side by side in memory; tasks are what one member does without asking
// others.
#pragma once

#include "annealing.hpp"
#include "shapes.hpp"

namespace {

template <class T>
struct Piece;

template <class T>
using GradientOf = void (*)(const Piece<T>&, const T* base, i64 samples, T* g, int first, int n);
template <class T>
using UpdateOf = T (*)(const T* old, T* now, i64 slot, const T* g, i64 n, const StepNumbers<T>&);
template <class T>
using AnnealedOf = T (*)(const T* old, T* now, i64 slot, const T* g, i64 n, const StepNumbers<T>&, Key, Draws);

// Weights from some inputs: from `first` on, n of them; `size` numbers from `place` on among all parameters, of which
// `weights` are not biases.
struct Slab {
    int first, n;
    i64 place, size, weights;
};

// Weights from one panel of a layer's inputs to one panel of its outputs, with the bias where it is the last one of
// inputs.
template <class T>
struct Piece {
    GradientOf<T> gradient;
    UpdateOf<T> update;
    Slab whole;
    i64 width;    // of the row of one input's weights
    i64 x, dz;    // places of the panels of values that its gradient comes from
    i64 bias;     // where the bias is in it; -1: nowhere
    int slab;     // so many inputs are summed and changed at a time
    int x_width;  // of the inputs' panel
    i64 turned;   // place among values of the weights turned for the way back; -1: none
    int turned_step, turned_width,
        turned_n;  // there: from one output to the next; the outputs' panel: width and columns
    T l1, l2;
    GradientOf<T> unmasked;  // where there is a mask: the gradient of all weights,
    const T* mask;           // and the mask of this piece's; else null
    AnnealedOf<T> annealed;  // sarprop's update instead of the other; else null
    Draws draws;             // whose noise is this
    int layer;               // of that layer's stream
};

// Some pieces of one panel of outputs.
struct Task {
    int first, last;  // pieces
    i64 column;       // max-norm: place of the panel's weights
    int step, columns, inputs;
    double max_norm;  // 0: no limit
    int after;        // what follows the update: some of AFTER
};

enum After : int { MASKS = 1, LIMITS = 2, TURNS = 4 };

// --- Gradients -----------------------------------------------------------------------------------------------------

// Of the inputs first .. first + n - 1 of a piece; with the last one, of the bias.
template <class V, int NV, class T>
void panel_gradient(const Piece<T>& piece, const T* base, i64 samples, T* g, int first, int n) {
    constexpr int width = NV * Parts<V>::N;
    const bool bias = piece.bias >= 0 && first + n == piece.whole.n;
    const T *x = base + piece.x + first, *dz = base + piece.dz;
    for (bool more = false; samples > 0; more = true) {
        const i64 some = samples < SAMPLES_AT_A_TIME<T> ? samples : SAMPLES_AT_A_TIME<T>;
        gradient_panel<V, NV>(x, piece.x_width, dz, some, g, n, more);
        if (bias) column_sums<V, NV>(dz, some, g + n * width, more);
        x += some * piece.x_width;
        dz += some * width;
        samples -= some;
    }
}

// A single output: the errors are one column, and the vectors go along the inputs.
template <class V, int NV, class T>
void column_gradient(const Piece<T>& piece, const T* base, i64 samples, T* g, int, int) {
    const T* dz = base + piece.dz;
    if (piece.bias >= 0) {
        for (i64 i = piece.x_width; i < piece.whole.size; i++) g[i] = 0;
        g[piece.bias] = sum_of(dz, samples);
    }
    gradient_panel<V, NV>(dz, 1, base + piece.x, samples, g, 1, false);
    // The inputs that fill the last panel up are finite numbers, not zeros: their weights stay 0.
    for (i64 i = piece.whole.n; i < piece.x_width; i++) g[i] = 0;
}

template <class T>
void single_gradient(const Piece<T>& piece, const T* base, i64 samples, T* g, int, int) {
    const T *x = base + piece.x, *dz = base + piece.dz;
    T total = 0;
    for (i64 s = 0; s < samples; s++) total += x[s] * dz[s];
    for (i64 i = 1; i < piece.whole.size; i++) g[i] = 0;
    g[0] = total;
    if (piece.bias >= 0) g[piece.bias] = sum_of(dz, samples);
}

template <class T>
void masked_gradient(const Piece<T>& piece, const T* base, i64 samples, T* g, int first, int n) {
    piece.unmasked(piece, base, samples, g, first, n);
    const bool column = piece.width == 0;
    keep_unmasked(g, piece.mask + first * piece.width, column ? piece.whole.weights : n * piece.width);
}

// While the divider and the square root work on the weights of one slab, the multipliers can begin with the next.
constexpr int SLAB = TILE_ROWS<2>;

// --- Listing pieces and tasks --------------------------------------------------------------------------------------

// Where a layer's values are: what goes in, the errors that come back, and its weights turned (-1: none), of which the
// panels of inputs before `first_turned` are not needed. `mask` is that of all parameters, or null; `layer` its number.
template <class T>
struct Around {
    i64 x, dz, turned, capacity;
    int first_turned;
    const T* mask;
    int layer;
};

template <class T>
Piece<T> piece_of(const LayerShape<T>& layer, const Around<T>& at, const Weights<T>& turned, int optimizer, int panel,
                  int p) {
    const Weights<T>& shape = layer.weights;
    const bool bias = shape.bias && p == shape.in.count - 1;
    const i64 first = p * i64(shape.in.width);
    Piece<T> piece{};
    piece.x = at.x + first * at.capacity;
    piece.dz = at.dz + panel * i64(shape.out.width) * at.capacity;
    piece.x_width = shape.in.width_of(p);
    const int n = shape.in.used(p);
    piece.l1 = T(layer.is.l1), piece.l2 = T(layer.is.l2);
    piece.bias = piece.turned = -1;
    piece.slab = shape.is_column() ? n : SLAB;
    const int width = shape.is_column() ? piece.x_width : shape.out.width_of(panel);
    if (shape.is_column()) {
        piece.whole = {0, n, layer.place + first, bias ? shape.size() - first : width, width};
        if (bias) piece.bias = shape.column_bias() - first;
        piece.gradient = single_gradient<T>;
        if (width > 1) with_width<T>(width, [&]<class V, int NV>() { piece.gradient = column_gradient<V, NV, T>; });
    } else {
        const i64 weights = i64(n) * width;
        piece.whole = {0, n, layer.place + shape.panel(panel) + first * width, weights + bias * width, weights};
        piece.width = width;
        if (bias) piece.bias = weights;
        with_width<T>(width, [&]<class V, int NV>() { piece.gradient = panel_gradient<V, NV, T>; });
    }
    with_width<T>(element_width<T>(width, width), [&]<class V, int NV>() {
        piece.update = update_of<V>(optimizer);
        piece.annealed = optimizer == SARPROP ? annealed_run<V, T> : nullptr;
    });
    piece.draws = draws_of(shape, panel, first, piece.width);
    piece.layer = at.layer;
    if (layer.is.mask) {
        piece.unmasked = piece.gradient;
        piece.gradient = masked_gradient<T>;
        piece.mask = at.mask + piece.whole.place;
    }
    if (at.turned >= 0 && p >= at.first_turned) {
        piece.turned = at.turned + turned.place(panel * shape.out.width, int(first));
        piece.turned_step = turned.is_column() ? 1 : turned.out.width_of(p);
        piece.turned_width = width, piece.turned_n = shape.out.used(panel);
    }
    return piece;
}

template <class T>
struct TaskList {
    Piece<T>* pieces;
    Task* tasks;
    int n_pieces, n_tasks;
};

template <class T>
void list_layer(TaskList<T>& list, const LayerShape<T>& layer, const Around<T>& at, const Weights<T>& turned,
                int optimizer) {
    const Weights<T>& shape = layer.weights;
    for (int j = 0; j < shape.out.count; j++)
        for (int p = 0; p < shape.in.count; p++) {
            list.pieces[list.n_pieces] = piece_of(layer, at, turned, optimizer, j, p);
            // A unit's incoming weights are limited together, so they stay in one task.
            const bool joins = p > 0 && layer.is.max_norm > 0;
            const int columns = shape.is_column() ? 1 : shape.out.used(j);
            const int after = (layer.is.mask ? MASKS : 0) | (layer.is.max_norm > 0 ? LIMITS : 0) |
                              (list.pieces[list.n_pieces].turned >= 0 ? TURNS : 0);
            if (joins)
                list.tasks[list.n_tasks - 1].last++, list.tasks[list.n_tasks - 1].after |= after;
            else
                list.tasks[list.n_tasks++] = {list.n_pieces,
                                              list.n_pieces + 1,
                                              layer.place + shape.panel(j),
                                              shape.is_column() ? 1 : shape.out.width_of(j),
                                              columns,
                                              shape.in.columns,
                                              layer.is.max_norm,
                                              after};
            list.n_pieces++;
        }
}

// The most numbers that a piece of this layer's has, filled up to whole vectors.
template <class T>
i64 most_in_piece(const Weights<T>& shape) {
    const i64 most = shape.is_column() ? shape.size() : (shape.in.width + 1) * i64(shape.out.width);
    return round_up(most, LANES<T>);
}

// --- One step ------------------------------------------------------------------------------------------------------

// What a step is made with, for all tasks.
template <class T>
struct Step {
    i64 samples;
    T* base;              // of values
    const T* parameters;  // before the step
    T* new_parameters;    // and after it
    i64 slot;             // from parameters to the first slot
    StepNumbers<T> numbers;
    const Key* noise;  // sarprop: the step's stream of each layer
};

// Writes a piece's weights where the way back reads them.
template <class T>
NEVER_INLINE void turn(const Piece<T>& piece, const T* parameters, T* base) {
    const T* from = parameters + piece.whole.place;
    T* to = base + piece.turned;
    for (int j = 0; j < piece.turned_n; j++)
        for (int k = 0; k < piece.whole.n; k++)
            to[j * i64(piece.turned_step) + k] = from[k * i64(piece.turned_width) + j];
}

// Shrinks the columns whose norm is above the limit; divides by the largest weight before squaring.
template <class T>
NEVER_INLINE void limit_norms(const Task& task, T* parameters) {
    const T limit = T(task.max_norm);
    const i64 step = task.step;
    for (int j = 0; j < task.columns; j++) {
        T* column = parameters + task.column + j;
        T largest = 0, total = 0;
        for (int k = 0; k < task.inputs; k++) {
            const T size = column[k * step] < 0 ? -column[k * step] : column[k * step];
            largest = size <= largest ? largest : size;
        }
        const T unit = largest > 0 ? largest : T(1);
        for (int k = 0; k < task.inputs; k++) total += (column[k * step] / unit) * (column[k * step] / unit);
        const T norm = largest * square_root(all<Vec<T, NARROWEST<T>>>(total))[0];
        if (norm > limit)
            for (int k = 0; k < task.inputs; k++) column[k * step] *= limit / norm;
    }
}

// The slab of a piece that begins with the input `first`; the last one has the biases.
template <class T>
INLINE Slab slab_of(const Piece<T>& piece, int first) {
    const Slab& whole = piece.whole;
    const int n = whole.n - first < piece.slab ? whole.n - first : piece.slab;
    const i64 before = first * piece.width, weights = n * piece.width;
    return {first, n, whole.place + before, first + n == whole.n ? whole.size - before : weights, weights};
}

// A slab's gradient into `g`, with its penalty's slope; returns the penalty. What fills the last vector up is 0.
template <class T>
INLINE double slab_gradient(const Piece<T>& piece, const Slab& slab, const Step<T>& step, T* g) {
    piece.gradient(piece, step.base, step.samples, g, slab.first, slab.n);
    for (i64 i = slab.size; i % LANES<T>; i++) g[i] = 0;
    if (piece.l1 == 0 && piece.l2 == 0) return 0;
    return penalise(step.parameters + slab.place, g, slab.weights, piece.l1, piece.l2);
}

template <class T>
INLINE T update_slab(const Piece<T>& piece, const Slab& slab, const Step<T>& step, const T* g) {
    const T* old = step.parameters + slab.place;
    T* now = step.new_parameters + slab.place;
    if (!piece.annealed) return piece.update(old, now, step.slot, g, slab.size, step.numbers);
    Draws draws = piece.draws;
    draws.first += slab.first * draws.step;
    return piece.annealed(old, now, step.slot, g, slab.size, step.numbers, step.noise[piece.layer], draws);
}

template <class T>
INLINE void after_update(const TaskList<T>& list, const Task& task, const Step<T>& step) {
    for (int p = task.first; task.after & MASKS && p < task.last; p++)
        keep_unmasked(step.new_parameters + list.pieces[p].whole.place, list.pieces[p].mask,
                      list.pieces[p].whole.weights);
    if (task.after & LIMITS) limit_norms(task, step.new_parameters);
    for (int p = task.first; task.after & TURNS && p < task.last; p++)
        if (list.pieces[p].turned >= 0) turn(list.pieces[p], step.new_parameters, step.base);
}

// Gradient and update of one task at once. Returns NaN where something is no longer finite, else 0.
template <class T>
INLINE double whole_task(const TaskList<T>& list, const Task& task, const Step<T>& step, T* scratch, double& penalty) {
    double finite = 0;
    penalty = 0;
    for (int p = task.first; p < task.last; p++) {
        const Piece<T>& piece = list.pieces[p];
        const auto change = [&](const Slab& slab) INLINE_LAMBDA {
            penalty += slab_gradient(piece, slab, step, scratch);
            finite += update_slab(piece, slab, step, scratch);
        };
        if (piece.whole.n <= piece.slab)
            change(piece.whole);
        else
            for (int first = 0; first < piece.whole.n; first += piece.slab) change(slab_of(piece, first));
    }
    if (task.after) after_update(list, task, step);
    return finite;
}

}  // namespace
