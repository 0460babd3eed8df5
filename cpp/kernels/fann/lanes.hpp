// What FANN's kernels add to simd.hpp: parts of vectors, and whether sums follow FANN's order.
//
// The kernels are compiled twice for each instruction set. STRICT: every sum in the order and with the roundings of the
// real library (products and sums are not fused, see kernels.cmake; functions are the host's), so that its numbers come
// out to the last bit. Otherwise the same formulas as fast as they go.
#pragma once

#include "../functions.hpp"
#include "abi.hpp"

namespace {

#ifdef PELLUCID_FANN_STRICT
constexpr bool STRICT = true;
#else
constexpr bool STRICT = false;
#endif

constexpr int L = LANES<double>;
using Lanes = Vec<double, L>;

// 0, 1, 2, ...
template <int... I>
constexpr Lanes counted(Numbers<I...>) {
    return Lanes{double(I)...};
}
constexpr Lanes LANE = counted(UpTo<L>{});

// x before the lanes of v, the last of which is lost.
template <class V, int... I>
INLINE V pushed(double x, V v, Numbers<I...>) {
    return __builtin_shufflevector(V{x}, v, (I ? Parts<V>::N + I - 1 : 0)...);
}

constexpr i64 up_to_lanes(i64 n) { return (n + L - 1) / L * L; }

// The first n lanes, n < N; the others are 0, and their memory is not touched.
template <class V>
INLINE V load_some(const double* from, i64 n) {
    constexpr int N = Parts<V>::N;
#if defined(__AVX512F__)
    if constexpr (N == 8) return bits<V>(_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), from));
#endif
#if defined(__AVX2__)
    if constexpr (N == 4) {
        const Vec<i64, 4> place = {0, 1, 2, 3};
        return bits<V>(_mm256_maskload_pd(from, bits<__m256i>(place < n)));
    }
#endif
    V v{};
    for (int i = 0; i < N; i++)
        if (i < n) v[i] = from[i];
    return v;
}

template <class V>
INLINE void store_some(double* to, V v, i64 n) {
    constexpr int N = Parts<V>::N;
#if defined(__AVX512F__)
    if constexpr (N == 8) return _mm512_mask_storeu_pd(to, __mmask8((1u << n) - 1), bits<__m512d>(v));
#endif
#if defined(__AVX2__)
    if constexpr (N == 4) {
        const Vec<i64, 4> place = {0, 1, 2, 3};
        return _mm256_maskstore_pd(to, bits<__m256i>(place < n), bits<__m256d>(v));
    }
#endif
    for (int i = 0; i < N; i++)
        if (i < n) to[i] = v[i];
}

// The last numbers one by one: what is stored under a mask cannot be read again soon.
INLINE void copy(double* to, const double* from, i64 n) {
    i64 i = 0;
    for (; i + L <= n; i += L) store(to + i, load<Lanes>(from + i));
    for (; i < n; i++) to[i] = from[i];
}

INLINE void fill(double* to, double value, i64 n) {
    i64 i = 0;
    for (; i + L <= n; i += L) store(to + i, all<Lanes>(value));
    for (; i < n; i++) to[i] = value;
}

// A sum of products in FANN's order: the n mod 4 first terms backwards, then four at a time.
template <class Term, class Sum>
INLINE Sum in_order(i64 n, Sum sum, Term term) {
    const i64 rest = n & 3;
    for (i64 i = rest - 1; i >= 0; i--) sum += term(i);
    for (i64 i = rest; i < n; i += 4) sum += term(i) + term(i + 1) + term(i + 2) + term(i + 3);
    return sum;
}

}  // namespace
