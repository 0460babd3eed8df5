// Activations: the elementwise functions of maths/activations.py with their slopes, in the same formulas.
#pragma once

#include "functions.hpp"
#include "pieces.hpp"
#include "waves.hpp"

namespace {

enum Activation : int {
    LINEAR,
    SIGMOID,
    TANH,
    RELU,
    LEAKY_RELU,
    ELU,
    GELU,
    GELU_TANH,
    SILU,
    SOFTPLUS,
    SOFTSIGN,
    SOFTMAX,  // not elementwise: the functions below do not know it
    HARD_SIGMOID,
    THRESHOLD,
    THRESHOLD_SYMMETRIC,
    GAUSSIAN,
    GAUSSIAN_SYMMETRIC,
    ELLIOT,
    LINEAR_PIECE,
    LINEAR_PIECE_SYMMETRIC,
    SINE,
    COSINE,
    SINE_POSITIVE,
    COSINE_POSITIVE,
    SIGMOID_STEPWISE,
    TANH_STEPWISE,
    BY_UNIT,  // each unit has one of its own: see units.hpp
    N_ACTIVATIONS
};

// Whether a number of the result depends on the same number of z alone, by one formula.
constexpr bool is_elementwise(int activation) {
    return activation >= 0 && activation < N_ACTIVATIONS && activation != SOFTMAX && activation != BY_UNIT;
}

// Whether its slope is 0 everywhere: nothing before it could be trained.
constexpr bool is_flat(int activation) { return activation == THRESHOLD || activation == THRESHOLD_SYMMETRIC; }

// Whether the slope is made from z. Where it is not, a alone says as much, and the caller passes a as z.
constexpr bool needs_z(int activation) {
    switch (activation) {
        case GELU:
        case GELU_TANH:
        case SILU:
        case SOFTPLUS:
        case SOFTSIGN:
        case HARD_SIGMOID:
        case GAUSSIAN:
        case GAUSSIAN_SYMMETRIC:
        case ELLIOT:
        case SINE:
        case COSINE:
        case SINE_POSITIVE:
        case COSINE_POSITIVE:
        case SIGMOID_STEPWISE:
        case TANH_STEPWISE: return true;
        default: return false;
    }
}

// The height of e^(-z^2/2), and of the probability below z under it.
template <class V>
struct Normal {
    V bell, below;
};

template <class V>
INLINE Normal<V> normal_of(V z) {
    using T = Scalar<V>;
    constexpr T flat_from = Fit<T>::erfc_high * T(1.4142135623730951);
    const V bell = bell_of(smaller(all<V>(flat_from), magnitude(z)), T(0.5));
    return {bell, T(0.5) * erfc_with(-Fit<T>::sqrt_half * z, bell)};
}

// From here on gelu_tanh's sigmoid is 0 or 1 and its slope 0, in both number types.
template <class V>
INLINE V clipped_to_bend(V z) {
    return larger(all<V>(-40), smaller(all<V>(40), z));
}

// The odds whose sigmoid stands for the normal probability in gelu_tanh, for a clipped z.
template <class V>
INLINE Odds<V> gelu_tanh_odds(V near) {
    using T = Scalar<V>;
    constexpr T twice = T(2 * 0.7978845608028654), cubic = T(2 * 0.7978845608028654 * 0.044715);
    return odds_of(near * (near * near * cubic + twice));
}

// e^(-z^2).
template <class V>
INLINE V gaussian_of(V z) {
    return bell_of(smaller(all<V>(Fit<Scalar<V>>::erfc_high), magnitude(z)), 1);
}

// `alpha` is one number for all lanes, or a vector.
template <int A, class V, class Alpha>
INLINE V activate(V z, Alpha alpha) {
    using T = Scalar<V>;
    const V zero{}, one = all<V>(1);
    if constexpr (A == LINEAR) return z;
    if constexpr (A == SIGMOID) return sigmoid_of(z);
    if constexpr (A == TANH) return tanh_of(z);
    if constexpr (A == RELU) return larger(zero, z);
    if constexpr (A == LEAKY_RELU) return z > zero ? z : alpha * z;
    // "z >= 0" instead of "z > 0": it is the same value, and -0 stays -0.
    if constexpr (A == ELU) return z >= zero ? z : alpha * expm1_below_zero(z);
    if constexpr (A == GELU) return z * normal_of(z).below;
    if constexpr (A == GELU_TANH) {
        const Odds<V> odds = gelu_tanh_odds(clipped_to_bend(z));
        return z * (odds.yes / odds.total);
    }
    if constexpr (A == SILU) return z * sigmoid_of(z);
    if constexpr (A == SOFTPLUS) return (z >= zero ? z : zero) + log1p_of(exp_below_zero(minus_magnitude(z)));
    if constexpr (A == SOFTSIGN) return z / (one + magnitude(z));
    // A division, as 3 times the rounded 1/6 is not exactly 1/2. The order of the arguments lets NaN through.
    if constexpr (A == HARD_SIGMOID) return larger(zero, smaller(one, z / 6 + T(0.5)));
    if constexpr (A == THRESHOLD) return z >= zero ? one : zero;
    if constexpr (A == THRESHOLD_SYMMETRIC) return z >= zero ? one : -one;
    if constexpr (A == GAUSSIAN) return gaussian_of(z);
    if constexpr (A == GAUSSIAN_SYMMETRIC) return 2 * gaussian_of(z) - one;
    if constexpr (A == ELLIOT) return T(0.5) * (z / (one + magnitude(z))) + T(0.5);
    if constexpr (A == LINEAR_PIECE) return larger(zero, smaller(one, z));
    if constexpr (A == LINEAR_PIECE_SYMMETRIC) return larger(-one, smaller(one, z));
    if constexpr (A == SINE) return sin_of(z);
    if constexpr (A == COSINE) return cos_of(z);
    if constexpr (A == SINE_POSITIVE) return T(0.5) * sin_of(z) + T(0.5);
    if constexpr (A == COSINE_POSITIVE) return T(0.5) * cos_of(z) + T(0.5);
    if constexpr (A == SIGMOID_STEPWISE) return on_lines(SIGMOID_CORNERS, z);
    if constexpr (A == TANH_STEPWISE) return on_lines(TANH_CORNERS, z);
}

// da/dz from z and a; where needs_z(A) is false, a may stand in z's place.
template <int A, class V, class Alpha>
INLINE V slope(V z, V a, Alpha alpha) {
    using T = Scalar<V>;
    const V zero{}, one = all<V>(1);
    if constexpr (A == LINEAR) return one;
    if constexpr (A == SIGMOID) return a * (one - a);
    if constexpr (A == TANH) return one - a * a;
    if constexpr (A == RELU) return a > zero ? one : zero;
    if constexpr (A == LEAKY_RELU) return a > zero ? one : V(alpha - zero);
    if constexpr (A == ELU) return a > zero ? one : a + alpha;
    if constexpr (A == GELU) {
        const Normal<V> normal = normal_of(z);
        return normal.below + clipped_to_bend(z) * (T(0.3989422804014327) * normal.bell);
    }
    if constexpr (A == GELU_TANH) {
        const V near = clipped_to_bend(z);
        const Odds<V> odds = gelu_tanh_odds(near);
        constexpr T twice = T(2 * 0.7978845608028654), cubic = T(6 * 0.7978845608028654 * 0.044715);
        return (odds.yes + a * odds.no * (near * near * cubic + twice)) / odds.total;
    }
    if constexpr (A == SILU) {
        // s + a (1 - s) over one denominator: 1 - s is not rounded before it meets a large a.
        const Odds<V> odds = odds_of(z);
        return (odds.yes + a * odds.no) / odds.total;
    }
    if constexpr (A == SOFTPLUS) return sigmoid_of(z);
    if constexpr (A == SOFTSIGN) {
        const V share = one / (one + magnitude(z));
        return share * share;
    }
    if constexpr (A == HARD_SIGMOID) return magnitude(z) < 3 ? all<V>(T(1) / 6) : zero;
    if constexpr (is_flat(A)) return zero;
    if constexpr (A == GAUSSIAN) return -2 * clipped_to_bend(z) * a;
    // e^(-z^2) anew, as a + 1 has lost its digits where a is nearly -1.
    if constexpr (A == GAUSSIAN_SYMMETRIC) return -4 * clipped_to_bend(z) * gaussian_of(z);
    if constexpr (A == ELLIOT) {
        const V share = one / (one + magnitude(z));
        return T(0.5) * share * share;
    }
    if constexpr (A == LINEAR_PIECE) return ((a > zero) & (a < one)) ? one : zero;
    if constexpr (A == LINEAR_PIECE_SYMMETRIC) return magnitude(a) < one ? one : zero;
    if constexpr (A == SINE) return cos_of(z);
    if constexpr (A == COSINE) return -sin_of(z);
    if constexpr (A == SINE_POSITIVE) return T(0.5) * cos_of(z);
    if constexpr (A == COSINE_POSITIVE) return T(-0.5) * sin_of(z);
    if constexpr (A == SIGMOID_STEPWISE) return slope_of_lines(SIGMOID_CORNERS, z);
    if constexpr (A == TANH_STEPWISE) return slope_of_lines(TANH_CORNERS, z);
}

// Calls body(tag) with tag.value the elementwise activation, known to the compiler; for any other number nothing is
// done.
template <int A>
struct Tag {
    static constexpr int value = A;
};

template <class Body>
INLINE void with_elementwise(int activation, Body body) {
    switch (activation) {
        case LINEAR: return body(Tag<LINEAR>{});
        case SIGMOID: return body(Tag<SIGMOID>{});
        case TANH: return body(Tag<TANH>{});
        case RELU: return body(Tag<RELU>{});
        case LEAKY_RELU: return body(Tag<LEAKY_RELU>{});
        case ELU: return body(Tag<ELU>{});
        case GELU: return body(Tag<GELU>{});
        case GELU_TANH: return body(Tag<GELU_TANH>{});
        case SILU: return body(Tag<SILU>{});
        case SOFTPLUS: return body(Tag<SOFTPLUS>{});
        case SOFTSIGN: return body(Tag<SOFTSIGN>{});
        case HARD_SIGMOID: return body(Tag<HARD_SIGMOID>{});
        case THRESHOLD: return body(Tag<THRESHOLD>{});
        case THRESHOLD_SYMMETRIC: return body(Tag<THRESHOLD_SYMMETRIC>{});
        case GAUSSIAN: return body(Tag<GAUSSIAN>{});
        case GAUSSIAN_SYMMETRIC: return body(Tag<GAUSSIAN_SYMMETRIC>{});
        case ELLIOT: return body(Tag<ELLIOT>{});
        case LINEAR_PIECE: return body(Tag<LINEAR_PIECE>{});
        case LINEAR_PIECE_SYMMETRIC: return body(Tag<LINEAR_PIECE_SYMMETRIC>{});
        case SINE: return body(Tag<SINE>{});
        case COSINE: return body(Tag<COSINE>{});
        case SINE_POSITIVE: return body(Tag<SINE_POSITIVE>{});
        case COSINE_POSITIVE: return body(Tag<COSINE_POSITIVE>{});
        case SIGMOID_STEPWISE: return body(Tag<SIGMOID_STEPWISE>{});
        case TANH_STEPWISE: return body(Tag<TANH_STEPWISE>{});
        default: return;
    }
}

// a = activation(z) for n elements, in whole vectors V: up to one vector past n is read and written. z may be a.
template <class V, class T>
NEVER_INLINE void activate_all(int activation, T alpha, const T* z, T* a, i64 n) {
    with_elementwise(activation, [=](auto tag) {
        for (i64 i = 0; i < n; i += Parts<V>::N) store(a + i, activate<tag.value>(load<V>(z + i), alpha));
    });
}

// d = d * slope for n elements, which turns dL/da into dL/dz; in whole vectors, as above.
template <class V, class T>
NEVER_INLINE void slope_all(int activation, T alpha, const T* z, const T* a, T* d, i64 n) {
    if (activation == LINEAR) return;
    with_elementwise(activation, [=](auto tag) {
        for (i64 i = 0; i < n; i += Parts<V>::N) {
            const V slopes = slope<tag.value>(load<V>(z + i), load<V>(a + i), alpha);
            store(d + i, load<V>(d + i) * slopes);
        }
    });
}

}  // namespace
