// Losses and softmax: what the last layer is measured by, row by row, and the error dz or da that starts the way back.
//
// A loss that is linked to the output's activation (sigmoid, softmax, softplus) is computed from z, as in
// `pellucid/maths/losses.py`; the activation itself is then not computed at all.
#pragma once

#include "activations.hpp"
#include "functions.hpp"
#include "layout.hpp"
#include "plan.hpp"

namespace {

// Rows whose losses are added up together before they join the batch's: threads take whole groups, so that the order of
// adding does not depend on how many there are.
constexpr i64 GROUP = 16;

INLINE bool is_linked(int loss, int activation) {
    return (loss == BINARY_CROSS_ENTROPY && activation == SIGMOID) ||
           (loss == CROSS_ENTROPY && activation == SOFTMAX) || (loss == POISSON && activation == SOFTPLUS);
}

template <class V>
struct Term {
    V loss, slope;
};

// One output's part of the loss, and its derivative: by z where linked, else by a. v is the one that is used.
template <int LOSS, bool LINKED, class V>
INLINE Term<V> loss_term(V v, V y, Scalar<V> delta) {
    const V zero{}, one = all<V>(1), error = v - y;
    if constexpr (LOSS == SQUARED_ERROR) return {error * error, error + error};
    if constexpr (LOSS == HALF_SQUARED_ERROR) return {Scalar<V>(0.5) * error * error, error};
    if constexpr (LOSS == ABSOLUTE_ERROR) return {magnitude(error), sign_of(error)};
    if constexpr (LOSS == HUBER) {
        const V cut = error < -delta ? all<V>(-delta) : error > delta ? all<V>(delta) : error;
        return {cut * (error - Scalar<V>(0.5) * cut), cut};
    }
    if constexpr (LOSS == BINARY_CROSS_ENTROPY) {
        const V e = exp_below_zero(minus_magnitude(v)), a = (v >= zero ? one : e) / (one + e);
        return {(v >= zero ? v : zero) - y * v + log1p_of(e), a - y};
    }
    if constexpr (LOSS == HINGE) {
        const V margin = one - y * v;
        return {margin <= zero ? zero : margin, y * v < one ? -y : zero};
    }
    if constexpr (LOSS == POISSON && LINKED) {
        const V flat = all<V>(-40);  // below it ln(1 + e^z) is e^z to the last digit
        const V near = v < flat ? flat : v;
        const V rate = activate<SOFTPLUS>(v, Scalar<V>(0)), rate_near = activate<SOFTPLUS>(near, Scalar<V>(0));
        const V log_rate = v < flat ? v : log_of(rate_near);
        return {rate - y * log_rate, sigmoid_of(v) - y * (sigmoid_of(near) / rate_near)};
    }
    if constexpr (LOSS == POISSON && !LINKED) {
        const V tiny = all<V>(Facts<Scalar<V>>::smallest_normal), root = square_root(tiny);
        return {v - y * log_of(v < tiny ? tiny : v), one - y / (v < root ? root : v)};
    }
    __builtin_unreachable();
}

// The places 0 .. N - 1 of a vector's lanes.
template <class V>
INLINE IntOf<V> lane_numbers() {
    IntOf<V> places;
    for (int i = 0; i < Parts<V>::N; i++) places[i] = i;
    return places;
}

// What a loss is computed from and into: `v` is z or a, `d` becomes its error. `share` says how much a row counts.
template <class T>
struct LossRows {
    Matrix<T> v, y, d;
    const T* shares;  // one for each row, or null: `share` for all
    T share, delta;
};

// The loss of rows first .. end (one group at most): the sum of each row's loss times its share.
template <int LOSS, bool LINKED, class V, class T>
INLINE double column_loss(const LossRows<T>& at, i64 first, i64 end) {
    V total{};
    const auto places = lane_numbers<V>();
    for (i64 row = first; row < end; row += Parts<V>::N) {
        const auto real = places < typename Facts<T>::Int(end - row);
        const V share = at.shares ? load<V>(at.shares + row) : all<V>(at.share);
        const auto term = loss_term<LOSS, LINKED>(load<V>(at.v.data + row), load<V>(at.y.data + row), at.delta);
        total += real ? term.loss * share : V{};
        store(at.d.data + row, real ? term.slope * share : V{});
    }
    return sum(total);
}

template <int LOSS, bool LINKED, class V, int NV, class T>
INLINE double panel_loss(const LossRows<T>& at, int p, i64 first, i64 end) {
    constexpr int N = Parts<V>::N;
    const auto places = lane_numbers<V>();
    const int used = at.v.panels.used(p);
    V total{};
    for (i64 row = first; row < end; row++) {
        const T share = at.shares ? at.shares[row] : at.share;
        for (int v = 0; v < NV; v++) {
            const auto real = places < typename Facts<T>::Int(used - v * N);
            const V value = load<V>(at.v.at(p, row) + v * N), y = load<V>(at.y.at(p, row) + v * N);
            const auto term = loss_term<LOSS, LINKED>(value, y, at.delta);
            total += real ? term.loss * share : V{};
            store(at.d.at(p, row) + v * N, real ? term.slope * share : V{});
        }
    }
    return sum(total);
}

// The same over all panels of several outputs.
template <int LOSS, bool LINKED, class T>
NEVER_INLINE double panels_loss(const LossRows<T>& at, i64 first, i64 end) {
    double total = 0;
    for (int p = 0; p < at.v.panels.count; p++)
        with_width<T>(at.v.panels.width_of(p),
                      [&]<class V, int NV>() { total += panel_loss<LOSS, LINKED, V, NV>(at, p, first, end); });
    return total;
}

// A row of a matrix as vectors, with which of their lanes are the matrix's; f(pointer in the row of m, mask).
template <class V, class T, class F>
INLINE void along_row(const Matrix<T>& m, i64 row, F f) {
    constexpr int N = Parts<V>::N;
    const auto places = lane_numbers<V>();
    for (int p = 0; p < m.panels.count; p++)
        for (int c = 0; c < m.panels.width_of(p); c += N)
            f(m.at(p, row) + c, places < typename Facts<T>::Int(m.panels.used(p) - c));
}

// Calls f<V>() with the longest vector that divides the panels of this width.
template <class T, class F>
INLINE void with_row_vector(int width, F f) {
    if (width == 1) return f.template operator()<Vec<T, 1>>();
    with_width<T>(width, [&]<class V, int NV>() INLINE_LAMBDA { f.template operator()<V>(); });
}

// e^(z - largest z) of one row into `a`; returns the largest and the sum.
template <class T>
struct Exponentials {
    T largest, sum;
};

template <class V, class T>
INLINE Exponentials<T> exponentials(const Matrix<T>& z, const Matrix<T>& a, i64 row) {
    const V low = all<V>(-Facts<T>::largest);
    V most = low, total{};
    // Not through larger(): NaN must win.
    along_row<V>(z, row, [&](const T* at, auto real) INLINE_LAMBDA {
        const V v = real ? load<V>(at) : low;
        most = v <= most ? most : v;
    });
    const T largest = largest_of(most);
    along_row<V>(z, row, [&](const T* at, auto real) INLINE_LAMBDA {
        // The difference of two numbers near the type's end overflows; its exponential is 0 all the same.
        const V e = real ? exp_of(load<V>(at) - largest) : V{};
        total += e;
        store(a.data + (at - z.data), e);
    });
    return {largest, sum(total)};
}

template <class T>
NEVER_INLINE void softmax_rows(const Matrix<T>& z, const Matrix<T>& a, i64 first, i64 end) {
    with_row_vector<T>(z.panels.width, [&]<class V>() INLINE_LAMBDA {
        for (i64 row = first; row < end; row++) {
            const T total = exponentials<V>(z, a, row).sum;
            along_row<V>(a, row, [&](T* at, auto) INLINE_LAMBDA { store(at, V(load<V>(at) / total)); });
        }
    });
}

// d = dL/da becomes dL/dz = a (d - sum of a d), row by row.
template <class T>
NEVER_INLINE void softmax_slope_rows(const Matrix<T>& a, const Matrix<T>& d, i64 first, i64 end) {
    with_row_vector<T>(a.panels.width, [&]<class V>() INLINE_LAMBDA {
        for (i64 row = first; row < end; row++) {
            V products{};
            along_row<V>(a, row, [&](const T* at, auto real) INLINE_LAMBDA {
                products += real ? load<V>(at) * load<V>(d.data + (at - a.data)) : V{};
            });
            const T mean = sum(products);
            along_row<V>(a, row, [&](const T* at, auto real) INLINE_LAMBDA {
                T* to = d.data + (at - a.data);
                store(to, real ? load<V>(at) * (load<V>(to) - mean) : V{});
            });
        }
    });
}

// Softmax and cross entropy of at most as many rows as a vector has lanes, each row one vector: what is summed along
// rows is summed for all of them at once. The formulas are those of `cross_entropy_rows`.
template <class V, class T>
INLINE double cross_entropy_block(const LossRows<T>& at, i64 first, int count) {
    constexpr int N = Parts<V>::N;
    const auto places = lane_numbers<V>();
    const auto real = places < typename Facts<T>::Int(at.v.panels.columns),
               real_row = places < typename Facts<T>::Int(count);
    const V low = all<V>(-Facts<T>::largest);
    const T *z = at.v.data + first * N, *y = at.y.data + first * N;
    V e[N], rows[N];
    for (int r = 0; r < N; r++) rows[r] = r < count ? (real ? load<V>(z + r * N) : low) : low;
    const V largest = maxima_of(rows);
    for (int r = 0; r < N; r++)
        rows[r] = e[r] = r < count ? (real ? exp_of(V(load<V>(z + r * N) - largest[r])) : V{}) : V{};
    const V total = sums_of(rows);
    for (int r = 0; r < N; r++) rows[r] = r < count ? load<V>(y + r * N) : V{};
    const V weight = sums_of(rows);
    // 0 times an infinite surprise is 0.
    for (int r = 0; r < N; r++)
        rows[r] = r < count ? load<V>(y + r * N) * larger(V(load<V>(z + r * N) - largest[r]), low) : V{};
    const V surprise = weight * log_of(total) - sums_of(rows);
    V share = all<V>(at.share);
    if (at.shares)
        for (int r = 0; r < count; r++) share[r] = at.shares[first + r];
    const V factor = weight / total;
    for (int r = 0; r < count; r++)
        store(at.d.data + (first + r) * N, V(real ? (e[r] * factor[r] - load<V>(y + r * N)) * share[r] : V{}));
    return sum(V(real_row ? surprise * share : V{}));
}

// Softmax and cross entropy together: -sum of y (z - largest - ln sum), and dz = softmax(z) sum(y) - y.
template <class T>
NEVER_INLINE double cross_entropy_rows(const LossRows<T>& at, i64 first, i64 end) {
    double total = 0;
    if (at.v.panels.width > 1 && at.v.panels.padded <= LANES<T>) {
        with_width<T>(at.v.panels.width, [&]<class V, int NV>() {
            constexpr int N = Parts<V>::N;
            for (i64 row = first; row < end; row += N)
                total += cross_entropy_block<V>(at, row, int(end - row < N ? end - row : N));
        });
        return total;
    }
    with_row_vector<T>(at.v.panels.width, [&]<class V>() INLINE_LAMBDA {
        for (i64 row = first; row < end; row++) {
            const auto e = exponentials<V>(at.v, at.d, row);
            const T log_sum = log_of(all<Vec<T, NARROWEST<T>>>(e.sum))[0];
            V surprise{}, weight{};
            along_row<V>(at.v, row, [&](const T* z, auto real) INLINE_LAMBDA {
                const V y = load<V>(at.y.data + (z - at.v.data));
                // 0 times an infinite surprise is 0.
                const V shifted = larger(V(load<V>(z) - e.largest), all<V>(-Facts<T>::largest));
                surprise -= real ? y * (shifted - log_sum) : V{};
                weight += real ? y : V{};
            });
            const T share = at.shares ? at.shares[row] : at.share, factor = sum(weight) / e.sum;
            total += sum(surprise) * share;
            along_row<V>(at.d, row, [&](T* d, auto real) INLINE_LAMBDA {
                const V y = load<V>(at.y.data + (d - at.d.data));
                store(d, real ? (load<V>(d) * factor - y) * share : V{});
            });
        }
    });
    return total;
}

// Calls f(loss, linked), both known to the compiler; cross entropy, which is made of whole rows, is not among them.
template <class F>
INLINE void with_loss(int loss, bool linked, F f) {
    switch (loss) {
        case SQUARED_ERROR: return f(Tag<SQUARED_ERROR>{}, Tag<false>{});
        case HALF_SQUARED_ERROR: return f(Tag<HALF_SQUARED_ERROR>{}, Tag<false>{});
        case ABSOLUTE_ERROR: return f(Tag<ABSOLUTE_ERROR>{}, Tag<false>{});
        case HUBER: return f(Tag<HUBER>{}, Tag<false>{});
        case BINARY_CROSS_ENTROPY: return f(Tag<BINARY_CROSS_ENTROPY>{}, Tag<true>{});
        case HINGE: return f(Tag<HINGE>{}, Tag<false>{});
        case POISSON: return linked ? f(Tag<POISSON>{}, Tag<true>{}) : f(Tag<POISSON>{}, Tag<false>{});
        default: return;
    }
}

}  // namespace
