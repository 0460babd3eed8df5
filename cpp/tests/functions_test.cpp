// Measures the vector functions and activations against libm's long double ones, in units of the last place (ulp).
//
// Build it once for each instruction set, and run it:
//     g++ -std=c++20 -O2 -march=x86-64-v3 -Icpp/kernels cpp/tests/functions_test.cpp -o functions_test
// Every function must stay within its bounds in `rows`; otherwise the worst input is printed, and the exit code is 1.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "activations.hpp"
#include "references.hpp"
#include "waves.hpp"

namespace {

// ---- the table ----------------------------------------------------------------------------------------------------

template <class T>
using Kernel = std::function<void(int lanes, const T* z, const T* a, T alpha, T* result)>;

struct Row {
    const char* name;
    Kernel<float> in_float;
    Kernel<double> in_double;
    Reference reference;
    double float_bound, double_bound;
    enum Kind { FUNCTION, FORWARD, SLOPE } kind = FUNCTION;
    int activation = LINEAR;  // what makes a from z
    double alpha = 0;
    const char* unit = "result";
    Reference scale = nullptr;  // none: the result itself
    Reference steps = nullptr;  // none: 1
    Real low = -INFINITE, high = INFINITE;
};

template <class T, int N, class Op>
void apply(Op op, const T* z, const T* a, T alpha, T* result) {
    using V = Vec<T, N>;
    store(result, op(load<V>(z), load<V>(a), alpha));
}

// The operation on 1, 2 or all lanes.
template <class T, class Op>
Kernel<T> kernel(Op op) {
    return [op](int lanes, const T* z, const T* a, T alpha, T* result) {
        if (lanes == 1)
            apply<T, 1>(op, z, a, alpha, result);
        else if (lanes == 2)
            apply<T, 2>(op, z, a, alpha, result);
        else
            apply<T, LANES<T>>(op, z, a, alpha, result);
    };
}

template <class Op>
Row function(const char* name, Op op, Reference reference, double float_bound, double double_bound) {
    const auto on_lanes = [op](auto z, auto, auto) { return op(z); };
    return {name, kernel<float>(on_lanes), kernel<double>(on_lanes), reference, float_bound, double_bound};
}

Row activated(Row row, Row::Kind kind, int activation, double alpha) {
    row.kind = kind;
    row.activation = activation;
    row.alpha = alpha;
    return row;
}

template <int A>
Row forward(const char* name, Reference reference, double float_bound, double double_bound, double alpha = 0) {
    const auto op = [](auto z, auto, auto option) { return activate<A>(z, option); };
    const Row row = {name, kernel<float>(op), kernel<double>(op), reference, float_bound, double_bound};
    return activated(row, Row::FORWARD, A, alpha);
}

template <int A>
Row backward(const char* name, Reference reference, double float_bound, double double_bound, double alpha = 0) {
    const auto op = [](auto z, auto a, auto option) { return slope<A>(needs_z(A) ? z : a, a, option); };
    const Row row = {name, kernel<float>(op), kernel<double>(op), reference, float_bound, double_bound};
    return activated(row, Row::SLOPE, A, alpha);
}

Row on(Row row, Real low, Real high) {
    row.low = low;
    row.high = high;
    return row;
}

Row relative_to(Row row, const char* unit, Reference scale, Reference steps) {
    row.unit = unit;
    row.scale = scale;
    row.steps = steps;
    return row;
}

const Row rows[] = {
    // name, kernel, reference, bound in float, bound in double
    function(
        "exp", [](auto v) { return exp_of(v); }, of_z<std::exp>, 1.1, 1.1),
    on(function(
           "exp_below_zero", [](auto v) { return exp_below_zero(v); }, of_z<std::exp>, 1.1, 1.1),
       -INFINITE, 0),
    function(
        "expm1", [](auto v) { return expm1_of(v); }, of_z<std::expm1>, 2.5, 2.5),
    function(
        "log", [](auto v) { return log_of(v); }, of_z<logarithm>, 1.5, 1.5),
    on(function(
           "log1p", [](auto v) { return log1p_of(v); }, of_z<std::log1p>, 1.5, 1.5),
       0, 1),
    function(
        "tanh", [](auto v) { return tanh_of(v); }, of_z<std::tanh>, 2.1, 2.1),
    function(
        "sigmoid", [](auto v) { return sigmoid_of(v); }, of_z<sigmoid>, 2.5, 2.5),
    function(
        "erfc", [](auto v) { return erfc_of(v); }, of_z<std::erfc>, 5, 4),
    function(
        "sin", [](auto v) { return sin_of(v); }, of_z<sine>, 1, 1),
    function(
        "cos", [](auto v) { return cos_of(v); }, of_z<cosine>, 1, 1),

    forward<LINEAR>("linear", linear, 0, 0),
    forward<SIGMOID>("sigmoid(z)", of_z<sigmoid>, 2.5, 2.5),
    forward<TANH>("tanh(z)", of_z<std::tanh>, 2.1, 2.1),
    forward<RELU>("relu", relu, 0, 0),
    forward<LEAKY_RELU>("leaky_relu", leaky_relu, 0.5, 0.5, 0.01),
    forward<ELU>("elu", elu, 2.5, 2.5, 0.7),
    relative_to(forward<GELU>("gelu", gelu, 5, 5), "a", nullptr, z_steps),
    relative_to(forward<GELU_TANH>("gelu_tanh", gelu_tanh, 4, 4), "a max(1, |2u|)", gelu_tanh_scale, z_steps),
    relative_to(forward<SILU>("silu", silu, 3.5, 3.5), "a", nullptr, z_steps),
    forward<SOFTPLUS>("softplus", softplus, 2.5, 2.5),
    forward<SOFTSIGN>("softsign", softsign, 1.5, 1.5),
    relative_to(forward<HARD_SIGMOID>("hard_sigmoid", hard_sigmoid, 1, 1), "|z/6| + 1/2", hard_sigmoid_scale, nullptr),
    forward<THRESHOLD>("threshold", threshold, 0, 0),
    forward<THRESHOLD_SYMMETRIC>("threshold_symmetric", threshold_symmetric, 0, 0),
    forward<GAUSSIAN>("gaussian", of_z<bell>, 1.5, 1.5),
    relative_to(forward<GAUSSIAN_SYMMETRIC>("gaussian_symmetric", of_z<bell_symmetric>, 1.5, 1.5), "1", one, nullptr),
    relative_to(forward<ELLIOT>("elliot", elliot, 1, 1), "1", one, nullptr),
    forward<LINEAR_PIECE>("linear_piece", linear_piece, 0, 0),
    forward<LINEAR_PIECE_SYMMETRIC>("linear_piece_symm.", linear_piece_symmetric, 0, 0),
    forward<SINE>("sine", of_z<sine>, 1, 1),
    forward<COSINE>("cosine", of_z<cosine>, 1, 1),
    relative_to(forward<SINE_POSITIVE>("sine_positive", of_z<sine_lifted>, 1, 1), "1", one, nullptr),
    relative_to(forward<COSINE_POSITIVE>("cosine_positive", of_z<cosine_lifted>, 1, 1), "1", one, nullptr),
    relative_to(forward<SIGMOID_STEPWISE>("sigmoid_stepwise", stepwise<0>, 1, 1), "1", one, nullptr),
    relative_to(forward<TANH_STEPWISE>("tanh_stepwise", stepwise<1>, 1.5, 1.5), "1", one, nullptr),

    backward<LINEAR>("linear slope", one, 0, 0),
    backward<SIGMOID>("sigmoid slope", sigmoid_slope, 2, 2),
    relative_to(backward<TANH>("tanh slope", tanh_slope, 0.5, 0.5), "1", one, nullptr),
    backward<RELU>("relu slope", relu_slope, 0, 0),
    backward<LEAKY_RELU>("leaky_relu slope", leaky_relu_slope, 0, 0, 0.01),
    backward<ELU>("elu slope", elu_slope, 0.5, 0.5, 0.7),
    relative_to(backward<GELU>("gelu slope", gelu_slope, 4, 4), "the terms", gelu_slope_scale, z_steps),
    relative_to(backward<GELU_TANH>("gelu_tanh slope", gelu_tanh_slope, 3, 3), "the terms max(1, |2u|)",
                gelu_tanh_slope_scale, gelu_tanh_slope_steps),
    relative_to(backward<SILU>("silu slope", silu_slope, 5, 5), "the terms", silu_slope_scale, z_steps),
    backward<SOFTPLUS>("softplus slope", of_z<sigmoid>, 2.5, 2.5),
    backward<SOFTSIGN>("softsign slope", softsign_slope, 4, 4),
    backward<HARD_SIGMOID>("hard_sigmoid slope", hard_sigmoid_slope, 0.5, 0.5),
    backward<THRESHOLD>("threshold slope", zero, 0, 0),
    backward<THRESHOLD_SYMMETRIC>("threshold_s. slope", zero, 0, 0),
    relative_to(backward<GAUSSIAN>("gaussian slope", gaussian_slope, 1, 1), "the result", nullptr, z_steps),
    relative_to(backward<GAUSSIAN_SYMMETRIC>("gaussian_s. slope", gaussian_symmetric_slope, 3, 3), "the result",
                nullptr, z_steps),
    backward<ELLIOT>("elliot slope", elliot_slope, 4, 4),
    backward<LINEAR_PIECE>("linear_piece slope", linear_piece_slope, 0, 0),
    backward<LINEAR_PIECE_SYMMETRIC>("linear_piece_s. slope", linear_piece_symmetric_slope, 0, 0),
    backward<SINE>("sine slope", of_z<cosine>, 1, 1),
    backward<COSINE>("cosine slope", of_z<minus_sine>, 1, 1),
    backward<SINE_POSITIVE>("sine_positive slope", of_z<half_cosine>, 1, 1),
    backward<COSINE_POSITIVE>("cosine_pos. slope", of_z<minus_half_sine>, 1, 1),
    backward<SIGMOID_STEPWISE>("sigmoid_step. slope", stepwise_slope<0>, 0.5, 0.5),
    backward<TANH_STEPWISE>("tanh_stepwise slope", stepwise_slope<1>, 0.5, 0.5),
};

// ---- the inputs ---------------------------------------------------------------------------------------------------

// Where something changes: other polynomials, other n, kinks, the least and the largest results of both types.
const double centres[] = {0.34657359,
                          0.5,
                          0.65,
                          0.70710678,
                          0.91923882,
                          1,
                          1.0397208,
                          1.4142136,
                          1.7328680,
                          2.4260151,
                          3,
                          9.0109,
                          10,
                          10.0546,
                          10.5,
                          13.0,
                          14.1692,
                          14.2,
                          14.8492,
                          16.64,
                          18,
                          19.0615,
                          20,
                          26.5433,
                          27.2264,
                          27.5,
                          36.7368,
                          37.5194,
                          38,
                          38.4674,
                          38.8909,
                          40,
                          87.33654,
                          88.02969,
                          88.722839,
                          89,
                          103.27893,
                          103.97208,
                          104,
                          708.39642,
                          709.43613,
                          709.78271,
                          710,
                          744.44007,
                          745.13322,
                          746,
                          1048576,
                          0.5493061542510986,
                          1.4722193479537964,
                          1.472219467163086,
                          2.6466529369354248,
                          2.6466524600982666};

template <class T>
std::vector<T> make_inputs() {
    using Limits = std::numeric_limits<T>;
    using Unsigned = typename Facts<T>::Unsigned;
    std::mt19937_64 random(1);
    std::vector<T> z = {0, Limits::infinity(), Limits::quiet_NaN(), Limits::denorm_min(), Limits::min(), Limits::max()};
    for (int i = 0; i < 50000; i++) z.push_back(bits<T>(Unsigned(random())));
    for (int i = 0; i < 5000; i++) z.push_back(Limits::denorm_min() * T(random() >> (64 - Facts<T>::mantissa)));
    for (double span : {1e-3, 1.0, 4.0, 20.0, 110.0, 800.0})
        for (int i = 0; i < 8000; i++) z.push_back(T(span * double(random()) / 0x1p64));
    // Near multiples of pi/2, of all sizes; the second number is the nearest to one that a double can be.
    for (int i = 0; i < 8000; i++) z.push_back(T(1.57079632679489661923L * Real(random() >> (random() % 64))));
    z.push_back(T(std::ldexp(6381956970095103.0, sizeof(T) == 8 ? 797 : 60)));
    for (double centre : centres) {
        z.push_back(T(centre));
        for (int i = 1; i < 200; i++) z.push_back(std::nextafter(z.back(), T(0)));
        z.push_back(T(centre));
        for (int i = 1; i < 200; i++) z.push_back(std::nextafter(z.back(), Limits::infinity()));
        for (int i = 0; i < 200; i++) z.push_back(T(centre * (0.99 + 0.02 * double(random()) / 0x1p64)));
    }
    const size_t count = z.size();
    for (size_t i = 0; i < count; i++) z.push_back(-z[i]);
    return z;
}

template <class T>
const std::vector<T> inputs = make_inputs<T>();

// ---- the measurement ----------------------------------------------------------------------------------------------

// The distance of neighbours of type T around a number; beyond the largest one, that of the largest.
template <class T>
Real ulp_of(Real number) {
    using Limits = std::numeric_limits<T>;
    int exponent;
    std::frexp(std::min(std::fabs(number), Real(Limits::max())), &exponent);
    return std::ldexp(1.0L, std::max(exponent, Limits::min_exponent) - Limits::digits);
}

template <class T>
Real error_of(T got, Real want, Real scale, Real steps) {
    const bool wrong_sign = want == 0 && got == 0 && std::signbit(want) != std::signbit(got);
    if (std::isnan(want) != std::isnan(got) || wrong_sign) return INFINITE;
    if (std::isnan(want)) return 0;
    if (std::isinf(T(want)) && got == T(want)) return 0;
    const Real denormal = std::numeric_limits<T>::denorm_min();
    // An inf in place of the largest number is one step too far, not infinitely many.
    const Real past_largest = std::ldexp(1.0L, std::numeric_limits<T>::max_exponent);
    const Real number = std::isinf(got) && !std::isinf(want) ? std::copysign(past_largest, Real(got)) : Real(got);
    return number == want ? 0 : std::fabs(number - want) / std::max(ulp_of<T>(scale), steps * denormal);
}

template <class T>
struct Worst {
    Real error = -1, want = 0;
    T z = 0, got = 0;
};

// Runs a row over all its inputs: in whole vectors, and every 16th block in vectors of 1 and 2 lanes too.
template <class T>
Worst<T> measure(const Row& row, const Kernel<T>& run) {
    std::vector<T> z;
    for (T x : inputs<T>)
        if (std::isnan(x) || (x >= row.low && x <= row.high)) z.push_back(x);
    const i64 count = i64(z.size());
    z.resize(z.size() + LANES<T>);
    std::vector<T> a(z.size());
    const T alpha = T(row.alpha);
    activate_all<Vec<T, LANES<T>>>(row.activation, alpha, z.data(), a.data(), count);
    Worst<T> worst;
    for (int lanes : {LANES<T>, 2, 1}) {
        for (i64 start = 0; start < count; start += lanes == LANES<T> ? lanes : 16 * lanes) {
            T result[LANES<T>];
            run(lanes, &z[start], &a[start], alpha, result);
            for (i64 i = start; i < std::min(start + lanes, count); i++) {
                const Real want = row.reference(z[i], a[i], alpha);
                const Real scale = row.scale ? row.scale(z[i], a[i], alpha) : want;
                const Real steps = row.steps ? row.steps(z[i], a[i], alpha) : 1;
                const Real error = error_of(result[i - start], want, scale, steps);
                if (!(error <= worst.error)) worst = {error, want, z[i], result[i - start]};
            }
        }
    }
    return worst;
}

template <class T>
bool report(const Row& row, const char* type, Real bound, const Worst<T>& worst) {
    if (worst.error <= bound) return true;
    std::printf("FAILED: %s in %s is off by %.3Lg ulp at z = %.17g (%a): got %.17g, expected %.21Lg\n", row.name, type,
                worst.error, double(worst.z), double(worst.z), double(worst.got), worst.want);
    return false;
}

bool check(const Row& row) {
    const Worst<float> in_float = measure<float>(row, row.in_float);
    const Worst<double> in_double = measure<double>(row, row.in_double);
    std::printf("%-20s %8.3Lf %8.3Lf %8.1f %8.1f   %s\n", row.name, in_float.error, in_double.error, row.float_bound,
                row.double_bound, row.unit);
    const bool float_passed = report(row, "float", row.float_bound, in_float);
    const bool double_passed = report(row, "double", row.double_bound, in_double);
    return float_passed && double_passed;
}

// ---- activate_all and slope_all -----------------------------------------------------------------------------------

template <class T>
bool same(const char* what, const std::vector<T>& got, const std::vector<T>& expected) {
    for (size_t i = 0; i < got.size(); i++) {
        if (std::fabs(got[i] - expected[i]) <= 8 * ulp_of<T>(expected[i])) continue;
        std::printf("FAILED: %s at %zu of %zu: got %.17g, expected %.17g\n", what, i, got.size(), double(got[i]),
                    double(expected[i]));
        return false;
    }
    return true;
}

// `count` elements in buffers of just the whole vectors V they need: a sanitizer sees a step beyond them.
template <class V, class T>
bool check_arrays(const Row& row, const Kernel<T>& run, i64 count) {
    constexpr i64 lanes = Parts<V>::N;
    const i64 whole = (count + lanes - 1) / lanes * lanes;
    const T alpha = T(row.alpha);
    std::vector<T> z(whole), a(whole), d(whole, 2), expected(whole);
    for (i64 i = 0; i < whole; i++) z[i] = T(0.37) * T(i) - 3;
    activate_all<V>(row.activation, alpha, z.data(), a.data(), count);
    for (i64 i = 0; i < whole; i++) run(1, &z[i], &a[i], alpha, &expected[i]);
    if (row.kind == Row::FORWARD) {
        std::vector<T> in_place = z;
        activate_all<V>(row.activation, alpha, in_place.data(), in_place.data(), count);
        return same(row.name, a, expected) && same(row.name, in_place, expected);
    }
    slope_all<V>(row.activation, alpha, needs_z(row.activation) ? z.data() : a.data(), a.data(), d.data(), count);
    for (T& slope : expected) slope *= 2;
    return same(row.name, d, expected);
}

// In the widest vectors and in the narrowest.
bool check_lengths(const Row& row) {
    if (row.kind == Row::FUNCTION) return true;
    bool passed = true;
    for (i64 count : {0, 1, 7, 16, 33}) {
        passed = check_arrays<Vec<float, LANES<float>>>(row, row.in_float, count) && passed;
        passed = check_arrays<Vec<double, LANES<double>>>(row, row.in_double, count) && passed;
        passed = check_arrays<Vec<float, 4>>(row, row.in_float, count) && passed;
        passed = check_arrays<Vec<double, 2>>(row, row.in_double, count) && passed;
    }
    return passed;
}

// Neither is elementwise: nothing may happen.
bool check_others(int activation) {
    using V = Vec<float, LANES<float>>;
    std::vector<float> z(LANES<float>, 1), a(LANES<float>, 2), d(LANES<float>, 3);
    activate_all<V>(activation, 0.0f, z.data(), a.data(), LANES<float>);
    slope_all<V>(activation, 0.0f, z.data(), a.data(), d.data(), LANES<float>);
    return a == std::vector<float>(LANES<float>, 2) && d == std::vector<float>(LANES<float>, 3);
}

}  // namespace

int main() {
    std::printf("%-20s %8s %8s %8s %8s   %s\n", "function", "float", "double", "bound", "bound", "ulp of");
    bool passed = check_others(SOFTMAX) && check_others(BY_UNIT);
    for (const Row& row : rows) {
        passed = check(row) && passed;
        passed = check_lengths(row) && passed;
    }
    return passed ? 0 : 1;
}
