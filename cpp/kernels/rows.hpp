// The first half of a step as a program: rows forward through the layers, their losses, and their errors back.
#pragma once

#include "state.hpp"

namespace {

// Calls f(first, end) for each group of rows; its result is the group's loss.
template <class T, class F>
INLINE void by_groups(const Frame<T>& f, i64 first, i64 end, F loss) {
    for (; first < end; first += GROUP)
        f.losses[first / GROUP] = loss(first, first + GROUP < end ? first + GROUP : end);
}

template <int LOSS, bool LINKED, class V, class T>
void column_loss_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const auto column = [&](i64 place) { return Matrix<T>{f.base + place, {}, 0}; };
    const LossRows<T> at{column(op.from), column(op.also), column(op.to), f.shares, f.share, op.alpha};
    by_groups(f, first, end,
              [&](i64 from, i64 to) INLINE_LAMBDA { return column_loss<LOSS, LINKED, V>(at, from, to); });
}

template <class T>
LossRows<T> loss_rows(const Op<T>& op, const Frame<T>& f) {
    return {matrix_at(op, f, op.from), matrix_at(op, f, op.also), matrix_at(op, f, op.to), f.shares, f.share, op.alpha};
}

template <int LOSS, bool LINKED, class T>
void panels_loss_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const auto at = loss_rows(op, f);
    by_groups(f, first, end, [&](i64 from, i64 to) { return panels_loss<LOSS, LINKED>(at, from, to); });
}

template <class T>
void cross_entropy_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const auto at = loss_rows(op, f);
    by_groups(f, first, end, [&](i64 from, i64 to) { return cross_entropy_rows(at, from, to); });
}

// z = x times a mask that is 0 or 1 / (1 - rate), drawn anew.
template <class T>
void drop_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const auto& s = *static_cast<const Session<T>*>(f.session);
    const auto& is = s.plan.layer[op.layer];
    const Key key = fold({is.key[0], is.key[1]}, u64(f.epoch));
    const double bound = is.rate * 4294967296.0;
    u64 least = u64(bound);
    if (double(least) < bound) least++;
    const T scale = T(1.0 / (1.0 - is.rate));
    u32* drawn = s.words + f.member * s.words_size;
    const auto x = matrix_at(op, f, op.from), z = matrix_at(op, f, op.to), mask = matrix_at(op, f, op.also);
    for (i64 row = first; row < end; row++) {
        words(key, u64((f.batch + row) * is.n_in), is.n_in, drawn);
        for (int p = 0; p < op.out.count; p++)
            for (int c = 0; c < op.out.used(p); c++) {
                const T factor = drawn[p * op.out.width + c] >= least ? scale : T(0);
                mask.at(p, row)[c] = factor;
                z.at(p, row)[c] = x.at(p, row)[c] * factor;
            }
    }
}

template <class T>
void drop_back_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const auto d = matrix_at(op, f, op.from), mask = matrix_at(op, f, op.also), to = matrix_at(op, f, op.to);
    for (int p = 0; p < op.out.count; p++)
        for (i64 i = 0; i < (end - first) * op.out.width_of(p); i++)
            to.at(p, first)[i] = d.at(p, first)[i] * mask.at(p, first)[i];
}

template <class T>
bool linked(const PellucidPlan& plan) {
    return is_linked(plan.loss, plan.layer[plan.n_layers - 1].activation);
}

// Where a layer's input is among the values.
template <class T>
i64 input_of(const Session<T>& s, int k) {
    return k > 0 && !s.seen.reads(s.plan, k) ? s.values[k - 1].a : s.x.data - s.base;
}

// A layer's values (k = -1: the inputs) among all that is seen, or their errors.
template <class T>
SomeColumns seen_columns(const Session<T>& s, int k, bool errors) {
    return {errors ? s.seen_errors : s.x.data - s.base, s.seen.panels, s.seen.column(s.plan, k)};
}

template <class T>
void write_drop(Session<T>& s, int k) {
    const LayerValues& at = s.values[k];
    const bool copied = s.seen.reads(s.plan, k);
    if (copied)
        write_columns(s.rows, false, seen_columns(s, -1, false), {at.z, at.panels, 0}, s.plan.layer[k].n_in,
                      s.plan.batch);
    Op<T> op{};
    op.run = drop_op<T>;
    op.from = copied ? at.z : input_of(s, k), op.to = at.z, op.also = at.mask;
    op.out = at.panels, op.capacity = s.plan.batch, op.layer = k;
    s.rows.add(op);
}

template <class T>
void write_forward(Session<T>& s) {
    const int last = s.plan.n_layers - 1;
    const i64 capacity = s.plan.batch, rows = s.plan.batch < s.chunk ? s.plan.batch : s.chunk;
    for (int k = 0; k <= last; k++) {
        const auto& shape = s.shapes[k];
        const LayerValues& at = s.values[k];
        const int first_op = s.rows.n;
        if (shape.dense()) {
            const Way way{false, s.seen.reads(s.plan, k), false, 0};
            write_dense(s.rows, shape.weights, shape.place, way, input_of(s, k), at.z, capacity);
        } else {
            write_drop(s, k);
        }
        const int activation = s.rows.n;
        if (k < last || !linked<T>(s.plan))
            write_any_activation(s.rows, shape.is, {at.units, true}, at.panels, at.z, at.a, rows, capacity);
        const bool large = shape.dense() && shape.weights.size() >= DIVIDED_FROM && is_elementwise(shape.is.activation);
        if (k == 0 && large && s.plan.members > 1 && at.panels.count >= s.plan.members)
            s.columns = {at.panels.count, first_op, s.rows.n > activation ? activation : -1, s.rows.n};
        if (k < s.seen.last)
            write_columns(s.rows, false, {at.a, at.panels, 0}, seen_columns(s, k, false), shape.is.n_out, capacity);
    }
}

template <class T>
void write_loss(Session<T>& s) {
    const LayerValues& at = s.values[s.plan.n_layers - 1];
    const bool by_z = linked<T>(s.plan);
    Op<T> op{};
    op.from = by_z ? at.z : at.a, op.to = at.d, op.also = s.y.data - s.base;
    op.out = at.panels, op.capacity = s.plan.batch, op.alpha = T(s.plan.delta);
    op.run = cross_entropy_op<T>;
    with_loss(s.plan.loss, by_z, [&](auto loss, auto by) {
        constexpr int LOSS = decltype(loss)::value;
        constexpr bool LINKED = decltype(by)::value;
        op.run = panels_loss_op<LOSS, LINKED, T>;
        if (at.panels.width > 1) return;
        with_width<T>(element_width<T>(1, op.capacity),
                      [&]<class V, int NV>() { op.run = column_loss_op<LOSS, LINKED, V, T>; });
    });
    s.rows.add(op);
}

// The first panel of a layer's inputs to which an error must be carried back.
template <class T>
int first_panel_back(const Session<T>& s, int k) {
    return s.seen.reads(s.plan, k) ? s.seen.column(s.plan, s.first_trained) / s.seen.panels.width : 0;
}

// The error of a dense layer carried to its inputs: to the layer before it, or to all that it saw.
template <class T>
void write_dense_back(Session<T>& s, int k) {
    const LayerValues& at = s.values[k];
    const bool sees = s.seen.reads(s.plan, k);
    const Weights<T> turned{at.panels, s.shapes[k].weights.in, false};
    // With a single output the column of weights is its own transpose.
    const bool own = at.turned < 0;
    const Way way{!own, false, sees && k < s.seen.last, first_panel_back(s, k)};
    write_dense(s.rows, turned, own ? s.shapes[k].place : at.turned, way, at.d,
                sees ? s.seen_errors : s.values[k - 1].d, s.plan.batch);
}

template <class T>
void write_drop_back(Session<T>& s, int k) {
    const LayerValues& at = s.values[k];
    const bool sees = s.seen.reads(s.plan, k);
    Op<T> op{};
    op.run = drop_back_op<T>;
    op.from = at.d, op.to = sees ? at.d : s.values[k - 1].d, op.also = at.mask;
    op.out = at.panels, op.capacity = s.plan.batch;
    s.rows.add(op);
    if (sees)
        write_columns(s.rows, k < s.seen.last, {at.d, at.panels, 0}, seen_columns(s, -1, true), s.plan.layer[k].n_in,
                      s.plan.batch);
}

template <class T>
void write_backward(Session<T>& s) {
    const int last = s.plan.n_layers - 1;
    const i64 capacity = s.plan.batch, rows = s.plan.batch < s.chunk ? s.plan.batch : s.chunk;
    const auto slope = [&](int k) {
        const LayerValues& at = s.values[k];
        write_any_slope(s.rows, s.shapes[k].is, {at.units, true}, at.panels, at.z, at.a, at.d, rows, capacity);
    };
    if (!linked<T>(s.plan)) slope(last);
    for (int k = last; k > s.first_trained; k--) {
        s.shapes[k].dense() ? write_dense_back(s, k) : write_drop_back(s, k);
        const LayerValues& below = s.values[k - 1];
        if (k - 1 < s.seen.last)
            write_columns(s.rows, !s.seen.reads(s.plan, k), seen_columns(s, k - 1, true), {below.d, below.panels, 0},
                          below.panels.columns, capacity);
        slope(k - 1);
    }
}

}  // namespace
