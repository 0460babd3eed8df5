// Units with activations of their own (BY_UNIT): a_u = f_u(s_u z_u), whose slope is s_u f_u'(s_u z_u).
//
// One operation for each kind of activation in a panel. It goes through the whole panel and keeps what it computes in
// the lanes of its own units; steepness and alpha differ from lane to lane. What says so is written down once, panel by
// panel: steepness, alpha, and for each kind 1 in its own lanes and 0 in others. Columns that fill the panel up belong
// to the kind of its first unit, with steepness 1: no lane is without one.
#pragma once

#include "program.hpp"

namespace {

// Calls f(activation) for each kind among a panel's units.
template <class F>
INLINE void along_kinds(const PellucidLayer& is, const Panels& panels, int p, F f) {
    for (int kind = 0; kind < N_ACTIVATIONS; kind++) {
        bool here = false;
        for (int c = 0; c < panels.used(p); c++) here = here || is.unit[p * panels.width + c].activation == kind;
        if (here) f(kind);
    }
}

// How many operations a panel's activation takes.
template <class T>
i64 kinds_in(const PellucidLayer& is, const Panels& panels, int p) {
    if (is.activation != BY_UNIT) return 1;
    i64 n = 0;
    along_kinds(is, panels, p, [&](int) { n++; });
    return n;
}

template <class T>
i64 kinds_of(const PellucidLayer& is) {
    const Panels panels = panels_of<T>(is.n_out);
    i64 n = 0;
    for (int p = 0; p < panels.count; p++) n += kinds_in<T>(is, panels, p);
    return n;
}

INLINE bool slope_needs_z(const PellucidLayer& is) {
    if (is.activation != BY_UNIT) return is.activation != SOFTMAX && needs_z(is.activation);
    bool some = false;
    for (int u = 0; u < is.n_out; u++) some = some || needs_z(is.unit[u].activation);
    return some;
}

// Numbers that one of a panel's lists takes: a single column is gone through by vectors of several rows.
template <class T>
INLINE i64 lanes_of(const Panels& panels, int p) {
    return round_up(panels.width_of(p), LANES<T>);
}

// How many numbers all lists of a layer take; 0 where its units are alike.
template <class T>
i64 unit_numbers(const PellucidLayer& is) {
    if (is.activation != BY_UNIT) return 0;
    const Panels panels = panels_of<T>(is.n_out);
    i64 n = 0;
    for (int p = 0; p < panels.count; p++) n += (2 + kinds_in<T>(is, panels, p)) * lanes_of<T>(panels, p);
    return n;
}

template <class T>
void write_units(const PellucidLayer& is, T* to) {
    if (is.activation != BY_UNIT) return;
    const Panels panels = panels_of<T>(is.n_out);
    for (int p = 0; p < panels.count; p++) {
        const PellucidUnit* unit = is.unit + p * panels.width;
        const PellucidUnit filling{unit[0].activation, 0, 0, 1};
        const i64 n = lanes_of<T>(panels, p);
        const auto at = [&](i64 lane) {
            const i64 column = panels.width == 1 ? 0 : lane;
            return column < panels.used(p) ? unit[column] : filling;
        };
        for (i64 i = 0; i < n; i++) to[i] = T(at(i).steepness), to[n + i] = T(at(i).alpha);
        to += 2 * n;
        along_kinds(is, panels, p, [&](int kind) {
            for (i64 i = 0; i < n; i++) to[i] = at(i).activation == kind;
            to += n;
        });
    }
}

// Calls f(index, own lanes, steepness, alpha) for every vector of a panel's rows; `op.weights` is where the panel's
// lists are, `op.bias` where the kind's is.
template <class V, class T, class F>
INLINE void along_units(const Op<T>& op, const Frame<T>& f, i64 first, i64 end, F use) {
    constexpr int N = Parts<V>::N;
    const T *steepness = weights_at(op, f), *alpha = steepness + round_up(op.width, LANES<T>);
    const T* own = steepness + (op.bias - op.weights);
    const int period = op.width == 1 ? N : op.width;
    for (i64 i = first * op.width; i < end * op.width; i += period)
        for (int c = 0; c < period; c += N)
            use(i + c, load<V>(own + c) != 0, load<V>(steepness + c), load<V>(alpha + c));
}

template <int A, class V, class T>
void unit_activation_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const T* z = f.base + op.from;
    T* a = f.base + op.to;
    along_units<V>(op, f, first, end, [&](i64 i, auto own, V steepness, V alpha) INLINE_LAMBDA {
        store(a + i, V(own ? activate<A>(V(load<V>(z + i) * steepness), alpha) : load<V>(a + i)));
    });
}

template <int A, class V, class T>
void unit_slope_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const T *z = f.base + op.from, *a = f.base + op.also;
    T* d = f.base + op.to;
    along_units<V>(op, f, first, end, [&](i64 i, auto own, V steepness, V alpha) INLINE_LAMBDA {
        const V at = load<V>(a + i), scaled = needs_z(A) ? V(load<V>(z + i) * steepness) : at;
        const V error = load<V>(d + i);
        store(d + i, V(own ? error * (slope<A>(scaled, at, alpha) * steepness) : error));
    });
}

// Where a layer's lists are: among values, or among parameters.
struct Lists {
    i64 at;
    bool among_values;
};

// One operation for each panel and kind; choose(op, tag, vector) sets what it runs.
template <class T, class Choose>
void write_by_unit(Program<T>& program, const PellucidLayer& is, Op<T> op, i64 rows, Lists lists, Choose choose) {
    const Op<T> whole = op;
    op.turned = lists.among_values;
    i64 at = lists.at;
    for (int p = 0; p < op.out.count; p++) {
        const i64 shift = p * i64(op.out.width) * op.capacity, n = lanes_of<T>(op.out, p);
        op.from = whole.from + shift, op.to = whole.to + shift, op.also = whole.also + shift;
        op.width = op.out.width_of(p);
        op.weights = at;
        at += 2 * n;
        along_kinds(is, op.out, p, [&](int kind) {
            op.bias = at;
            at += n;
            with_width<T>(element_width<T>(op.width, rows * op.width),
                          [&]<class V, int NV>() { with_elementwise(kind, [&](auto tag) { choose(op, tag, V{}); }); });
            program.add(op);
        });
    }
}

// As write_activation and write_slope, for any layer.
template <class T>
void write_any_activation(Program<T>& program, const PellucidLayer& is, Lists lists, const Panels& panels, i64 z, i64 a,
                          i64 rows, i64 capacity) {
    if (is.activation != BY_UNIT) return write_activation(program, is, panels, z, a, rows, capacity);
    Op<T> op{};
    op.from = z, op.to = a, op.out = panels, op.capacity = capacity;
    write_by_unit(program, is, op, rows, lists, [](Op<T>& to, auto tag, auto vector) {
        to.run = unit_activation_op<decltype(tag)::value, decltype(vector), T>;
    });
}

template <class T>
void write_any_slope(Program<T>& program, const PellucidLayer& is, Lists lists, const Panels& panels, i64 z, i64 a,
                     i64 d, i64 rows, i64 capacity) {
    if (is.activation != BY_UNIT) return write_slope(program, is, panels, z, a, d, rows, capacity);
    Op<T> op{};
    op.from = z, op.also = a, op.to = d, op.out = panels, op.capacity = capacity;
    write_by_unit(program, is, op, rows, lists, [](Op<T>& to, auto tag, auto vector) {
        to.run = unit_slope_op<decltype(tag)::value, decltype(vector), T>;
    });
}

}  // namespace
