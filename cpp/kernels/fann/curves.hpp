// FANN's 18 activation functions and their slopes, by number.
//
// A function gets z, the sum times the steepness, clipped to 150/steepness. Clipping constants and corners are float32
// numbers, as FANN has them.
#pragma once

#include "../waves.hpp"
#include "lanes.hpp"

namespace {

enum Curve : int {
    LINEAR,
    THRESHOLD,
    THRESHOLD_SYMMETRIC,
    SIGMOID,
    SIGMOID_STEPWISE,
    SIGMOID_SYMMETRIC,
    SIGMOID_SYMMETRIC_STEPWISE,
    GAUSSIAN,
    GAUSSIAN_SYMMETRIC,
    GAUSSIAN_STEPWISE,
    ELLIOT,
    ELLIOT_SYMMETRIC,
    LINEAR_PIECE,
    LINEAR_PIECE_SYMMETRIC,
    SIN_SYMMETRIC,
    COS_SYMMETRIC,
    SIN,
    COS
};

// Whether errors are halved.
constexpr bool is_symmetric(int curve) {
    switch (curve) {
        case THRESHOLD_SYMMETRIC:
        case SIGMOID_SYMMETRIC:
        case SIGMOID_SYMMETRIC_STEPWISE:
        case GAUSSIAN_SYMMETRIC:
        case ELLIOT_SYMMETRIC:
        case LINEAR_PIECE_SYMMETRIC:
        case SIN_SYMMETRIC:
        case COS_SYMMETRIC: return true;
        default: return false;
    }
}

// f on the first n lanes: the host's functions take one number at a time.
template <class V>
INLINE V one_by_one(double (*f)(double), V x, i64 n) {
    V y{};
    for (int i = 0; i < Parts<V>::N; i++)
        if (i < n) y[i] = f(x[i]);
    return y;
}

// The host's sine and cosine, or ours.
template <class V>
INLINE V sine(const PellucidFannLibrary& library, V x, i64 n) {
    if constexpr (STRICT) return one_by_one(library.sin, x, n);
    return sin_of(x);
}

template <class V>
INLINE V cosine(const PellucidFannLibrary& library, V x, i64 n) {
    if constexpr (STRICT) return one_by_one(library.cos, x, n);
    return cos_of(x);
}

// Whether a function is made of an exponential of this argument.
constexpr bool is_of_exponential(int curve) {
    return curve == SIGMOID || curve == SIGMOID_SYMMETRIC || curve == GAUSSIAN || curve == GAUSSIAN_SYMMETRIC;
}

// Whether a function is made of a sine (of z, then its slope is made of the cosine) or of a cosine.
constexpr bool is_sine(int curve) { return curve == SIN_SYMMETRIC || curve == SIN; }
constexpr bool is_cosine(int curve) { return curve == COS_SYMMETRIC || curve == COS; }

template <int A, class V>
INLINE V of_wave(V wave) {
    if constexpr (A == SIN || A == COS) return wave / 2 + 0.5;
    return wave;
}

// `wave`: the cosine of z for a sine, the sine for a cosine.
template <int A, class V, class S>
INLINE V slope_of_wave(S s, V wave) {
    const V slope = is_sine(A) ? s * wave : -s * wave;
    if constexpr (A == SIN || A == COS) return slope / 2;
    return slope;
}

template <int A, class V>
INLINE V exponent(V z) {
    if constexpr (A == SIGMOID || A == SIGMOID_SYMMETRIC) return -2 * z;
    return -z * z;
}

// Straight lines through six points, constant outside.
struct Corners {
    double v[6], r[6], low, high;
};
constexpr double NEAR = 0.549306154251098632812;
constexpr Corners STEPS_SYMMETRIC = {
    {-2.64665293693542480469, -1.47221934795379638672, -NEAR, NEAR, 1.47221934795379638672, 2.64665293693542480469},
    {-0.990000009536743164062, -0.899999976158142089844, -0.5, 0.5, 0.899999976158142089844, 0.990000009536743164062},
    -1,
    1};
constexpr Corners STEPS = {
    {-2.64665246009826660156, -1.47221946716308593750, -NEAR, NEAR, 1.47221934795379638672, 2.64665293693542480469},
    {0.00499999988824129104614, 0.0500000007450580596924, 0.25, 0.75, 0.949999988079071044922, 0.995000004768371582031},
    0,
    1};

template <class V>
INLINE V stepwise(const Corners& c, V z) {
    // The line is chosen first, so that there is one division.
    V v = all<V>(c.v[0]), width = all<V>(c.v[1] - c.v[0]), r = all<V>(c.r[0]), height = all<V>(c.r[1] - c.r[0]);
    for (int i = 1; i < 5; i++) {
        const auto beyond = z >= c.v[i];
        v = beyond ? all<V>(c.v[i]) : v;
        width = beyond ? all<V>(c.v[i + 1] - c.v[i]) : width;
        r = beyond ? all<V>(c.r[i]) : r;
        height = beyond ? all<V>(c.r[i + 1] - c.r[i]) : height;
    }
    const V line = height * (z - v) / width + r;
    return z < c.v[0] ? all<V>(c.low) : (z >= c.v[5] ? all<V>(c.high) : line);
}

template <class V>
INLINE V between(V low, V z, V high) {
    return z < low ? low : (z > high ? high : z);
}

// `e`: the exponential of exponent<A>(z), where STRICT and there is one.
template <int A, class V>
INLINE V value(const PellucidFannLibrary& library, V z, [[maybe_unused]] V e, i64 n) {
    const V zero{}, one = all<V>(1);
    if constexpr (A == LINEAR) return z;
    if constexpr (A == THRESHOLD) return z < zero ? zero : one;
    if constexpr (A == THRESHOLD_SYMMETRIC) return z < zero ? -one : one;
    if constexpr (A == SIGMOID) {
        if constexpr (STRICT) return 1 / (1 + e);
        return sigmoid_of(2 * z);
    }
    if constexpr (A == SIGMOID_SYMMETRIC) {
        if constexpr (STRICT) return 2 / (1 + e) - 1;
        return tanh_of(z);
    }
    if constexpr (A == SIGMOID_STEPWISE) return stepwise(STEPS, z);
    if constexpr (A == SIGMOID_SYMMETRIC_STEPWISE) return stepwise(STEPS_SYMMETRIC, z);
    if constexpr (A == GAUSSIAN) return STRICT ? e : exp_of(-z * z);
    if constexpr (A == GAUSSIAN_SYMMETRIC) return (STRICT ? e : exp_of(-z * z)) * 2 - 1;
    if constexpr (A == GAUSSIAN_STEPWISE) return zero;
    if constexpr (A == ELLIOT) return z / 2 / (1 + magnitude(z)) + 0.5;
    if constexpr (A == ELLIOT_SYMMETRIC) return z / (1 + magnitude(z));
    if constexpr (A == LINEAR_PIECE) return between(zero, z, one);
    if constexpr (A == LINEAR_PIECE_SYMMETRIC) return between(-one, z, one);
    if constexpr (is_sine(A)) return of_wave<A>(sine(library, z, n));
    if constexpr (is_cosine(A)) return of_wave<A>(cosine(library, z, n));
}

constexpr double SIGMOID_LOW = 0.00999999977648258209, SIGMOID_HIGH = 0.990000009536743164;
constexpr double TANH_LIMIT = 0.980000019073486328;

// The slope that training uses, for steepness s, or a vector of them. `right` says whether to take the true one where
// FANN's is not (D4).
template <int A, class V, class S>
INLINE V slope(const PellucidFannLibrary& library, V z, V y, S s, bool right, i64 n) {
    // FANN takes the sine's slope at s z, though z already contains s.
    [[maybe_unused]] const V at = right ? z : s * z;
    [[maybe_unused]] const V steep = s - V{};
    if constexpr (A == LINEAR) return steep;
    if constexpr (A == LINEAR_PIECE) return !right || (z > 0 && z < 1) ? steep : V{};
    if constexpr (A == LINEAR_PIECE_SYMMETRIC) return !right || (z > -1 && z < 1) ? steep : V{};
    if constexpr (A == SIGMOID || A == SIGMOID_STEPWISE) {
        const V c = between(all<V>(SIGMOID_LOW), y, all<V>(SIGMOID_HIGH));
        return 2 * s * c * (1 - c);
    }
    if constexpr (A == SIGMOID_SYMMETRIC || A == SIGMOID_SYMMETRIC_STEPWISE) {
        const V c = between(all<V>(-TANH_LIMIT), y, all<V>(TANH_LIMIT));
        return s * (1 - c * c);
    }
    if constexpr (A == GAUSSIAN) return right ? -2 * z * y * s : -2 * z * y * s * s;
    if constexpr (A == GAUSSIAN_SYMMETRIC) return right ? -2 * z * (y + 1) * s : -2 * z * (y + 1) * s * s;
    if constexpr (A == ELLIOT) return s / (2 * (1 + magnitude(z)) * (1 + magnitude(z)));
    if constexpr (A == ELLIOT_SYMMETRIC) return s / ((1 + magnitude(z)) * (1 + magnitude(z)));
    if constexpr (is_sine(A)) return slope_of_wave<A>(s, cosine(library, at, n));
    if constexpr (is_cosine(A)) return slope_of_wave<A>(s, sine(library, at, n));
    return V{};
}

// Where the numbers of some rows are, from one row to the next.
struct Rows {
    double* at;
    i64 stride;
};

// Rows that the host's functions are called for at a time: their arguments are written first, then read again.
constexpr i64 ROWS_OF_CALLS = 16;

template <class V>
INLINE V clipped(V sums, double s) {
    const double limit = 150 / s;
    const V raw = s * sums;
    return raw > limit ? all<V>(limit) : (raw < -limit ? all<V>(-limit) : raw);
}

// The exponentials of one vector of neurons for some rows.
template <int A>
INLINE void exponentials(const PellucidFannLibrary& library, double s, Rows sums, i64 rows, i64 n, double* out) {
    for (i64 row = 0; row < rows; row++)
        store(out + row * L, exponent<A>(clipped(load<Lanes>(sums.at + row * sums.stride), s)));
    for (i64 row = 0; row < rows; row++)
        for (i64 i = 0; i < n; i++) out[row * L + i] = library.exp(out[row * L + i]);
}

// Values, and slopes if wanted, of one vector of neurons for at most ROWS_OF_CALLS rows.
template <int A>
INLINE void curve_lanes(const PellucidFannLibrary& library, double s, Rows sums, Rows values, Rows slopes, i64 rows,
                        i64 n, bool right) {
    alignas(64) double of_e[STRICT && is_of_exponential(A) ? ROWS_OF_CALLS * L : L];
    if constexpr (STRICT && is_of_exponential(A)) exponentials<A>(library, s, sums, rows, n, of_e);
    for (i64 row = 0; row < rows; row++) {
        const Lanes z = clipped(load<Lanes>(sums.at + row * sums.stride), s);
        Lanes e{};
        if constexpr (STRICT && is_of_exponential(A)) e = load<Lanes>(of_e + row * L);
        const Lanes y = value<A>(library, z, e, n);
        store(values.at + row * values.stride, y);
        if (slopes.at) store(slopes.at + row * slopes.stride, slope<A>(library, z, y, s, right, n));
    }
}

// Values of one vector of neurons, of which there are n.
template <int A, class V>
V curve_values(const PellucidFannLibrary& library, V sums, double s, i64 n) {
    const V z = clipped(sums, s);
    V e{};
    if constexpr (STRICT && is_of_exponential(A)) {
        const V x = exponent<A>(z);
        double of_x[Parts<V>::N];
        for (i64 i = 0; i < n; i++) of_x[i] = library.exp(x[i]);
        for (i64 i = n - 1; i >= 0; i--) e = pushed(of_x[i], e, UpTo<Parts<V>::N>{});
    }
    return value<A>(library, z, e, n);
}

template <class V>
using CurveValues = V (*)(const PellucidFannLibrary&, V, double, i64);

template <class V, int... A>
INLINE CurveValues<V> values_numbered(int curve, Numbers<A...>) {
    static constexpr CurveValues<V> all_curves[] = {curve_values<A, V>...};
    return all_curves[curve];
}

INLINE Rows part(Rows rows, i64 row, i64 j) {
    return {rows.at ? rows.at + row * rows.stride + j : nullptr, rows.stride};
}

template <int A>
void curve_of(const PellucidFannLibrary& library, const PellucidFannRun& run, Rows sums, Rows values, Rows slopes,
              i64 rows, bool right) {
    for (i64 row = 0; row < rows; row += ROWS_OF_CALLS)
        for (i64 j = 0; j < run.count; j += L) {
            const i64 n = run.count - j < L ? run.count - j : L;
            const i64 some = rows - row < ROWS_OF_CALLS ? rows - row : ROWS_OF_CALLS;
            curve_lanes<A>(library, run.steepness, part(sums, row, j), part(values, row, j), part(slopes, row, j), some,
                           n, right);
        }
}

using CurveRows = void (*)(const PellucidFannLibrary&, const PellucidFannRun&, Rows, Rows, Rows, i64, bool);

template <int... A>
INLINE CurveRows curve_numbered(int curve, Numbers<A...>) {
    static constexpr CurveRows all_curves[] = {curve_of<A>...};
    return all_curves[curve];
}

// Values of one run of neurons, and their slopes if `slopes` is given, for so many rows. Whole vectors are written:
// what lies behind the run is lost, so runs are taken in their order.
INLINE void curve_rows(const PellucidFannLibrary& library, const PellucidFannRun& run, Rows sums, Rows values,
                       Rows slopes, i64 rows, bool right) {
    curve_numbered(run.activation, UpTo<FANN_N_ACTIVATIONS>{})(library, run, sums, values, slopes, rows, right);
}

}  // namespace
