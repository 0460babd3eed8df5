// Products: the sums of a dense layer, the error that it carries back, and the gradient of its weights.
//
// All three are one tile: M rows of out += a(t, row) * b(t), over t, where b(t) is a row of one panel. Each number of
// the result is summed in the order of t by whichever tile computes it, so that results do not depend on how rows are
// divided among tiles or threads.
#pragma once

#include "layout.hpp"

namespace {

// Rows of a full tile: as many as the registers hold, with the panel's vectors and one number to multiply beside them.
template <int NV>
constexpr int TILE_ROWS = REGISTER_BYTES == 64 || NV == 1 ? 8
                          : REGISTER_BYTES == 32          ? 6
                                                          : 4;

template <class V, int NV, int M>
struct Tile {
    using T = Scalar<V>;
    static constexpr int N = Parts<V>::N;
    V sums[M][NV];

    INLINE void start(const T* row) {
        for (int i = 0; i < M; i++)
            for (int v = 0; v < NV; v++) sums[i][v] = row ? load<V>(row + v * N) : V{};
    }

    INLINE void resume(const T* from) {
        for (int i = 0; i < M; i++)
            for (int v = 0; v < NV; v++) sums[i][v] = load<V>(from + (i * NV + v) * N);
    }

    // `row` and `step` are the distances in a from one row of the tile to the next, and from one t to the next.
    INLINE void add(const T* a, i64 row, i64 step, const T* b, i64 count) {
        for (i64 t = 0; t < count; t++) {
            V factor[NV];
            for (int v = 0; v < NV; v++) factor[v] = load<V>(b + v * N);
            for (int i = 0; i < M; i++) {
                const V x = all<V>(a[i * row]);
                for (int v = 0; v < NV; v++) sums[i][v] += x * factor[v];
            }
            a += step;
            b += NV * N;
        }
    }

    INLINE void finish(T* out) const {
        for (int i = 0; i < M; i++)
            for (int v = 0; v < NV; v++) store(out + (i * NV + v) * N, sums[i][v]);
    }
};

// Calls f<M>(first) for tiles of at most MOST rows that cover first .. end.
template <int MOST, class F>
INLINE void in_tiles(i64 first, i64 end, F f) {
    for (; first + MOST <= end; first += MOST) f.template operator()<MOST>(first);
    switch (end - first) {
        case 1: return f.template operator()<1>(first);
        case 2:
            if constexpr (MOST > 2) return f.template operator()<2>(first);
            break;
        case 3:
            if constexpr (MOST > 3) return f.template operator()<3>(first);
            break;
        case 4:
            if constexpr (MOST > 4) return f.template operator()<4>(first);
            break;
        case 5:
            if constexpr (MOST > 5) return f.template operator()<5>(first);
            break;
        case 6:
            if constexpr (MOST > 6) return f.template operator()<6>(first);
            break;
        case 7:
            if constexpr (MOST > 7) return f.template operator()<7>(first);
            break;
        default: break;
    }
}

// Some rows of a gradient: out(k, :) (+)= sum over samples of x(sample, k) * dz(sample, :), k = 0 .. n.
template <class V, int NV, class T>
INLINE void gradient_panel(const T* x, i64 x_width, const T* dz, i64 samples, T* out, int n, bool more) {
    constexpr int width = NV * Parts<V>::N;
    in_tiles<TILE_ROWS<NV>>(0, n, [&]<int M>(i64 k) INLINE_LAMBDA {
        Tile<V, NV, M> tile;
        if (more)
            tile.resume(out + k * width);
        else
            tile.start(nullptr);
        tile.add(x + k, 1, x_width, dz, samples);
        tile.finish(out + k * width);
    });
}

// The sums of a panel's columns: the gradient of a bias.
template <class V, int NV, class T>
INLINE void column_sums(const T* dz, i64 samples, T* out, bool more) {
    constexpr int N = Parts<V>::N;
    V sums[NV];
    for (int v = 0; v < NV; v++) sums[v] = more ? load<V>(out + v * N) : V{};
    for (i64 s = 0; s < samples; s++)
        for (int v = 0; v < NV; v++) sums[v] += load<V>(dz + (s * NV + v) * N);
    for (int v = 0; v < NV; v++) store(out + v * N, sums[v]);
}

// The sum of numbers side by side.
template <class T>
INLINE T sum_of(const T* from, i64 n) {
    using V = Vec<T, LANES<T>>;
    V sums{};
    i64 i = 0;
    for (; i + LANES<T> <= n; i += LANES<T>) sums += load<V>(from + i);
    T total = sum(sums);
    for (; i < n; i++) total += from[i];
    return total;
}

// How many samples are summed at a time: x's and dz's panels of so many rows stay in the first cache.
template <class T>
constexpr i64 SAMPLES_AT_A_TIME = REGISTER_BYTES == 64 ? 512 / i64(sizeof(T)) : 1024 / i64(sizeof(T));

}  // namespace
