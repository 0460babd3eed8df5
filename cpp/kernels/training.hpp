// Training: whole epochs in one call, by one or more members (threads) who all run the same steps together.
//
// A step has two halves. First each member takes some rows of the batch all the way: forward, loss, and the errors back
// through the layers. Then, when all have met, each takes some of the weights: their gradient over all rows, and at once
// the optimizer's step on it, while it is still in the first cache. No number depends on how many members there are.
//
// Parameters and optimizer slots lie in three copies. An epoch begins in one and its first step writes the next, so that
// the starts of the last two epochs are still there without ever having been copied.
#pragma once

#include "network.hpp"
#include "random.hpp"
#include "updates.hpp"

namespace {

// Weights from one panel of a layer's inputs to one panel of its outputs, with the bias where it is the last one of inputs: side by
// side among all parameters, `size` numbers, of which `weights` are not biases.
struct Piece {
    int layer, panel, inputs;
    int width;  // for `with_width`: the vector to go through them with
    i64 place, size, weights;
};

// One share of the second half: some pieces of one panel of outputs.
struct Task {
    int layer, panel, first, last;
};

// Where training is. Each member keeps its own; all are equal after each step.
struct Cursor {
    i64 epoch, row;              // the row of the epoch's order at which the next batch begins
    int now, start, before;      // which copy holds the present, the start of the epoch, and that of the last one
    double loss, penalty, weight;
};

template <class T>
struct TrainingLayer {
    Matrix<T> z, a, d;  // z and a are one where z is not needed
    Matrix<T> mask;     // dropout: what each value is multiplied by
    T* turned;          // weights from outputs to inputs, for the way back; null where no error goes on
    Weights<T> turned_shape;
};

// What the members find out together, twice: one pair for even steps and one for odd, so that one can be read while the
// next is written.
struct Findings {
    double *losses, *penalties;  // by group of rows, by task
};

template <class T>
struct Session {
    PellucidPlan plan;
    PellucidData data;
    int n_layers, n_pieces, n_tasks, first_trained;
    i64 n_numbers;               // of all parameters, in one array or slot
    i64 chunk;                   // rows that go through the layers together
    LayerShape<T>* shapes;
    TrainingLayer<T>* layers;
    T* copies[3];
    Matrix<T> x, y;
    T* shares;
    Piece* pieces;
    Task* tasks;
    T* gradients;                // all of them, where the norm must be known before a step; else null
    T* scratch;                  // a task's gradient, for each member
    i64 scratch_size;
    Findings findings[2];
    double *largest, *squares, *broken;  // for clipping, by task; whether a member met something not finite
    u32 *order, *counts;
    u32* word_scratch;           // a row's random words, for each member
    i64 word_scratch_size;
    u64 *keys, *sorted;
    Cursor cursor;
    i64 steps;
    bool begun, turned_is_stale;

    INLINE bool full_batch() const { return plan.batch >= plan.n_rows; }
    INLINE T* array(int copy, int slot) const { return copies[copy] + (slot + 1) * n_numbers; }
};

INLINE i64 groups_of(i64 rows) { return (rows + GROUP - 1) / GROUP; }

// Layers whose weights do not fit into the second cache beside the rows take more rows at a time.
constexpr i64 LARGE_WEIGHTS = 1 << 19, SMALL_CHUNK = 64, LARGE_CHUNK = 256;

template <class T>
INLINE Piece piece_of(const LayerShape<T>& layer, int k, int panel, int inputs) {
    const Weights<T>& shape = layer.weights;
    const bool bias = shape.bias && inputs == shape.in.count - 1;
    const i64 first = inputs * i64(shape.in.width);
    if (shape.is_column()) {
        const i64 width = shape.in.width_of(inputs);
        return {k, panel, inputs, element_width<T>(int(width), width), layer.place + first,
                bias ? shape.size() - first : width, width};
    }
    const i64 width = shape.out.width_of(panel), used = shape.in.used(inputs);
    return {k, panel, inputs, element_width<T>(int(width), width), layer.place + shape.panel(panel) + first * width,
            (used + bias) * width, used * width};
}

// Lists all pieces and the tasks they make.
template <class T>
void list_tasks(Session<T>& s) {
    s.n_pieces = s.n_tasks = 0;
    for (int k = 0; k < s.n_layers; k++) {
        const auto& layer = s.shapes[k];
        if (!layer.dense()) continue;
        for (int j = 0; j < layer.weights.out.count; j++)
            for (int p = 0; p < layer.weights.in.count; p++) {
                // A unit's incoming weights are limited together, so they stay in one task.
                const bool joins = p > 0 && layer.is.max_norm > 0;
                s.pieces[s.n_pieces] = piece_of(layer, k, j, p);
                if (joins) s.tasks[s.n_tasks - 1].last++;
                else s.tasks[s.n_tasks++] = {k, j, s.n_pieces, s.n_pieces + 1};
                s.n_pieces++;
            }
    }
}

template <class T>
void lay_out(Session<T>& s, Store& store) {
    const PellucidPlan& plan = s.plan;
    const i64 rows = plan.batch;
    auto* own = store.take<PellucidLayer>(plan.n_layers);
    if (own)
        for (int k = 0; k < plan.n_layers; k++) own[k] = plan.layer[k];
    s.n_layers = plan.n_layers;
    s.shapes = store.take<LayerShape<T>>(plan.n_layers);
    s.layers = store.take<TrainingLayer<T>>(plan.n_layers);
    s.n_numbers = shape_layers<T>(plan, s.shapes);
    for (auto& copy : s.copies) copy = store.take<T>(s.n_numbers * (1 + plan.n_slots));
    const Panels in = panels_of<T>(plan.layer[0].n_in), out = panels_of<T>(plan.layer[plan.n_layers - 1].n_out);
    const auto matrix = [&](const Panels& panels) { return Matrix<T>{store.take<T>(rows * panels.padded), panels, rows}; };
    s.x = matrix(in);
    s.y = matrix(out);
    s.shares = store.take<T>(rows);
    i64 widest = 0;
    s.first_trained = plan.n_layers;
    for (int k = plan.n_layers - 1; k >= 0; k--)
        if (plan.layer[k].rule == DENSE) s.first_trained = k;
    for (int k = 0; k < plan.n_layers; k++) {
        const PellucidLayer& is = plan.layer[k];
        const Panels panels = panels_of<T>(is.n_out), inputs = panels_of<T>(is.n_in);
        const bool keeps = is.activation != SOFTMAX && needs_z(is.activation);
        TrainingLayer<T> layer{};
        layer.z = matrix(panels);
        layer.a = keeps ? matrix(panels) : layer.z;
        layer.d = matrix(panels);
        if (is.rule == DROPOUT) layer.mask = matrix(panels);
        if (is.rule == DENSE && k > s.first_trained) {
            layer.turned_shape = {panels, inputs, false};
            // With a single output the column of weights is its own transpose.
            if (is.n_out > 1) layer.turned = store.take<T>(layer.turned_shape.size());
        }
        if (s.layers) s.layers[k] = layer;
        const i64 most = is.n_out == 1 ? inputs.padded + 2 * LANES<T> : (inputs.width + 1) * i64(panels.width);
        if (is.rule == DENSE && most > widest) widest = most;
    }
    i64 most_pieces = 0;
    for (int k = 0; k < plan.n_layers; k++)
        most_pieces += i64(panels_of<T>(plan.layer[k].n_in).count) * panels_of<T>(plan.layer[k].n_out).count;
    s.pieces = store.take<Piece>(most_pieces);
    s.tasks = store.take<Task>(most_pieces);
    s.gradients = plan.clip > 0 ? store.take<T>(s.n_numbers) : nullptr;
    s.scratch_size = round_up(widest + LANES<T>, 64);
    s.scratch = store.take<T>(s.scratch_size * plan.members);
    for (auto& found : s.findings) {
        found.losses = store.take<double>(groups_of(rows));
        found.penalties = store.take<double>(most_pieces);
    }
    s.largest = store.take<double>(most_pieces);
    s.squares = store.take<double>(most_pieces);
    s.broken = store.take<double>(8 * plan.members);
    i64 widest_row = 0;
    for (int k = 0; k < plan.n_layers; k++)
        if (plan.layer[k].rule == DROPOUT && plan.layer[k].n_in > widest_row) widest_row = plan.layer[k].n_in;
    s.word_scratch_size = round_up(widest_row, 16);
    s.word_scratch = store.take<u32>(s.word_scratch_size * plan.members);
    const bool orders = plan.shuffle && !s.full_batch();
    s.order = orders ? store.take<u32>(plan.n_rows) : nullptr;
    s.counts = orders ? store.take<u32>(plan.n_rows + 1) : nullptr;
    s.keys = orders ? store.take<u64>(plan.n_rows) : nullptr;
    s.sorted = orders ? store.take<u64>(plan.n_rows) : nullptr;
    s.plan.layer = own ? own : plan.layer;
}

template <class T>
u64 session_bytes(const PellucidPlan* plan) {
    Session<T> s{};
    s.plan = *plan;
    Store store{nullptr, u64(round_up(sizeof(Session<T>), 64))};
    lay_out(s, store);
    return store.used + 64;
}

// Copies some rows of the data, in the epoch's order, to where the layers read them.
template <class T>
void gather(Session<T>& s, i64 batch_first, i64 first, i64 end) {
    const i64 n_in = s.x.panels.columns, n_out = s.y.panels.columns;
    const T *X = static_cast<const T*>(s.data.X), *Y = static_cast<const T*>(s.data.Y);
    for (i64 row = first; row < end; row++) {
        const i64 from = s.order ? s.order[batch_first + row] : batch_first + row;
        put_row(s.x, row, X + from * n_in);
        put_row(s.y, row, Y + from * n_out);
    }
}

template <class T>
void begin(void* memory, const PellucidPlan* plan, const PellucidData* data) {
    auto& s = *static_cast<Session<T>*>(memory);
    s = Session<T>{};
    s.plan = *plan;
    s.data = *data;
    Store store{static_cast<char*>(memory), u64(round_up(sizeof(Session<T>), 64))};
    lay_out(s, store);
    list_tasks(s);
    i64 weights = 0;
    for (int k = 0; k < s.n_layers; k++)
        if (s.shapes[k].dense()) weights += s.shapes[k].weights.size() * i64(sizeof(T));
    s.chunk = weights > LARGE_WEIGHTS ? LARGE_CHUNK : SMALL_CHUNK;
    s.turned_is_stale = true;
    if (s.full_batch()) gather(s, 0, 0, plan->n_rows);
}

// --- The first half of a step: rows ------------------------------------------------------------------------------

template <class T>
void drop(const Session<T>& s, int k, const Matrix<T>& x, i64 place, i64 first, i64 end, i64 epoch, int member) {
    const auto& is = s.shapes[k].is;
    const auto& layer = s.layers[k];
    const Key key = fold({is.key[0], is.key[1]}, u64(epoch));
    const double bound = is.rate * 4294967296.0;
    u64 least = u64(bound);
    if (double(least) < bound) least++;
    const T scale = T(1.0 / (1.0 - is.rate));
    u32* drawn = s.word_scratch + member * s.word_scratch_size;
    for (i64 row = first; row < end; row++) {
        words(key, u64((place + row) * is.n_in), is.n_in, drawn);
        for (int p = 0; p < x.panels.count; p++) {
            T *mask = layer.mask.at(p, row), *z = layer.z.at(p, row);
            const T* from = x.at(p, row);
            for (int c = 0; c < x.panels.used(p); c++) {
                mask[c] = drawn[p * x.panels.width + c] >= least ? scale : T(0);
                z[c] = from[c] * mask[c];
            }
        }
    }
}

template <class T>
INLINE bool linked(const Session<T>& s) {
    return is_linked(s.plan.loss, s.shapes[s.n_layers - 1].is.activation);
}

template <class T>
void rows_forward(const Session<T>& s, const T* parameters, i64 batch_first, i64 first, i64 end, i64 epoch, int member) {
    const Matrix<T>* x = &s.x;
    for (int k = 0; k < s.n_layers; k++) {
        const auto& shape = s.shapes[k];
        const auto& layer = s.layers[k];
        if (shape.dense()) forward(*x, shape.weights, parameters + shape.place, layer.z, first, end);
        else drop(s, k, *x, batch_first, first, end, epoch, member);
        if (k < s.n_layers - 1 || !linked(s)) activate_rows(shape.is, layer.z, layer.a, first, end);
        x = &layer.a;
    }
}

template <class T>
void rows_backward(const Session<T>& s, const T* parameters, i64 first, i64 end) {
    const int last = s.n_layers - 1;
    if (!linked(s)) slope_rows(s.shapes[last].is, s.layers[last].z, s.layers[last].a, s.layers[last].d, first, end);
    for (int k = last; k > s.first_trained; k--) {
        const auto& layer = s.layers[k];
        const auto& below = s.layers[k - 1];
        if (s.shapes[k].dense()) {
            const T* turned = layer.turned ? layer.turned : parameters + s.shapes[k].place;
            forward(layer.d, layer.turned_shape, turned, below.d, first, end);
        } else {
            for (int p = 0; p < layer.d.panels.count; p++) {
                const i64 n = (end - first) * layer.d.panels.width_of(p);
                const T *d = layer.d.at(p, first), *mask = layer.mask.at(p, first);
                T* to = below.d.at(p, first);
                for (i64 i = 0; i < n; i++) to[i] = d[i] * mask[i];
            }
        }
        slope_rows(s.shapes[k - 1].is, below.z, below.a, below.d, first, end);
    }
}

// The batch's weights as shares of its loss; returns how much the batch counts in its epoch.
template <class T>
INLINE double batch_weight(const Session<T>& s, i64 batch_first, i64 rows, T& share) {
    const T* weights = static_cast<const T*>(s.data.weights);
    if (!weights) {
        share = s.plan.mean ? T(1.0 / double(rows)) : T(1);
        return double(rows);
    }
    double total = 0;
    for (i64 row = 0; row < rows; row++) total += weights[s.order ? s.order[batch_first + row] : batch_first + row];
    share = s.plan.mean ? T(total == 0 ? 1.0 : 1.0 / total) : T(1);
    return total;
}

template <class T>
void first_half(Session<T>& s, const Cursor& at, i64 rows, T share, double* losses, int member) {
    const i64 groups = groups_of(rows), n = s.plan.members;
    const i64 mine = groups * member / n * GROUP, last_group = groups * (member + 1) / n * GROUP;
    const i64 mine_end = last_group < rows ? last_group : rows;
    const T* parameters = s.array(at.now, -1);
    const T* weights = static_cast<const T*>(s.data.weights);
    const auto& output = s.layers[s.n_layers - 1];
    const bool by_z = linked(s);
    const LossRows<T> loss{by_z ? output.z : output.a, s.y, output.d, weights ? s.shares : nullptr, share, T(s.plan.delta)};
    for (i64 first = mine; first < mine_end; first += s.chunk) {
        const i64 end = first + s.chunk < mine_end ? first + s.chunk : mine_end;
        if (!s.full_batch()) gather(s, at.row, first, end);
        if (weights)
            for (i64 row = first; row < end; row++)
                s.shares[row] = weights[s.order ? s.order[at.row + row] : at.row + row] * share;
        rows_forward(s, parameters, at.row, first, end, at.epoch, member);
        for (i64 row = first; row < end; row += GROUP) {
            const i64 group_end = row + GROUP < end ? row + GROUP : end;
            losses[row / GROUP] = loss_of_group(s.plan.loss, by_z, loss, row, group_end);
        }
        rows_backward(s, parameters, first, end);
    }
}

// --- The second half: weights ------------------------------------------------------------------------------------

// Writes weights (inputs of panel p to outputs of one panel) where the way back reads them.
template <class T>
NEVER_INLINE void turn(const Weights<T>& shape, const T* from, const Weights<T>& to, T* turned, int panel, int p) {
    const i64 width = shape.out.width_of(panel);
    const int outputs = shape.out.used(panel), inputs = shape.in.used(p);
    const i64 step = to.is_column() ? 1 : to.out.width_of(p);
    T* at = turned + to.place(panel * shape.out.width, p * shape.in.width);
    for (int j = 0; j < outputs; j++)
        for (int k = 0; k < inputs; k++) at[j * step + k] = from[k * width + j];
}

template <class T>
void turn_all(const Session<T>& s, const Task& task, int copy) {
    const auto& layer = s.layers[task.layer];
    if (!layer.turned) return;
    for (int n = task.first; n < task.last; n++) {
        const Piece& piece = s.pieces[n];
        const T* from = s.array(copy, -1) + piece.place;
        turn(s.shapes[task.layer].weights, from, layer.turned_shape, layer.turned, piece.panel, piece.inputs);
    }
}

// Shrinks the columns of one panel of weights whose norm is above the limit; divides by the largest before squaring.
template <class T>
void limit_norms(const Weights<T>& shape, T* block, int panel, T limit) {
    const i64 width = shape.out.width_of(panel), n = shape.is_column() ? 1 : shape.out.used(panel);
    const i64 step = shape.is_column() ? 1 : width;
    T* weights = block + shape.panel(panel);
    for (i64 j = 0; j < n; j++) {
        T largest = 0, total = 0;
        for (int k = 0; k < shape.in.columns; k++) {
            const T w = weights[k * step + j], size = w < 0 ? -w : w;
            largest = size <= largest ? largest : size;
        }
        const T unit = largest > 0 ? largest : T(1);
        for (int k = 0; k < shape.in.columns; k++) total += (weights[k * step + j] / unit) * (weights[k * step + j] / unit);
        const T norm = largest * square_root(all<Vec<T, NARROWEST<T>>>(total))[0];
        if (norm > limit)
            for (int k = 0; k < shape.in.columns; k++) weights[k * step + j] *= limit / norm;
    }
}

// One piece's gradient into `g`, with its penalty's slope; returns the penalty.
template <class T>
INLINE double piece_gradient(const Session<T>& s, const Piece& piece, i64 rows, const T* parameters, T* g) {
    const auto& shape = s.shapes[piece.layer];
    const Matrix<T>& x = piece.layer ? s.layers[piece.layer - 1].a : s.x;
    gradient(x, s.layers[piece.layer].d, shape.weights, piece.panel, piece.inputs, rows, g);
    for (i64 i = piece.size; i % LANES<T>; i++) g[i] = 0;
    if (shape.is.l1 == 0 && shape.is.l2 == 0) return 0;
    return penalise(parameters + piece.place, g, piece.weights, T(shape.is.l1), T(shape.is.l2));
}

// What a step is made with, for all tasks.
template <class T>
struct Step {
    i64 rows;
    int from, to;  // copies
    StepNumbers<T> numbers;
    double* penalties;
};

template <class T>
INLINE T update_piece(const Session<T>& s, const Piece& piece, const Step<T>& step, const T* g) {
    const Weighed<T> at{s.array(step.from, -1) + piece.place, s.array(step.to, -1) + piece.place, s.n_numbers};
    T finite = 0;
    with_width<T>(piece.width, [&]<class V, int NV>() INLINE_LAMBDA {
        finite = update<V>(s.plan.optimizer, at, g, piece.size, step.numbers);
    });
    return finite;
}

template <class T>
INLINE void after_update(const Session<T>& s, const Task& task, const Step<T>& step) {
    const auto& shape = s.shapes[task.layer];
    if (shape.is.max_norm > 0)
        limit_norms(shape.weights, s.array(step.to, -1) + shape.place, task.panel, T(shape.is.max_norm));
    turn_all(s, task, step.to);
}

// Gradient and update of one task at once. Returns NaN where something is no longer finite, else 0.
template <class T>
INLINE double whole_task(const Session<T>& s, int n, const Step<T>& step, T* scratch) {
    const Task& task = s.tasks[n];
    double penalty = 0, broken = 0;
    for (int p = task.first; p < task.last; p++) {
        penalty += piece_gradient(s, s.pieces[p], step.rows, s.array(step.from, -1), scratch);
        broken += update_piece(s, s.pieces[p], step, scratch);
    }
    step.penalties[n] = penalty;
    after_update(s, task, step);
    return broken;
}

// --- Clipping: all gradients first, then their common norm, then the updates -------------------------------------

template <class T>
void task_gradient(const Session<T>& s, int n, const Step<T>& step, T* scratch) {
    const Task& task = s.tasks[n];
    double penalty = 0, largest = 0;
    for (int p = task.first; p < task.last; p++) {
        const Piece& piece = s.pieces[p];
        penalty += piece_gradient(s, piece, step.rows, s.array(step.from, -1), scratch);
        // By way of the scratch: the zeros that fill up its last vector would fall on another task's gradient.
        copy(s.gradients + piece.place, scratch, piece.size);
        for (i64 i = 0; i < piece.size; i++) {
            const double g = scratch[i] < 0 ? -scratch[i] : scratch[i];
            largest = g <= largest ? largest : g;
        }
    }
    step.penalties[n] = penalty;
    s.largest[n] = largest;
}

template <class T>
void task_squares(const Session<T>& s, int n, double unit) {
    const Task& task = s.tasks[n];
    double total = 0;
    for (int p = task.first; p < task.last; p++) {
        const T* g = s.gradients + s.pieces[p].place;
        for (i64 i = 0; i < s.pieces[p].size; i++) total += (g[i] / unit) * (g[i] / unit);
    }
    s.squares[n] = total;
}

template <class T>
double clipped_task(const Session<T>& s, int n, const Step<T>& step, T scale, T* scratch) {
    const Task& task = s.tasks[n];
    double broken = 0;
    for (int p = task.first; p < task.last; p++) {
        const Piece& piece = s.pieces[p];
        const T* g = s.gradients + piece.place;
        for (i64 i = 0; i < piece.size; i++) scratch[i] = g[i] * scale;
        for (i64 i = piece.size; i % LANES<T>; i++) scratch[i] = 0;
        broken += update_piece(s, piece, step, scratch);
    }
    after_update(s, task, step);
    return broken;
}

INLINE void meet(const PellucidTeam* team, int members, int member) {
    if (members > 1) team->meet(team->host, member);
}

template <class T>
double clipped_half(Session<T>& s, int first, int last, const Step<T>& step, T* scratch, const PellucidTeam* team, int member) {
    for (int n = first; n < last; n++) task_gradient(s, n, step, scratch);
    meet(team, s.plan.members, member);
    double largest = 0, squares = 0, broken = 0;
    for (int n = 0; n < s.n_tasks; n++) largest = s.largest[n] <= largest ? largest : s.largest[n];
    const double unit = largest > 0 ? largest : 1;
    for (int n = first; n < last; n++) task_squares(s, n, unit);
    meet(team, s.plan.members, member);
    for (int n = 0; n < s.n_tasks; n++) squares += s.squares[n];
    const double norm = largest * square_root(all<Vec<double, 2>>(squares))[0];
    const T scale = T(norm > s.plan.clip ? s.plan.clip / norm : 1);
    for (int n = first; n < last; n++) broken += clipped_task(s, n, step, scale, scratch);
    return broken;
}

// --- Epochs --------------------------------------------------------------------------------------------------------

// The first and last task of each member, so that all have about the same number of weights.
template <class T>
void share_tasks(const Session<T>& s, int member, int& first, int& last) {
    const auto cost = [&](const Task& task) {
        i64 total = 0;
        for (int p = task.first; p < task.last; p++) total += s.pieces[p].size;
        return total;
    };
    i64 total = 0, sum = 0;
    for (int n = 0; n < s.n_tasks; n++) total += cost(s.tasks[n]);
    first = last = s.n_tasks;
    for (int n = 0; n < s.n_tasks; n++) {
        // A task belongs to the member in whose share its middle is.
        const i64 here = cost(s.tasks[n]), owner = (2 * sum + here) * s.plan.members / (2 * total + 1);
        if (owner == member && first == s.n_tasks) first = n;
        if (owner > member && last == s.n_tasks) last = n;
        sum += here;
    }
    if (last < first) first = last;
}

template <class T>
StepNumbers<T> option_numbers(const PellucidPlan& plan) {
    StepNumbers<T> numbers{};
    for (int i = 0; i < 6; i++) numbers.option[i] = T(plan.option[i]);
    for (int i = 0; i < 2; i++) numbers.rest[i] = T(1 - plan.option[i]);
    return numbers;
}

template <class T>
void begin_epoch(Session<T>& s, Cursor& at, bool begun, const PellucidTeam* team, int member) {
    at.before = begun ? at.start : at.now;
    at.start = at.now;
    at.loss = at.penalty = at.weight = 0;
    if (!s.order) return;
    if (member == 0) {
        const Key key = fold({s.plan.shuffle_key[0], s.plan.shuffle_key[1]}, u64(at.epoch));
        permutation(key, s.plan.n_rows, s.keys, s.sorted, s.counts, s.order);
    }
    meet(team, s.plan.members, member);
}

// One batch. Returns NaN where a weight or slot is no longer finite, else 0.
template <class T>
double step_once(
    Session<T>& s, Cursor& at, const double* numbers, StepNumbers<T>& options, i64 step_number, int first, int last,
    const PellucidTeam* team, int member) {
    const i64 left = s.plan.n_rows - at.row, rows = s.plan.batch < left ? s.plan.batch : left;
    const Findings& found = s.findings[step_number & 1];
    T share;
    const double weight = batch_weight(s, at.row, rows, share);
    first_half(s, at, rows, share, found.losses, member);
    meet(team, s.plan.members, member);

    options.rate = T(numbers[0]);
    options.correction1 = T(1 / numbers[1]);
    options.correction2 = T(1 / numbers[2]);
    const int next = at.row > 0 ? at.now : at.start == at.before ? (at.start + 1) % 3 : 3 - at.start - at.before;
    const Step<T> step{rows, at.now, next, options, found.penalties};
    T* scratch = s.scratch + member * s.scratch_size;
    double broken = 0;
    if (s.gradients) broken = clipped_half(s, first, last, step, scratch, team, member);
    else
        for (int n = first; n < last; n++) broken += whole_task(s, n, step, scratch);
    s.broken[8 * member] = broken;
    meet(team, s.plan.members, member);

    double loss = 0, penalty = 0, finite = 0;
    for (i64 g = 0; g < groups_of(rows); g++) loss += found.losses[g];
    for (int n = 0; n < s.n_tasks; n++) penalty += found.penalties[n];
    for (int m = 0; m < s.plan.members; m++) finite += s.broken[8 * m];
    const double counts = s.plan.mean ? weight : 1;
    at.loss += loss * counts;
    at.penalty += penalty * counts;
    at.weight += counts;
    at.now = next;
    at.row += rows;
    return finite;
}

INLINE bool is_finite(double x) { return x * 0 == 0; }

template <class T>
void run(void* memory, const PellucidTeam* team, int member, PellucidRun* r, i64 epoch) {
    auto& s = *static_cast<Session<T>*>(memory);
    Cursor at = s.cursor;
    bool begun = s.begun;
    at.epoch = epoch;
    int first, last;
    share_tasks(s, member, first, last);
    StepNumbers<T> options = option_numbers<T>(s.plan);
    i64 steps = 0, epochs = 0;
    int diverged = 0;
    if (s.turned_is_stale) {
        for (int n = first; n < last; n++) turn_all(s, s.tasks[n], at.now);
        meet(team, s.plan.members, member);
    }
    while (steps < r->steps && epochs < r->epochs) {
        if (at.row == 0) {
            begin_epoch(s, at, begun, team, member);
            begun = true;
        }
        const double* numbers = r->numbers + steps * r->stride;
        const double finite = step_once(s, at, numbers, options, s.steps + steps, first, last, team, member);
        steps++;
        if (at.row < s.plan.n_rows) continue;
        const double divisor = s.plan.mean ? at.weight : 1;
        const double loss = at.loss / divisor, penalty = at.penalty / divisor;
        at.row = 0;
        if (!is_finite(loss + penalty + finite)) {
            at.now = at.start;
            diverged = 1;
            break;
        }
        if (member == 0) {
            r->losses[epochs] = loss;
            r->penalties[epochs] = penalty;
        }
        epochs++;
        at.epoch++;
    }
    meet(team, s.plan.members, member);  // nobody may still be reading what member 0 now writes
    if (member > 0) return;
    s.cursor = at;
    s.begun = begun;
    s.steps += steps;
    s.turned_is_stale = diverged;
    r->steps_done = steps;
    r->epochs_done = epochs;
    r->diverged = diverged;
}

template <class T>
void take_back(void* memory) {
    auto& s = *static_cast<Session<T>*>(memory);
    s.cursor.now = s.cursor.start;
    s.cursor.row = 0;
    s.turned_is_stale = true;
}

template <class T>
void write(void* memory, int layer, int which, int slot, const void* from) {
    auto& s = *static_cast<Session<T>*>(memory);
    const auto& shape = s.shapes[layer];
    put_weights(shape.weights, s.array(s.cursor.now, slot) + shape.place, which, static_cast<const T*>(from));
}

template <class T>
void read(const void* memory, int moment, int layer, int which, int slot, void* to) {
    const auto& s = *static_cast<const Session<T>*>(memory);
    const auto& shape = s.shapes[layer];
    const int copy = moment == 0 ? s.cursor.now : moment == 1 ? s.cursor.start : s.cursor.before;
    get_weights(shape.weights, s.array(copy, slot) + shape.place, which, static_cast<T*>(to));
}

}  // namespace
