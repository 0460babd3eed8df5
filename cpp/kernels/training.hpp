// Training: whole epochs in one call, by one or more members (threads) who all run the same steps together.
//
// A step has two halves. First each member takes some rows of the batch all the way: forward, loss, and the errors back
// through the layers. Then, when all have met, each takes some of the weights: their gradient over all rows, and at
// once the optimizer's step. No number depends on how many members there are.
//
// Parameters and optimizer slots lie in three copies. An epoch begins in one and its first step writes the next, so
// that the starts of the last two epochs are still there without ever having been copied.
#pragma once

#include "clipping.hpp"
#include "rows.hpp"

namespace {

// Copies some rows of the data, in the epoch's order, to where the layers read them.
template <class T>
NEVER_INLINE void gather(const Session<T>& s, i64 batch, i64 first, i64 end) {
    const i64 n_in = s.x.panels.columns, n_out = s.y.panels.columns;
    const T *X = static_cast<const T*>(s.data.X), *Y = static_cast<const T*>(s.data.Y);
    for (i64 row = first; row < end; row++) {
        const i64 from = s.row_of(batch + row);
        // Rows in a random order: the processor does not guess where the next one is.
        if (row + 1 < end) {
            const T* next = X + s.row_of(batch + row + 1) * n_in;
            for (i64 i = 0; i < n_in; i += 64 / i64(sizeof(T))) __builtin_prefetch(next + i);
        }
        put_row(s.x, row, X + from * n_in);
        put_row(s.y, row, Y + from * n_out);
    }
}

// Layers whose weights do not fit into the second cache beside the rows take more rows at a time.
constexpr i64 LARGE_WEIGHTS = 1 << 19, SMALL_CHUNK = 64, LARGE_CHUNK = 256;

template <class T>
void begin(void* memory, const PellucidPlan* plan, const PellucidData* data) {
    auto& s = *static_cast<Session<T>*>(memory);
    s = Session<T>{};
    s.plan = *plan;
    s.data = *data;
    Store store{static_cast<char*>(memory), u64(round_up(sizeof(Session<T>), 64))};
    lay_out(s, store);
    s.chunk = s.n_numbers * i64(sizeof(T)) > LARGE_WEIGHTS ? LARGE_CHUNK : SMALL_CHUNK;
    for (int k = 0; k < plan->n_layers; k++) {
        write_units(plan->layer[k], s.base + s.values[k].units);
        if (s.mask && s.shapes[k].dense()) write_mask(s.shapes[k], s.mask);
    }
    write_forward(s);
    write_loss(s);
    write_backward(s);
    for (int k = 0; k < plan->n_layers; k++) {
        if (!s.shapes[k].dense()) continue;
        const LayerValues& at = s.values[k];
        const Weights<T> turned{at.panels, s.shapes[k].weights.in, false};
        s.penalised = s.penalised || s.shapes[k].is.l1 > 0 || s.shapes[k].is.l2 > 0;
        const Around<T> around{input_of(s, k), at.d, at.turned, plan->batch, first_panel_back(s, k), s.mask, k};
        list_layer(s.list, s.shapes[k], around, turned, plan->optimizer);
    }
    s.turned_is_stale = true;
    if (s.full_batch()) gather(s, 0, 0, plan->n_rows);
}

// --- Steps ---------------------------------------------------------------------------------------------------------

// One member's part in a run: who it is, and what it keeps from step to step.
template <class T>
struct Member {
    const PellucidTeam* team;
    int number, n;
    int first_task, last_task;
    T* scratch;
    double weight;  // of the batch in its epoch
    Frame<T> frame;
    Step<T> step;

    INLINE void meet() const {
        if (n > 1) team->meet(team->host, number);
    }
};

// The batch's weights as shares of its loss; returns how much the batch counts in its epoch.
template <class T>
INLINE double batch_weight(const Session<T>& s, i64 batch, i64 rows, T& share) {
    if (!s.data.weights) {
        share = s.plan.mean ? T(1.0 / double(rows)) : T(1);
        return double(rows);
    }
    double total = 0;
    for (i64 row = 0; row < rows; row++) total += s.weights()[s.row_of(batch + row)];
    share = s.plan.mean ? T(total == 0 ? 1.0 : 1.0 / total) : T(1);
    return total;
}

// The first layer for all rows, this member's panels of it.
template <class T>
NEVER_INLINE void divided_layer(const Session<T>& s, const Member<T>& me, i64 rows) {
    const Columns& at = s.columns;
    const auto run = [&](int op, i64 first, i64 end) { s.rows.ops[op].run(s.rows.ops[op], me.frame, first, end); };
    me.meet();
    for (int j = at.panels * me.number / me.n; j < at.panels * (me.number + 1) / me.n; j++)
        for (i64 first = 0; first < rows; first += s.chunk) {
            const i64 end = first + s.chunk < rows ? first + s.chunk : rows;
            run(at.sum + j, first, end);
            if (at.activation >= 0) run(at.activation + j, first, end);
        }
    me.meet();
}

template <class T>
INLINE void first_half(const Session<T>& s, Member<T>& me, i64 rows) {
    Frame<T>& frame = me.frame;
    i64 first = 0, end = rows;
    if (me.n > 1) {
        const i64 groups = groups_of(rows);
        first = groups * me.number / me.n * GROUP;
        end = groups * (me.number + 1) / me.n * GROUP;
        if (end > rows) end = rows;
    }
    if (frame.shares)
        for (i64 row = first; row < end; row++) s.shares[row] = s.weights()[s.row_of(frame.batch + row)] * frame.share;
    const bool gathers = !s.full_batch();
    if (s.columns.panels > 0) {
        if (gathers) gather(s, frame.batch, first, end);
        divided_layer(s, me, rows);
    }
    for (; first < end; first += s.chunk) {
        const i64 last = first + s.chunk < end ? first + s.chunk : end;
        if (gathers && s.columns.panels == 0) gather(s, frame.batch, first, last);
        s.rows.run(frame, first, last, s.columns.rest);
    }
}

template <class T>
NEVER_INLINE double clipped_half(const Session<T>& s, const Member<T>& me, double* penalties) {
    const auto& tasks = s.list.tasks;
    for (int n = me.first_task; n < me.last_task; n++)
        s.largest[n] = kept_gradients(s.list, tasks[n], me.step, me.scratch, s.gradients, penalties[n]);
    me.meet();
    double largest = 0, squares = 0, finite = 0;
    for (int n = 0; n < s.list.n_tasks; n++) largest = s.largest[n] <= largest ? largest : s.largest[n];
    const double unit = largest > 0 ? largest : 1;
    for (int n = me.first_task; n < me.last_task; n++) s.squares[n] = squares_of(s.list, tasks[n], s.gradients, unit);
    me.meet();
    for (int n = 0; n < s.list.n_tasks; n++) squares += s.squares[n];
    const double norm = largest * square_root(all<Vec<double, 2>>(squares))[0];
    const T scale = T(norm > s.plan.clip ? s.plan.clip / norm : 1);
    for (int n = me.first_task; n < me.last_task; n++)
        finite += clipped_task(s.list, tasks[n], me.step, s.gradients, scale, me.scratch);
    return finite;
}

template <class T>
INLINE double second_half(const Session<T>& s, const Member<T>& me, double* penalties) {
    if (s.gradients) return clipped_half(s, me, penalties);
    double finite = 0;
    for (int n = me.first_task; n < me.last_task; n++)
        finite += whole_task(s.list, s.list.tasks[n], me.step, me.scratch, penalties[n]);
    return finite;
}

// What all members found in a step. Returns NaN where a weight or slot is no longer finite, else 0.
template <class T>
INLINE double account(const Session<T>& s, Cursor& at, const Member<T>& me, const Findings& found, i64 rows,
                      double weight) {
    double penalty = 0, finite = 0;
    if (s.penalised)
        for (int n = 0; n < s.list.n_tasks; n++) penalty += found.penalties[n];
    for (int m = 0; m < me.n; m++) finite += s.finite[8 * m];
    const double counts = s.plan.mean ? weight : 1;
    at.loss += loss_of(found, rows) * counts;
    at.penalty += penalty * counts;
    at.weight += counts;
    return finite;
}

// One batch; returns what `account` does.
template <class T>
INLINE double step_once(const Session<T>& s, Cursor& at, Member<T>& me, const Findings& found, const double* numbers) {
    const i64 left = s.plan.n_rows - at.row, rows = s.plan.batch < left ? s.plan.batch : left;
    const int next = at.row > 0 ? at.now : at.start == at.before ? (at.start + 1) % 3 : 3 - at.start - at.before;
    me.frame.parameters = me.step.parameters = s.array(at.now, -1);
    me.frame.batch = at.row;
    me.frame.epoch = at.epoch;
    me.frame.losses = found.losses;
    // Without sample weights only the last batch of an epoch may count for less than the others.
    if (s.data.weights || rows != me.step.samples) me.weight = batch_weight(s, at.row, rows, me.frame.share);
    if (s.noise && me.number == 0) draw_noise(s.plan, numbers[2], s.noise);
    first_half(s, me, rows);
    me.meet();
    if (s.noise) anneal(s.plan, numbers[1], loss_of(found, rows), me.step.numbers);
    me.step.samples = rows;
    me.step.new_parameters = s.array(next, -1);
    s.finite[8 * me.number] = second_half(s, me, found.penalties);
    me.meet();
    at.now = next;
    at.row += rows;
    return account(s, at, me, found, rows, me.weight);
}

// The learning rate, and how much Adam's means are too small yet.
template <class T>
INLINE void set_numbers(StepNumbers<T>& to, const double* numbers) {
    to.rate = T(numbers[0]);
    to.correction1 = T(1 / numbers[1]);
    to.correction2 = T(1 / numbers[2]);
}

// --- Epochs --------------------------------------------------------------------------------------------------------

// The first and last task of a member, so that all have about the same number of weights.
template <class T>
void share_tasks(const TaskList<T>& list, Member<T>& me) {
    const auto cost = [&](const Task& task) {
        i64 total = 0;
        for (int p = task.first; p < task.last; p++) total += list.pieces[p].whole.size;
        return total;
    };
    i64 total = 0, before = 0;
    for (int n = 0; n < list.n_tasks; n++) total += cost(list.tasks[n]);
    int first = 0, last = 0;
    for (int n = 0; n < list.n_tasks; n++) {
        // A task belongs to the member in whose share its middle is.
        const i64 here = cost(list.tasks[n]), owner = (2 * before + here) * me.n / (2 * total + 1);
        if (owner < me.number) first = n + 1;
        if (owner <= me.number) last = n + 1;
        before += here;
    }
    me.first_task = first;
    me.last_task = last;
}

template <class T>
Member<T> member_of(const Session<T>& s, const PellucidTeam* team, int number) {
    Member<T> me{};
    me.team = team, me.number = number, me.n = s.plan.members;
    share_tasks(s.list, me);
    me.scratch = s.scratch + number * s.scratch_size;
    me.frame.base = me.step.base = s.base;
    me.frame.session = &s;
    me.frame.member = number;
    me.frame.shares = s.data.weights ? s.shares : nullptr;
    me.step.slot = s.n_numbers;
    me.step.noise = s.noise;
    for (int i = 0; i < 9; i++) me.step.numbers.option[i] = T(s.plan.option[i]);
    for (int i = 0; i < 2; i++) me.step.numbers.rest[i] = T(1 - s.plan.option[i]);
    return me;
}

template <class T>
void begin_epoch(const Session<T>& s, Cursor& at, bool begun, const Member<T>& me) {
    // An epoch that was taken back and begins again has the same epoch before it.
    if (!begun)
        at.before = at.now;
    else if (at.now != at.start)
        at.before = at.start;
    at.start = at.now;
    at.loss = at.penalty = at.weight = 0;
    if (!s.order) return;
    if (me.number == 0) {
        const Key key = fold({s.plan.shuffle_key[0], s.plan.shuffle_key[1]}, u64(at.epoch));
        permutation(key, s.plan.n_rows, s.keys, s.sorted, s.counts, s.order);
    }
    me.meet();
}

INLINE bool is_finite(double x) { return x * 0 == 0; }

template <class T>
void run(void* memory, const PellucidTeam* team, int member, PellucidRun* r, i64 epoch) {
    auto& s = *static_cast<Session<T>*>(memory);
    Member<T> me = member_of(s, team, member);
    Cursor at = s.cursor;
    bool begun = s.begun;
    at.epoch = epoch;
    i64 steps = 0, epochs = 0;
    int diverged = 0;
    if (s.turned_is_stale) {
        for (int p = 0; p < s.list.n_pieces && member == 0; p++)
            if (s.list.pieces[p].turned >= 0) turn(s.list.pieces[p], s.array(at.now, -1), s.base);
        me.meet();
    }
    while (steps < r->steps && epochs < r->epochs) {
        if (at.row == 0) {
            begin_epoch(s, at, begun, me);
            begun = true;
        }
        const double* numbers = r->numbers + steps * r->stride;
        if (r->stride > 0 || steps == 0) set_numbers(me.step.numbers, numbers);
        const double finite = step_once(s, at, me, s.findings[(s.steps + steps) & 1], numbers);
        steps++;
        if (at.row < s.plan.n_rows) continue;
        const double divisor = s.plan.mean ? at.weight : 1, loss = at.loss / divisor, penalty = at.penalty / divisor;
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
    me.meet();  // nobody may still be reading what member 0 now writes
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
int take_back(void* memory) {
    auto& s = *static_cast<Session<T>*>(memory);
    if (s.cursor.row == 0) return 0;
    s.cursor.now = s.cursor.start;
    s.cursor.row = 0;
    s.turned_is_stale = true;
    return 1;
}

template <class T>
void write(void* memory, int layer, int which, int slot, const void* from) {
    auto& s = *static_cast<Session<T>*>(memory);
    const auto& shape = s.shapes[layer];
    T* block = s.array(s.cursor.now, slot) + shape.place;
    put_weights(shape.weights, block, which, static_cast<const T*>(from));
    if (s.mask && slot < 0) keep_unmasked(block, s.mask + shape.place, shape.weights.size());
    s.turned_is_stale = true;
}

template <class T>
void read(const void* memory, int moment, int layer, int which, int slot, void* to) {
    const auto& s = *static_cast<const Session<T>*>(memory);
    const auto& shape = s.shapes[layer];
    const int copy = moment == 0 ? s.cursor.now : moment == 1 ? s.cursor.start : s.cursor.before;
    get_weights(shape.weights, s.array(copy, slot) + shape.place, which, static_cast<T*>(to));
}

}  // namespace
