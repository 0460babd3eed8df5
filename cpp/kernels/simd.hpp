// Lanes: the few operations on vectors that all kernels are written in, over GCC's and Clang's vector extensions.
//
// This text is compiled once for each instruction set (see level.cpp) and once to WebAssembly. It includes no header of
// the C or C++ library: an inline function from one could be kept by the linker in the copy built for the wrong set.
// Everything is in an unnamed namespace for the same reason.
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define INLINE inline __attribute__((always_inline))
#define INLINE_LAMBDA __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))

namespace {

using i32 = int;
using u32 = unsigned int;
using i64 = long long;
using u64 = unsigned long long;

// The widest registers of the instruction set this file is being compiled for, in bytes.
#if defined(__AVX512F__)
constexpr int REGISTER_BYTES = 64;
#elif defined(__AVX2__)
constexpr int REGISTER_BYTES = 32;
#else
constexpr int REGISTER_BYTES = 16;
#endif

template <class T>
constexpr int LANES = REGISTER_BYTES / int(sizeof(T));

// Scalar facts of the two number types.
template <class T>
struct Facts;
template <>
struct Facts<float> {
    using Int = i32;
    using Unsigned = u32;
    static constexpr int mantissa = 23, bias = 127;
    static constexpr float smallest_normal = 1.17549435e-38f, largest = 3.40282347e+38f;
};
template <>
struct Facts<double> {
    using Int = i64;
    using Unsigned = u64;
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr double smallest_normal = 2.2250738585072014e-308, largest = 1.7976931348623157e+308;
};

// Vec<T, N>: N lanes of T. Arithmetic, comparisons and `mask ? a : b` come from the compiler.
template <class T, int N>
struct VecOf {
    typedef T type __attribute__((vector_size(N * sizeof(T))));
};
template <class T, int N>
using Vec = typename VecOf<T, N>::type;

// From a vector type back to its parts.
template <class V>
struct Parts {
    using T = __typeof__(V{}[0] + V{}[0]);
    static constexpr int N = int(sizeof(V) / sizeof(T));
    using Int = Vec<typename Facts<T>::Int, N>;
};
template <class V>
using Scalar = typename Parts<V>::T;
template <class V>
using IntOf = typename Parts<V>::Int;  // also what a comparison gives: -1 where true

template <class V, class T>
INLINE V load(const T* from) {
    V v;
    __builtin_memcpy(&v, from, sizeof(V));
    return v;
}

template <class V, class T>
INLINE void store(T* to, V v) {
    __builtin_memcpy(to, &v, sizeof(V));
}

// x in every lane. Subtracting keeps -0, where adding 0 would not.
template <class V>
INLINE V all(Scalar<V> x) {
    return x - V{};
}

// The bits of v as another vector of the same size.
template <class To, class From>
INLINE To bits(From v) {
    To to;
    __builtin_memcpy(&to, &v, sizeof(To));
    return to;
}

template <class V>
INLINE V magnitude(V v) {
    using I = IntOf<V>;
    constexpr auto mask = typename Facts<Scalar<V>>::Int(~typename Facts<Scalar<V>>::Unsigned(0) >> 1);
    return bits<V>(bits<I>(v) & mask);
}

// The size of `size` (which is not negative) with the sign of `sign`.
template <class V>
INLINE V with_sign(V size, V sign) {
    using I = IntOf<V>;
    constexpr auto mask = typename Facts<Scalar<V>>::Int(~typename Facts<Scalar<V>>::Unsigned(0) >> 1);
    return bits<V>((bits<I>(size) & mask) | (bits<I>(sign) & ~mask));
}

// Where a or b is NaN, b. (Written out for x86, whose instruction does just this: GCC makes two of the comparison.)
template <class V>
INLINE V smaller(V a, V b) {
    [[maybe_unused]] constexpr int size = sizeof(V), item = sizeof(Scalar<V>);
#if defined(__AVX512F__)
    if constexpr (size == 64 && item == 4)
        return bits<V>(_mm512_maskz_min_ps(__mmask16(-1), bits<__m512>(a), bits<__m512>(b)));
    if constexpr (size == 64 && item == 8)
        return bits<V>(_mm512_maskz_min_pd(__mmask8(-1), bits<__m512d>(a), bits<__m512d>(b)));
#endif
#if defined(__AVX__)
    if constexpr (size == 32 && item == 4) return bits<V>(_mm256_min_ps(bits<__m256>(a), bits<__m256>(b)));
    if constexpr (size == 32 && item == 8) return bits<V>(_mm256_min_pd(bits<__m256d>(a), bits<__m256d>(b)));
#endif
#if defined(__SSE2__)
    if constexpr (size == 16 && item == 4) return bits<V>(_mm_min_ps(bits<__m128>(a), bits<__m128>(b)));
    if constexpr (size == 16 && item == 8) return bits<V>(_mm_min_pd(bits<__m128d>(a), bits<__m128d>(b)));
#endif
    return a < b ? a : b;
}

// Where a or b is NaN, b.
template <class V>
INLINE V larger(V a, V b) {
    [[maybe_unused]] constexpr int size = sizeof(V), item = sizeof(Scalar<V>);
#if defined(__AVX512F__)
    if constexpr (size == 64 && item == 4)
        return bits<V>(_mm512_maskz_max_ps(__mmask16(-1), bits<__m512>(a), bits<__m512>(b)));
    if constexpr (size == 64 && item == 8)
        return bits<V>(_mm512_maskz_max_pd(__mmask8(-1), bits<__m512d>(a), bits<__m512d>(b)));
#endif
#if defined(__AVX__)
    if constexpr (size == 32 && item == 4) return bits<V>(_mm256_max_ps(bits<__m256>(a), bits<__m256>(b)));
    if constexpr (size == 32 && item == 8) return bits<V>(_mm256_max_pd(bits<__m256d>(a), bits<__m256d>(b)));
#endif
#if defined(__SSE2__)
    if constexpr (size == 16 && item == 4) return bits<V>(_mm_max_ps(bits<__m128>(a), bits<__m128>(b)));
    if constexpr (size == 16 && item == 8) return bits<V>(_mm_max_pd(bits<__m128d>(a), bits<__m128d>(b)));
#endif
    return a > b ? a : b;
}

// -1, 0 or 1; 0 for NaN.
template <class V>
INLINE V sign_of(V v) {
    const V zero = V{}, one = all<V>(1);
    return (v > zero ? one : zero) - (v < zero ? one : zero);
}

// Whether any lane of a comparison is true.
template <class I>
INLINE bool any(I lanes) {
    u64 words[sizeof(I) / 8], found = 0;
    __builtin_memcpy(words, &lanes, sizeof(I));
    for (u64 word : words) found |= word;
    return found != 0;
}

template <class V>
INLINE V square_root(V v) {
    using T = Scalar<V>;
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64 && sizeof(T) == 4)
        return bits<V>(_mm512_maskz_sqrt_ps(__mmask16(-1), bits<__m512>(v)));
    if constexpr (sizeof(V) == 64 && sizeof(T) == 8)
        return bits<V>(_mm512_maskz_sqrt_pd(__mmask8(-1), bits<__m512d>(v)));
#endif
#if defined(__AVX__)
    if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return bits<V>(_mm256_sqrt_ps(bits<__m256>(v)));
    if constexpr (sizeof(V) == 32 && sizeof(T) == 8) return bits<V>(_mm256_sqrt_pd(bits<__m256d>(v)));
#endif
#if defined(__SSE2__)
    if constexpr (sizeof(V) == 16 && sizeof(T) == 4) return bits<V>(_mm_sqrt_ps(bits<__m128>(v)));
    if constexpr (sizeof(V) == 16 && sizeof(T) == 8) return bits<V>(_mm_sqrt_pd(bits<__m128d>(v)));
#endif
    V root;
    for (int i = 0; i < Parts<V>::N; i++) {
        if constexpr (sizeof(T) == 4)
            root[i] = __builtin_sqrtf(v[i]);
        else
            root[i] = __builtin_sqrt(v[i]);
    }
    return root;
}

// The sum of all lanes, by halves: the same order at every call.
template <class V>
INLINE Scalar<V> sum(V v) {
    using T = Scalar<V>;
    constexpr int N = Parts<V>::N;
    if constexpr (N == 1) {
        return v[0];
    } else if constexpr (N == 2) {
        return v[0] + v[1];
    } else {
        Vec<T, N / 2> half[2];
        __builtin_memcpy(half, &v, sizeof(V));
        return sum(half[0] + half[1]);
    }
}

// The largest lane; NaN lanes may or may not be seen.
template <class V>
INLINE Scalar<V> largest_of(V v) {
    using T = Scalar<V>;
    constexpr int N = Parts<V>::N;
    if constexpr (N == 1) {
        return v[0];
    } else {
        Vec<T, N / 2> half[2];
        __builtin_memcpy(half, &v, sizeof(V));
        return largest_of(larger(half[0], half[1]));
    }
}

// --- Many reductions at once ---

// Numbers 0 .. N - 1 as a parameter pack.
template <int... I>
struct Numbers {};
#if defined(__clang__)
template <class Int, Int... I>
struct NumbersMaker {
    using type = Numbers<I...>;
};
template <int N>
using UpTo = typename __make_integer_seq<NumbersMaker, int, N>::type;
#else
template <int N>
using UpTo = Numbers<__integer_pack(N)...>;
#endif

struct Adding {
    template <class V>
    static INLINE V join(V a, V b) {
        return a + b;
    }
};
struct Largest {
    template <class V>
    static INLINE V join(V a, V b) {
        return larger(a, b);
    }
};

// In every run of 2S lanes: first u's two halves joined, then w's.
template <class Join, int S, class V, int... I>
INLINE V join_halves(V u, V w, Numbers<I...>) {
    constexpr int N = Parts<V>::N;
    const V low = __builtin_shufflevector(u, w, (I % (2 * S) < S ? I : N + I - S)...);
    const V high = __builtin_shufflevector(u, w, (I % (2 * S) < S ? I + S : N + I)...);
    return Join::join(low, high);
}

// Lane r of the result is all lanes of rows[r] joined; as many rows as lanes. A third of the work of one row at a time.
template <class Join, int S, class V>
INLINE V join_rows(V* rows) {
    constexpr int N = Parts<V>::N;
    if constexpr (S == 0) {
        return rows[0];
    } else {
        for (int r = 0; r < S; r++) rows[r] = join_halves<Join, S>(rows[r], rows[r + S], UpTo<N>{});
        return join_rows<Join, S / 2>(rows);
    }
}

template <class V>
INLINE V sums_of(V* rows) {
    return join_rows<Adding, Parts<V>::N / 2>(rows);
}

template <class V>
INLINE V maxima_of(V* rows) {
    return join_rows<Largest, Parts<V>::N / 2>(rows);
}

}  // namespace
