// Sine and cosine on vectors of any width, to the last digits over the whole range of both number types.
//
// v = n pi/2 + high + low with |high| <= pi/4, and a polynomial of high on each quarter. pi/2 is written as a sum of
// four numbers, of which the first three have so few digits that their products with n are exact; what subtracting them
// loses is kept in `low`. Beyond `FAR_ANGLE` that n would be too large: those lanes, and only those, are reduced one by
// one in integers, with as many digits of 2/pi as the largest number needs. This is the one branch on the data in a
// kernel.
//
// The polynomials were fitted as those of functions.hpp.
#pragma once

#include "functions.hpp"

namespace {

template <class T>
struct WaveFit;

template <>
struct WaveFit<float> {
    // (sin(x)/x - 1)/x^2 and (cos x - 1 + x^2/2)/x^4 in x^2, for |x| <= 0.787; errors 3.7e-9 and 1.8e-10.
    static constexpr float sine[] = {-0.16666667f, 0.008333329f, -0.00019839297f, 2.717968e-06f};
    static constexpr float cosine[] = {0.041666646f, -0.0013887304f, 2.4431638e-05f};
};

template <>
struct WaveFit<double> {
    // Errors 5.2e-18 and 1.7e-18.
    static constexpr double sine[] = {-0.1666666666666663,    0.008333333333321888,    -0.0001984126982939703,
                                      2.7557313552347133e-06, -2.5050736622268085e-08, 1.589556629057718e-10};
    static constexpr double cosine[] = {0.04166666666666659,    -0.0013888888888872726, 2.4801587288639803e-05,
                                        -2.755731411657405e-07, 2.087569212074983e-09,  -1.1358075280783306e-11};
};

// v = quarters pi/2 + high + low; only the lowest two bits of `quarters` count.
template <class V>
struct Angle {
    V quarters, high, low;
};

// From here on the products of n and the parts of pi/2 would no longer be exact.
constexpr double FAR_ANGLE = 0x1p20;

// high + low = a - b exactly, high being their rounded difference.
template <class V>
INLINE V difference(V a, V b, V& low) {
    const V high = a - b, part = high - a;
    low = (a - (high - part)) - (b + part);
    return high;
}

// For |v| <= FAR_ANGLE; V has doubles.
template <class V>
INLINE Angle<V> near_angle(V v) {
    constexpr double first = 0x1.921fb544p+0, second = 0x1.0b4611a6p-34, third = 0x1.3198a2ep-69;
    constexpr double fourth = 0x1.b839a252049c1p-104, two_over_pi = 0.6366197723675814;
    const V n = (v * two_over_pi + Fit<double>::round) - Fit<double>::round;
    V low_a, low_b;
    const V a = v - n * first;  // exact
    const V b = difference(a, V(n * second), low_a);
    const V c = difference(b, V(n * third), low_b);
    return {n, c, (low_a + low_b) - n * fourth};
}

// --- Far angles ----------------------------------------------------------------------------------------------------

// The bits of 2/pi behind two words of zeros, and the first ones of pi/4.
constexpr u32 TWO_OVER_PI[] = {0,          0,          0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599,
                               0x3C439041, 0xFE5163AB, 0xDEBBC561, 0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C,
                               0xFE1DEB1C, 0xB129A73E, 0xE88235F5, 0x2EBB4484, 0xE99C7026, 0xB45F7E41, 0x3991D639,
                               0x835339F4, 0x9C845F8B, 0xBDF9283B, 0x1FF897FF, 0xDE05980F, 0xEF2F118B, 0x5A0A6D1F,
                               0x6D367ECF, 0x27CB09B7, 0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B, 0x3D0739F7,
                               0x8A5292EA, 0x6BFB5FB1, 0x1F8D5D08, 0x56033046, 0xFC7B6BAB};
constexpr u32 QUARTER_PI[] = {0xC90FDAA2, 0x2168C234, 0xC4C6628B};

// The last `n` words (the first is the highest) of a times b, which have n and `m` words.
INLINE void multiply(const u32* a, int n, const u32* b, int m, u32* product) {
    for (int i = 0; i < n; i++) product[i] = 0;
    for (int j = 0; j < m; j++) {
        u64 carry = 0;
        for (int i = n - 1; i - j >= 0; i--) {
            const u64 sum = u64(a[i]) * b[m - 1 - j] + product[i - j] + carry;
            product[i - j] = u32(sum);
            carry = sum >> 32;
        }
    }
}

// For finite |v| >= FAR_ANGLE. With v = m 2^e: those bits of 2/pi whose product with v is a multiple of 4 are left out;
// the next 192 bits times m give v 2/pi modulo 4.
[[maybe_unused]] NEVER_INLINE Angle<double> far_angle(double v) {
    const u64 given = bits<u64>(v), m = (given & ((u64(1) << 52) - 1)) | u64(1) << 52;
    const int e = int(given >> 52 & 0x7FF) - 1075, place = 64 + e - 2, shift = place % 32;
    u32 window[6], product[6];
    for (int i = 0; i < 6; i++) {
        const u64 two = u64(TWO_OVER_PI[place / 32 + i]) << 32 | TWO_OVER_PI[place / 32 + i + 1];
        window[i] = u32(two >> (32 - shift));
    }
    const u32 factor[2] = {u32(m >> 32), u32(m)};
    multiply(window, 6, factor, 2, product);
    int quarters = int(product[0] >> 30);
    // What is left of a quarter, from -1/2 to 1/2: its size, and whether it is below 0.
    for (int i = 0; i < 6; i++) product[i] = product[i] << 2 | (i < 5 ? product[i + 1] >> 30 : 0);
    const bool below = product[0] >> 31;
    if (below) {
        quarters++;
        for (int i = 0; i < 6; i++) product[i] = ~product[i];  // one unit less than its size: 2^-190
    }
    int zeros = 0;
    while (zeros < 3 && product[zeros] == 0) zeros++;
    // Three words of it times pi/4, of the six of which the highest three are read.
    u32 wide[6] = {0, 0, 0, product[zeros], product[zeros + 1], product[zeros + 2]}, angle[6];
    multiply(wide, 6, QUARTER_PI, 3, angle);
    const bool shorter = angle[0] == 0;
    const u32* top = angle + shorter;
    double unit = 1;
    for (int i = 0; i < zeros + shorter; i++) unit *= 0x1p-32;
    const double high = (double(top[0]) * 0x1p-31 + double(top[1] >> 11) * 0x1p-52) * unit;
    const double low = (double(top[1] & 0x7FF) * 0x1p-63 + double(top[2]) * 0x1p-95) * unit;
    const bool minus = below != (given >> 63 != 0);
    return {double(given >> 63 ? -quarters : quarters), minus ? -high : high, minus ? -low : low};
}

template <class V>
NEVER_INLINE void reduce_far(const V& v, Angle<V>& angle) {
    for (int i = 0; i < Parts<V>::N; i++) {
        const double x = v[i], size = x < 0 ? -x : x;
        if (!(size >= FAR_ANGLE && size <= Facts<double>::largest)) continue;
        const Angle<double> far = far_angle(x);
        angle.quarters[i] = Scalar<V>(far.quarters);
        angle.high[i] = Scalar<V>(far.high);
        angle.low[i] = Scalar<V>(far.high - angle.high[i] + far.low);
    }
}

// --- Waves ---------------------------------------------------------------------------------------------------------

template <class V>
INLINE Angle<V> angle_of(V v) {
    Angle<V> angle;
    if constexpr (sizeof(Scalar<V>) == 8) {
        angle = near_angle(v);
    } else {
        // A float's multiple of pi/2 may be so near that only a double tells them apart.
        using D = Vec<double, Parts<V>::N>;
        const Angle<D> wide = near_angle(__builtin_convertvector(v, D));
        angle.quarters = __builtin_convertvector(wide.quarters, V);
        angle.high = __builtin_convertvector(wide.high, V);
        const D rest = wide.high - __builtin_convertvector(angle.high, D) + wide.low;
        angle.low = __builtin_convertvector(rest, V);
    }
    // As numbers, among which there is no NaN.
    const V is_far = magnitude(v) >= Scalar<V>(FAR_ANGLE) ? all<V>(1) : V{};
    if (largest_of(is_far) > 0) [[unlikely]]
        reduce_far(v, angle);
    return angle;
}

// sin(angle + ahead pi/2).
template <class V>
INLINE V wave_of(const Angle<V>& angle, Scalar<V> ahead) {
    using T = Scalar<V>;
    using U = typename Facts<T>::Unsigned;
    constexpr int to_sign = int(8 * sizeof(T)) - 2;
    const V x = angle.high, square = x * x, half = T(0.5) * square, flat = 1 - half;
    const V sine = x + (angle.low * flat + x * square * polynomial(WaveFit<T>::sine, square));
    const V rest = square * square * polynomial(WaveFit<T>::cosine, square) - x * angle.low;
    const V cosine = flat + (((1 - flat) - half) + rest);
    const BitsOf<V> quarter = bits<BitsOf<V>>(V(angle.quarters + (Fit<T>::round + ahead)));
    const auto odd = (quarter & U(1)) != 0;
    const V size = odd ? cosine : sine;
    return bits<V>(bits<BitsOf<V>>(size) ^ ((quarter << to_sign) & SIGN<T>));
}

template <class V>
INLINE V sin_of(V v) {
    return v == 0 ? v : wave_of(angle_of(v), 0);
}

template <class V>
INLINE V cos_of(V v) {
    return wave_of(angle_of(v), 1);
}

}  // namespace
