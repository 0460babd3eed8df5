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
constexpr int TILE_ROWS = REGISTER_BYTES == 64 || NV == 1 ? 8 : REGISTER_BYTES == 32 ? 6 : 4;

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
        case 2: if constexpr (MOST > 2) return f.template operator()<2>(first); break;
        case 3: if constexpr (MOST > 3) return f.template operator()<3>(first); break;
        case 4: if constexpr (MOST > 4) return f.template operator()<4>(first); break;
        case 5: if constexpr (MOST > 5) return f.template operator()<5>(first); break;
        case 6: if constexpr (MOST > 6) return f.template operator()<6>(first); break;
        case 7: if constexpr (MOST > 7) return f.template operator()<7>(first); break;
        default: break;
    }
}

// Rows first .. end of one panel of out = x W + b.
template <class V, int NV, class T>
NEVER_INLINE void forward_panel(const Matrix<T>& x, const T* w, const T* bias, T* out, i64 first, i64 end) {
    constexpr int width = NV * Parts<V>::N;
    in_tiles<TILE_ROWS<NV>>(first, end, [&]<int M>(i64 row) INLINE_LAMBDA {
        Tile<V, NV, M> tile;
        tile.start(bias);
        const T* b = w;
        for (int p = 0; p < x.panels.count; p++) {
            const int used = x.panels.used(p), x_width = x.panels.width_of(p);
            tile.add(x.at(p, row), x_width, 1, b, used);
            b += used * width;
        }
        tile.finish(out + row * width);
    });
}

// The same where there is a single output: each row times the column of weights.
template <class V, int NV, class T>
NEVER_INLINE void forward_column(const Matrix<T>& x, const T* w, T bias, T* out, i64 first, i64 end) {
    constexpr int N = Parts<V>::N;
    const Panels& in = x.panels;
    in_tiles<4>(first, end, [&]<int M>(i64 row) INLINE_LAMBDA {
        V sums[M] = {};
        for (int p = 0; p < in.count; p++) {
            const int width = in.width_of(p);
            for (int c = 0; c < width; c += N) {
                const V factor = load<V>(w + p * in.width + c);
                for (int i = 0; i < M; i++) sums[i] += load<V>(x.at(p, row + i) + c) * factor;
            }
        }
        if constexpr (M == 4) {
            // Together, so that whoever reads them next as a vector need not wait for four single writes.
            Vec<T, 4> answers;
            for (int i = 0; i < 4; i++) answers[i] = sum(sums[i]);
            store(out + row, Vec<T, 4>(answers + bias));
        } else {
            for (int i = 0; i < M; i++) out[row + i] = sum(sums[i]) + bias;
        }
    });
}

// out = x W + b for rows first .. end.
template <class T>
INLINE void forward(const Matrix<T>& x, const Weights<T>& shape, const T* block, const Matrix<T>& out, i64 first, i64 end) {
    if (shape.is_column()) {
        const T bias = shape.bias ? block[shape.column_bias()] : T(0);
        if (x.panels.width == 1) {
            for (i64 row = first; row < end; row++) out.data[row] = x.data[row] * block[0] + bias;
            return;
        }
        with_width<T>(x.panels.width, [&]<class V, int NV>() INLINE_LAMBDA {
            forward_column<V, NV>(x, block, bias, out.data, first, end);
        });
        return;
    }
    for (int j = 0; j < shape.out.count; j++) {
        const int width = shape.out.width_of(j);
        const T* w = block + shape.panel(j);
        const T* bias = shape.bias ? w + shape.in.columns * i64(width) : nullptr;
        with_width<T>(width, [&]<class V, int NV>() INLINE_LAMBDA { forward_panel<V, NV>(x, w, bias, out.at(j, 0), first, end); });
    }
}

// Some rows of a gradient: out(k, :) (+)= sum over samples of x(sample, k) * dz(sample, :), k = 0 .. n.
template <class V, int NV, class T>
NEVER_INLINE void gradient_panel(const T* x, i64 x_width, const T* dz, i64 samples, T* out, int n, bool more) {
    constexpr int width = NV * Parts<V>::N;
    in_tiles<TILE_ROWS<NV>>(0, n, [&]<int M>(i64 k) INLINE_LAMBDA {
        Tile<V, NV, M> tile;
        if (more) tile.resume(out + k * width);
        else tile.start(nullptr);
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

// The gradient of weights k of panel `kp` of the inputs to panel j of the outputs: `used(kp)` rows of that panel's width; behind
// them, with the last kp, the bias's.
template <class T>
INLINE void gradient(const Matrix<T>& x, const Matrix<T>& dz, const Weights<T>& shape, int j, int kp, i64 samples, T* out) {
    const int n = shape.in.used(kp), x_width = shape.in.width_of(kp);
    const bool bias = shape.bias && kp == shape.in.count - 1;
    if (shape.is_column()) {
        if (x_width == 1) {
            T total = 0;
            for (i64 s = 0; s < samples; s++) total += x.data[s] * dz.data[s];
            out[0] = total;
        } else {
            with_width<T>(x_width, [&]<class V, int NV>() INLINE_LAMBDA {
                gradient_panel<V, NV>(dz.data, 1, x.at(kp, 0), samples, out, 1, false);
            });
        }
        if (bias) {
            const i64 place = shape.column_bias() - kp * i64(shape.in.width);
            for (i64 i = x_width; i < place + LANES<T>; i++) out[i] = 0;
            out[place] = sum_of(dz.data, samples);
        }
        // The inputs that fill the last panel up are finite numbers, not zeros: their weights stay 0.
        for (i64 i = n; i < x_width; i++) out[i] = 0;
        return;
    }
    const int width = shape.out.width_of(j);
    with_width<T>(width, [&]<class V, int NV>() INLINE_LAMBDA {
        for (i64 s = 0; s < samples; s += SAMPLES_AT_A_TIME<T>) {
            const i64 some = samples - s < SAMPLES_AT_A_TIME<T> ? samples - s : SAMPLES_AT_A_TIME<T>;
            gradient_panel<V, NV>(x.at(kp, s), x_width, dz.at(j, s), some, out, n, s > 0);
            if (bias) column_sums<V, NV>(dz.at(j, s), some, out + n * i64(width), s > 0);
        }
    });
}

}  // namespace
