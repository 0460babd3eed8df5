// Functions: exp, expm1, log, log1p, tanh, sigmoid and erfc on vectors of any width, without a branch on the data.
// (Sine and cosine are in waves.hpp.)
// The polynomials were fitted by this project: Remez's exchange with 60 digits, weighted so that the relative error of
// the function itself is least, each coefficient then rounded to its type. "error" below is what is left after that
// rounding. erfc's polynomials for double are those of maths/special.py, lowest power first. Rounding in the last steps
// adds more: tests/functions_test.cpp measures it and has a bound for each function.
//
// A trap for whoever edits: rounding to an integer is (x + big) - big. It survives -ffp-contract=fast, which only ever
// merges a product with a sum, but it would not survive -ffast-math.
#pragma once

#include "simd.hpp"

namespace {

// The bits of a vector. They are unsigned: what overflows is meant to.
template <class V>
using BitsOf = Vec<typename Facts<Scalar<V>>::Unsigned, Parts<V>::N>;

template <class T>
constexpr auto SIGN = typename Facts<T>::Unsigned(1) << (8 * sizeof(T) - 1);

// -|v| in one instruction.
template <class V>
INLINE V minus_magnitude(V v) {
    return bits<V>(bits<BitsOf<V>>(v) | SIGN<Scalar<V>>);
}

// What the functions need to know of a number type. `round` is 1.5 * 2^mantissa: a sum with it has a last place of 1,
// so the integer stands in its lowest bits. ln 2 is written as a sum, whose high part has so few digits that its
// product with any n below is exact, with or without a fused multiply-add.
template <class T>
struct Fit;

template <>
struct Fit<float> {
    static constexpr float round = 12582912.0f;
    static constexpr float log2_e = 1.44269504f, ln2_high = 0.693145752f, ln2_low = 1.42860677e-6f;
    // e^x is inf from just below `exp_high` on, and 0 from just above `exp_low` down.
    static constexpr float exp_high = 89, exp_low = -104;
    // Beyond these, e^x - 1 is -1, tanh is 1 and erfc is 0.
    static constexpr float expm1_low = -18, tanh_high = 10, erfc_high = 10.5f;
    // Powers of two below the smallest normal number are made by a product with 2^-lift: see `small_power_of_two`.
    static constexpr int lift = 64;
    static constexpr float unlift = 0x1p-64f;
    static constexpr float sqrt_half = 0.707106781f;

    // (e^x - 1 - x)/x^2 for |x| <= 0.347; error 4.3e-9 of e^x.
    static constexpr float expm1[] = {0.49999994f, 0.1666652f, 0.041668404f, 0.008368804f, 0.0013813729f};
    // (ln((1 + s)/(1 - s))/s - 2)/s^2 in s^2, for |s| <= 0.172; error 8e-10 of the logarithm.
    static constexpr float log[] = {0.66666776f, 0.39977503f, 0.29874387f};
    // The same for |s| <= 1/3; error 1.2e-10.
    static constexpr float log1p[] = {0.66666675f, 0.3999895f, 0.28615215f, 0.21443817f, 0.2424564f};
    // erf(z)/z - 1 in z^2, for |z| <= 0.65; error 1e-9.
    static constexpr float erf_near[] = {0.12837917f,   -0.37612626f, 0.1128351f,
                                         -0.026843375f, 0.005137791f, -0.0006968954f};
    // erfc(x) e^(x^2) (1 + 2x) - 1.25 in t = (x - 4)/(x + 4), for 0.65 <= x <= 10.6; error 1.2e-8.
    static constexpr float erfc_tail[] = {-0.017004881f, -0.13962108f, 0.015379618f, 0.06809506f,  -0.10104011f,
                                          0.09376383f,   -0.06629397f, 0.036990885f, -0.01649348f, 0.00533438f};
};

template <>
struct Fit<double> {
    static constexpr double round = 6755399441055744.0;
    static constexpr double log2_e = 1.4426950408889634, ln2_high = 0.6931471805592082;
    static constexpr double ln2_low = 7.371002565167799e-13;
    static constexpr double exp_high = 710, exp_low = -746;
    static constexpr double expm1_low = -38, tanh_high = 20, erfc_high = 27.5;
    static constexpr int lift = 128;
    static constexpr double unlift = 0x1p-128;
    static constexpr double sqrt_half = 0.7071067811865476;

    // As for float; errors 9.2e-18, 1.3e-18, 1.5e-18, 4e-18 and 3e-18.
    static constexpr double expm1[] = {0.5000000000000011,    0.16666666666666408,    0.041666666666528886,
                                       0.008333333333497492,  0.0013888888944017484,  0.00019841269500571945,
                                       2.480149265105693e-05, 2.7557591196683556e-06, 2.7630422610161376e-07,
                                       2.4998715483145617e-08};
    static constexpr double log[] = {0.6666666666666737,  0.3999999999939293,  0.28571428747633976, 0.222221980038791,
                                     0.18183595157732685, 0.15313234563497632, 0.14804367075729932};
    static constexpr double log1p[] = {
        0.6666666666666631,  0.40000000000156255, 0.28571428547941663, 0.22222223965958646, 0.18181744014237736,
        0.15386558683088655, 0.13300984098791152, 0.12106028701680388, 0.08340316643969942, 0.17018124739957502};
    static constexpr double erf_near[] = {0.1283791670955126,      -0.3761263890318375,     0.11283791670954922,
                                          -0.026866170645055833,   0.005223977624011282,    -0.0008548326864938173,
                                          0.0001205532202098794,   -1.4925162650006643e-05, 1.644812562737759e-06,
                                          -1.6114976987186543e-07, 1.2220982889794602e-08};
    static constexpr double erfc_tail[] = {
        -0.01700488137444749,    -0.1396211168405625,     0.015379652102619882,    0.06809705425469147,
        -0.10103906603631384,    0.09373283499840224,     -0.06633036581195915,    0.03716751553646888,
        -0.016197734061481138,   0.005031969988386877,    -0.0007577732576476683,  -0.00019925675683854315,
        0.00015062151413937678,  -2.43989869258144e-05,   -1.1221494209778027e-05, 5.709216152049955e-06,
        2.926869462346139e-07,   -8.247160697236828e-07,  7.608338578383575e-08,   1.0952843180977038e-07,
        -1.8977049543598234e-08, -1.3967313669479248e-08, 2.17485181040151e-09,    1.293522475376894e-09};
};

// x^N by squaring, N a power of two.
template <int N, class V>
INLINE V power(V x) {
    if constexpr (N == 1) {
        return x;
    } else {
        const V root = power<N / 2>(x);
        return root * root;
    }
}

// The largest power of two below n.
constexpr int half_of(int n) {
    int half = 1;
    while (2 * half < n) half *= 2;
    return half;
}

// c[0] + c[1] x + c[2] x^2 + ... by Estrin's scheme: halves that do not wait for each other, as the latency of one long
// chain is what a tiny network would pay for.
template <int N, class V>
INLINE V polynomial(const Scalar<V>* c, V x) {
    if constexpr (N == 1) {
        return all<V>(c[0]);
    } else if constexpr (N == 2) {
        return c[1] * x + c[0];
    } else {
        constexpr int half = half_of(N);
        const V low = polynomial<half>(c, x);
        if constexpr (N == half + 1)
            return c[half] * power<half>(x) + low;
        else
            return polynomial<N - half>(c + half, x) * power<half>(x) + low;
    }
}

template <class V, int N>
INLINE V polynomial(const Scalar<V> (&coefficients)[N], V x) {
    return polynomial<N>(&coefficients[0], x);
}

// x = n ln 2 + rest with an integer n and |rest| <= 0.347; the lowest bits of `integer` are n + OFFSET.
template <class V>
struct Reduced {
    V n, rest;
    BitsOf<V> integer;
};

// Reduces FACTOR x.
template <int OFFSET, int FACTOR = 1, class V>
INLINE Reduced<V> reduce(V x) {
    using F = Fit<Scalar<V>>;
    constexpr auto round = F::round + OFFSET;
    const V shifted = x * (FACTOR * F::log2_e) + round;
    const V n = shifted - round;
    return {n, (FACTOR * x - n * F::ln2_high) - n * F::ln2_low, bits<BitsOf<V>>(shifted)};
}

// The same for x = high + low, which need not be one number of the type.
template <int OFFSET, class V>
INLINE Reduced<V> reduce(V high, V low) {
    using F = Fit<Scalar<V>>;
    constexpr auto round = F::round + OFFSET;
    const V shifted = (high + low) * F::log2_e + round;
    const V n = shifted - round;
    return {n, (high - n * F::ln2_high) + (low - n * F::ln2_low), bits<BitsOf<V>>(shifted)};
}

// 2^exponent, where the integer is exponent + bias in its lowest bits; the bits above them are shifted out.
template <class V>
INLINE V power_of_two(BitsOf<V> biased) {
    return bits<V>(biased << Facts<Scalar<V>>::mantissa);
}

// e^x - 1 for |x| <= 0.347.
template <class V>
INLINE V expm1_near(V x) {
    return x * x * polynomial(Fit<Scalar<V>>::expm1, x) + x;
}

// (m + c) 2^n for any n that e^x can have. One factor 2^n would not do where the result is denormal or n = 1024 (128 in
// float): two halves of n are used, made from n + 2 bias.
template <class V>
INLINE V times_power_of_two(V m, V c, Reduced<V> x) {
    using T = Scalar<V>;
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64 && sizeof(T) == 4)
        return bits<V>(_mm512_maskz_scalef_ps(__mmask16(-1), bits<__m512>(m + c), bits<__m512>(x.n)));
    if constexpr (sizeof(V) == 64 && sizeof(T) == 8)
        return bits<V>(_mm512_maskz_scalef_pd(__mmask8(-1), bits<__m512d>(m + c), bits<__m512d>(x.n)));
#endif
    const BitsOf<V> half = (x.integer >> 1) << Facts<T>::mantissa;
    const V first = bits<V>(half), second = bits<V>((x.integer << Facts<T>::mantissa) - half);
    return (m * first + c * first) * second;
}

template <class V>
INLINE V exp_of(V v) {
    using T = Scalar<V>;
    const V x = larger(all<V>(Fit<T>::exp_low), smaller(all<V>(Fit<T>::exp_high), v));
    const Reduced<V> r = reduce<2 * Facts<T>::bias>(x);
    return times_power_of_two(expm1_near(r.rest), all<V>(1), r);
}

// 2^n for n from bias - lift down, made from n + bias + lift: two factors, as the product may be denormal.
template <class V>
INLINE V small_power_of_two(BitsOf<V> lifted) {
    return power_of_two<V>(lifted) * Fit<Scalar<V>>::unlift;
}

template <class V>
INLINE V exp_of_reduced(Reduced<V> x) {
    const V m = expm1_near(x.rest), scale = small_power_of_two<V>(x.integer);
    return m * scale + scale;
}

// e^v for v <= 0: cheaper than exp_of.
template <class V>
INLINE V exp_below_zero(V v) {
    using T = Scalar<V>;
    return exp_of_reduced(reduce<Facts<T>::bias + Fit<T>::lift>(larger(all<V>(Fit<T>::exp_low), v)));
}

// e^v - 1 for v <= 0: cheaper than expm1_of. The sign of 0 may change.
template <class V>
INLINE V expm1_below_zero(V v) {
    using T = Scalar<V>;
    const Reduced<V> r = reduce<Facts<T>::bias>(larger(all<V>(Fit<T>::expm1_low), v));
    const V scale = power_of_two<V>(r.integer);
    return expm1_near(r.rest) * scale + (scale - 1);
}

// e^v - 1, as (e^rest - 1 + (1 - 2^-n)) 2^n: for n = 0 nothing is added, and the smallest v come back as they are.
template <class V>
INLINE V expm1_of(V v) {
    using T = Scalar<V>;
    constexpr int mantissa = Facts<T>::mantissa, bias = Facts<T>::bias;
    const V x = larger(all<V>(Fit<T>::expm1_low), smaller(all<V>(Fit<T>::exp_high), v));
    const Reduced<V> r = reduce<2 * bias>(x);
    // For large n, 2^-n counts for nothing, and the largest n would have no such number.
    const V inverse = r.n < T(2 * mantissa) ? power_of_two<V>(3 * bias - r.integer) : V{};
    return with_sign(times_power_of_two(expm1_near(r.rest), 1 - inverse, r), v);
}

// tanh |v| = (1 - e)/(1 + e) with e = e^(-2|v|). Both are made from m and the scale, so that each is rounded once.
template <class V>
INLINE V tanh_of(V v) {
    using T = Scalar<V>;
    const BitsOf<V> sign = bits<BitsOf<V>>(v) & SIGN<T>;
    const V size = bits<V>(bits<BitsOf<V>>(v) ^ sign);
    const Reduced<V> r = reduce<Facts<T>::bias, -2>(smaller(all<V>(Fit<T>::tanh_high), size));
    const V m = expm1_near(r.rest), scale = power_of_two<V>(r.integer);
    const V ratio = ((1 - scale) - m * scale) / ((1 + scale) + m * scale);
    return bits<V>(bits<BitsOf<V>>(ratio) | sign);
}

// sigmoid(v) = yes/total and 1 - sigmoid(v) = no/total.
template <class V>
struct Odds {
    V yes, no, total;
};

// e^|v| is (1 + m)/small, where small = 2^n with n <= 0; both shares, 1 and e^|v|, are multiplied by `small`. So one of
// them is exact, and nothing overflows.
template <class V>
INLINE Odds<V> odds_of(V v) {
    using T = Scalar<V>;
    const Reduced<V> r = reduce<Facts<T>::bias + Fit<T>::lift>(larger(all<V>(Fit<T>::exp_low), minus_magnitude(v)));
    const V m = expm1_near(-r.rest), large = m + 1, small = small_power_of_two<V>(r.integer);
    const auto positive = v >= V{};
    return {positive ? large : small, positive ? small : large, m + (1 + small)};
}

template <class V>
INLINE V sigmoid_of(V v) {
    const Odds<V> odds = odds_of(v);
    return odds.yes / odds.total;
}

// ln(1 + f) with s = f/(2 + f), as f - s (f - s^2 P(s^2)): the sum ends with f itself, so that little is lost.
template <class V, int N>
INLINE V log1p_rest(V f, const Scalar<V> (&coefficients)[N]) {
    const V s = f / (2 + f), square = s * s;
    return s * (f - square * polynomial(coefficients, square));
}

// ln(1 + v) for 0 <= v <= 1 only.
template <class V>
INLINE V log1p_of(V v) {
    return v - log1p_rest(v, Fit<Scalar<V>>::log1p);
}

// v = 2^n (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), for normal positive v.
template <class V>
struct Factors {
    V n, f;
};

template <class V>
INLINE Factors<V> factors_of(V v) {
    using T = Scalar<V>;
    using U = typename Facts<T>::Unsigned;
    constexpr int mantissa = Facts<T>::mantissa, bias = Facts<T>::bias;
    constexpr U digits = (U(1) << mantissa) - 1, one = U(bias) << mantissa;
    constexpr U root = __builtin_bit_cast(U, Fit<T>::sqrt_half);
    const BitsOf<V> moved = bits<BitsOf<V>>(v) + (one - root);
    // n + bias is written into the lowest bits of a float that is then subtracted: no conversion is needed.
    constexpr T base = T(U(1) << mantissa);
    const BitsOf<V> integer = (moved >> mantissa) | __builtin_bit_cast(U, base);
    return {bits<V>(integer) - (base + bias), bits<V>((moved & digits) + root) - 1};
}

template <class V>
INLINE V log_of(V v) {
    using T = Scalar<V>;
    using F = Fit<T>;
    constexpr T lift = T(i64(1) << Facts<T>::mantissa), infinity = T(__builtin_inf());
    const auto tiny = v < Facts<T>::smallest_normal;
    const Factors<V> x = factors_of(tiny ? v * lift : v);
    const V n = x.n - (tiny ? all<V>(Facts<T>::mantissa) : V{});
    const V rest = log1p_rest(x.f, F::log) - n * F::ln2_low;
    const V value = n * F::ln2_high + (x.f - rest);
    const V outside = v == 0 ? all<V>(-infinity) : all<V>(T(__builtin_nan("")));
    return v > 0 ? (v == infinity ? v : value) : outside;
}

// e^(-factor x^2) for 0 <= x <= limit and factor 1 or 1/2. Rounding x^2 would cost digits: the square is taken of a
// near number with few digits, where it is exact, and the rest enters the reduction as its low part.
template <class V>
INLINE V bell_of(V x, Scalar<V> factor) {
    using T = Scalar<V>;
    constexpr T coarse = Fit<T>::round / 128;
    const V near = (x + coarse) - coarse;
    const V high = -factor * (near * near), low = -factor * ((x - near) * (x + near));
    return exp_of_reduced(reduce<Facts<T>::bias + Fit<T>::lift>(high, low));
}

// erfc(v), where bell = e^(-v^2): erf from a polynomial up to |v| = 0.65, erfc from another one beyond.
template <class V>
INLINE V erfc_with(V v, V bell) {
    using T = Scalar<V>;
    const V size = smaller(all<V>(Fit<T>::erfc_high), magnitude(v));
    const V near = v * polynomial(Fit<T>::erf_near, v * v) + v;
    const V fit = polynomial(Fit<T>::erfc_tail, (size - 4) / (size + 4)) + T(1.25);
    const V tail = bell * (fit / (1 + 2 * size));
    return size <= T(0.65) ? 1 - near : (v >= 0 ? tail : 2 - tail);
}

template <class V>
INLINE V erfc_of(V v) {
    const V size = smaller(all<V>(Fit<Scalar<V>>::erfc_high), magnitude(v));
    return erfc_with(v, bell_of(size, 1));
}

}  // namespace
