// Products over many rows: the sums of a group of neurons that share their sources, the errors that it passes back, and
// the gradient of its weights. Each is a tile in registers: some rows (or neurons) times one or two vectors.
//
// Every number is summed in the order of FANN: by neuron for errors, by row for gradients. So results do not depend on
// how rows are divided among chunks or threads.
#pragma once

#include "one_row.hpp"

namespace {

// Vectors of a tile side by side, and its rows: as many as the registers hold with what is multiplied beside them.
constexpr int ACROSS = 2;
constexpr int DOWN = REGISTER_BYTES == 64 ? 8 : 4;

// Calls f with the tile's rows known to the compiler, for tiles that cover 0 .. n.
template <int M, class F>
INLINE void tiles_down(i64 from, i64 n, F f) {
    for (; from + M <= n; from += M) f.template operator()<M>(from);
    if constexpr (M > 1) tiles_down<M / 2>(from, n, f);
}

// --- Forward ---

// How wide a vector a group takes: a narrow one leaves less of it idle.
INLINE int lanes_for(int neurons) { return neurons <= 2 ? 2 : (neurons <= 4 && L > 4 ? 4 : L); }

// The weights of a group, packed: panels of one or two vectors of neurons; in a panel one row for each source.
INLINE i64 packed_numbers(const PellucidFannGroup& g) { return (i64(g.count) + L) / L * L * g.n_sources + L; }

INLINE i64 pack_width(i64 left, int lanes) {
    const i64 whole = (left + lanes - 1) / lanes * lanes;
    return whole < ACROSS * lanes ? whole : ACROSS * lanes;
}

NEVER_INLINE void pack(const PellucidFannGroup& g, const double* w, double* out) {
    const int lanes = lanes_for(g.count);
    const i64 n = g.n_sources;
    for (i64 j = 0; j < g.count;) {
        const i64 width = pack_width(g.count - j, lanes);
        for (i64 c = 0; c < width && j + c < g.count; c++)
            for (i64 k = 0; k < n; k++) out[k * width + c] = w[(j + c) * n + k];
        out += n * width;
        j += width;
    }
}

// Sums of M rows for neighbouring neurons; w: their weights from one source, then from the next.
template <class V, int NV, int M>
INLINE void forward_tile(const double* x, i64 x_stride, const double* w, i64 w_stride, i64 n, double* sums,
                         i64 stride) {
    constexpr int N = Parts<V>::N;
    V total[M][NV] = {};
    const auto term = [&](i64 k, int row, int v)
                          INLINE_LAMBDA { return all<V>(x[row * x_stride + k]) * load<V>(w + k * w_stride + v * N); };
    i64 k = 0;
    if constexpr (STRICT) {
        k = n & 3;
        for (i64 i = k - 1; i >= 0; i--)
            for (int row = 0; row < M; row++)
                for (int v = 0; v < NV; v++) total[row][v] += term(i, row, v);
        for (; k < n; k += 4)
            for (int row = 0; row < M; row++)
                for (int v = 0; v < NV; v++)
                    total[row][v] += term(k, row, v) + term(k + 1, row, v) + term(k + 2, row, v) + term(k + 3, row, v);
    } else {
        for (; k < n; k++)
            for (int row = 0; row < M; row++)
                for (int v = 0; v < NV; v++) total[row][v] += term(k, row, v);
    }
    for (int row = 0; row < M; row++)
        for (int v = 0; v < NV; v++) store(sums + row * stride + v * N, total[row][v]);
}

template <class V>
INLINE void forward_panels(const PellucidFannGroup& g, const double* packed, Rows values, Rows sums, i64 rows) {
    constexpr int N = Parts<V>::N;
    const double* x = values.at + g.source;
    const i64 n = g.n_sources;
    for (i64 j = 0; j < g.count;) {
        const i64 width = pack_width(g.count - j, N);
        double* out = sums.at + j;
        tiles_down<DOWN>(0, rows, [&]<int M>(i64 row) INLINE_LAMBDA {
            const double* from = x + row * values.stride;
            if (width == N)
                forward_tile<V, 1, M>(from, values.stride, packed, N, n, out + row * sums.stride, sums.stride);
            else
                forward_tile<V, 2, M>(from, values.stride, packed, 2 * N, n, out + row * sums.stride, sums.stride);
        });
        packed += n * width;
        j += width;
    }
}

NEVER_INLINE void forward_sums(const PellucidFannGroup& g, const double* packed, Rows values, Rows sums, i64 rows) {
    switch (lanes_for(g.count)) {
        case 2: return forward_panels<Vec<double, 2>>(g, packed, values, sums, rows);
        case 4: return forward_panels<Vec<double, 4>>(g, packed, values, sums, rows);
        default: return forward_panels<Lanes>(g, packed, values, sums, rows);
    }
}

// --- Backward ---

// errors(row, k) += sum over the group's neurons of delta(row, j) w(j, k), for sources from `skipped` on. `w` has room
// for a vector more.
NEVER_INLINE void backward_errors(const PellucidFannGroup& g, i64 skipped, const double* w, Rows deltas, Rows errors,
                                  i64 rows) {
    const i64 n = g.n_sources;
    for (i64 k = skipped; k < n; k += L)
        tiles_down<DOWN>(0, rows, [&]<int M>(i64 row) INLINE_LAMBDA {
            Lanes total[M];
            double* out = errors.at + row * errors.stride + (k - skipped);
            const double *d = deltas.at + row * deltas.stride, *from = w + k;
            for (int i = 0; i < M; i++) total[i] = load<Lanes>(out + i * errors.stride);
            for (i64 j = 0; j < g.count; j++, from += n) {
                const Lanes some = load<Lanes>(from);
                for (int i = 0; i < M; i++) total[i] += all<Lanes>(d[i * deltas.stride + j]) * some;
            }
            // Behind the sources there may be errors of this layer that are yet to be taken.
            for (int i = 0; i < M; i++) store_some(out + i * errors.stride, total[i], n - k < L ? n - k : L);
        });
}

// --- Gradients ---

// Rows of a gradient are as long as whole vectors.
INLINE i64 gradient_stride(const PellucidFannGroup& g) { return up_to_lanes(g.n_sources); }

template <int NV, int M>
INLINE void gradient_tile(Rows deltas, Rows values, i64 rows, double* out, i64 stride) {
    Lanes total[M][NV];
    for (int j = 0; j < M; j++)
        for (int v = 0; v < NV; v++) total[j][v] = load<Lanes>(out + j * stride + v * L);
    for (i64 row = 0; row < rows; row++) {
        const double *d = deltas.at + row * deltas.stride, *x = values.at + row * values.stride;
        Lanes some[NV];
        for (int v = 0; v < NV; v++) some[v] = load<Lanes>(x + v * L);
        for (int j = 0; j < M; j++)
            for (int v = 0; v < NV; v++) total[j][v] += all<Lanes>(d[j]) * some[v];
    }
    for (int j = 0; j < M; j++)
        for (int v = 0; v < NV; v++) store(out + j * stride + v * L, total[j][v]);
}

// Columns k .. k + NV vectors of a group's gradient.
template <int NV>
INLINE void gradient_columns(const PellucidFannGroup& g, Rows deltas, Rows values, i64 rows, double* out) {
    tiles_down<DOWN>(0, g.count, [&]<int M>(i64 j) INLINE_LAMBDA {
        gradient_tile<NV, M>({deltas.at + j, deltas.stride}, values, rows, out + j * gradient_stride(g),
                             gradient_stride(g));
    });
}

INLINE i64 gradient_panels(const PellucidFannGroup& g) { return (gradient_stride(g) / L + ACROSS - 1) / ACROSS; }

// How many rows are summed at a time: their values of one panel stay in the first cache.
constexpr i64 ROWS_AT_A_TIME = 64;

// One panel: two vectors of sources (the last one may be a single vector) for all neurons of the group.
NEVER_INLINE void gradient_panel(const PellucidFannGroup& g, i64 panel, Rows deltas, Rows values, i64 rows,
                                 double* out) {
    const i64 k = panel * ACROSS * L;
    const bool single = gradient_stride(g) - k == L;
    for (i64 row = 0; row < rows; row += ROWS_AT_A_TIME) {
        const i64 some = rows - row < ROWS_AT_A_TIME ? rows - row : ROWS_AT_A_TIME;
        const Rows d = {deltas.at + row * deltas.stride, deltas.stride};
        const Rows x = {values.at + row * values.stride + g.source + k, values.stride};
        if (single)
            gradient_columns<1>(g, d, x, some, out + k);
        else
            gradient_columns<2>(g, d, x, some, out + k);
    }
}

// The same for neurons with lists of sources; the gradient lies as the connections do.
NEVER_INLINE void gradient_listed(const PellucidFannNet& net, const PellucidFannGroup& g, Rows deltas, Rows values,
                                  i64 rows, double* out) {
    for (i64 row = 0; row < rows; row++) {
        const double* x = values.at + row * values.stride;
        double* to = out;
        i64 c = g.connection;
        for (int j = 0; j < g.count; j++) {
            const double d = deltas.at[row * deltas.stride + j];
            for (; c < net.first[g.first + j + 1]; c++) *to++ += d * x[net.sources[c]];
        }
    }
}

}  // namespace
