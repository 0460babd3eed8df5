// How matrices lie in memory: in panels, strips of a few columns, each strip row after row.
//
// A product then reads and writes everything in order, a vector at a time, whatever the matrix's width: no masks, no
// strides of a power of two that fall on one cache set. A matrix (rows, columns) whose panels are w wide has its
// element (r, c) at  (c / w) * w * rows  +  r * (width of that panel)  +  c % w.  Columns that fill the last panel up
// are 0 in weights and errors; elsewhere they are finite and never read as results.
//
// Wide matrices have panels of two vectors (the last one may be one vector); narrower ones a single panel as wide as
// the next power of two; a single column stays a single column.
#pragma once

#include "simd.hpp"

namespace {

template <class T>
constexpr int NARROWEST = 16 / int(sizeof(T));  // no vector is shorter than 16 bytes

INLINE i64 round_up(i64 n, i64 unit) { return (n + unit - 1) / unit * unit; }

struct Panels {
    int columns, width, count, last;  // `last` is the width of the last panel
    i64 padded;                       // columns with those that fill up

    INLINE int width_of(int panel) const { return panel == count - 1 ? last : width; }
    // How many of a panel's columns are the matrix's.
    INLINE int used(int panel) const { return panel == count - 1 ? columns - panel * width : width; }
};

template <class T>
INLINE Panels panels_of(int columns) {
    constexpr int wide = 2 * LANES<T>;
    int width = columns == 1 ? 1 : NARROWEST<T>;
    while (width < columns && width < wide) width *= 2;
    const int count = (columns + width - 1) / width, rest = columns - (count - 1) * width;
    const int last = count > 1 && rest <= LANES<T> ? LANES<T> : width;
    return {columns, width, count, last, i64(count - 1) * width + last};
}

// A matrix in panels; `rows` is how many rows there is room for.
template <class T>
struct Matrix {
    T* data;
    Panels panels;
    i64 rows;

    INLINE T* at(int panel, i64 row) const {
        return data + panel * i64(panels.width) * rows + row * panels.width_of(panel);
    }
    INLINE i64 size() const { return rows * panels.padded; }
};

// Weights from `in` to `out`. With several outputs they are a matrix of `rows` = inputs (+ 1: the bias is the last
// row). A single output is one column, filled up as the inputs are, so that a row times it is vector by vector; its
// bias stands behind it, on a vector of its own.
template <class T>
struct Weights {
    Panels in, out;
    bool bias;

    INLINE bool is_column() const { return out.width == 1; }
    INLINE i64 rows() const { return in.columns + bias; }
    INLINE i64 size() const {
        return is_column() ? round_up(in.padded, LANES<T>) + bias * LANES<T> : rows() * out.padded;
    }
    INLINE i64 panel(int j) const { return j * i64(out.width) * rows(); }
    INLINE i64 column_bias() const { return round_up(in.padded, LANES<T>); }
    // Where element (k, j) is; k = inputs for the bias.
    INLINE i64 place(int k, int j) const {
        if (is_column()) return k < in.columns ? k : column_bias();
        const int p = j / out.width;
        return panel(p) + k * i64(out.width_of(p)) + j - p * out.width;
    }
};

// Calls f<V, NV>() for the vector type V and the number of vectors that make a panel of this width (not 1).
template <class T, class F>
INLINE void with_width(int width, F f) {
    constexpr int L = LANES<T>, S = NARROWEST<T>;
    if (width == 2 * L) return f.template operator()<Vec<T, L>, 2>();
    if (width == L) return f.template operator()<Vec<T, L>, 1>();
    if constexpr (L / 2 >= S) {
        if (width == L / 2) return f.template operator()<Vec<T, L / 2>, 1>();
    }
    if constexpr (L / 4 >= S) {
        if (width == L / 4) return f.template operator()<Vec<T, L / 4>, 1>();
    }
}

// The vector for going through n numbers of a panel one by one, as a width for `with_width`.
//
// Where a narrow panel was just written in its own short vectors, longer ones would have to wait until several of those
// writes have reached the cache: tiny networks spend most of their time in such waits. A single column is written four
// rows at a time.
template <class T>
INLINE int element_width(int width, i64 n) {
    constexpr int few = NARROWEST<T> > 4 ? NARROWEST<T> : 4;
    if (width == 1) return n <= few && few < LANES<T> ? few : LANES<T>;
    return width < LANES<T> ? width : LANES<T>;
}

// Plain loops where the compiler would otherwise call a library's memcpy or memset.
template <class T>
INLINE void copy(T* to, const T* from, i64 n) {
    using V = Vec<T, LANES<T>>;
    i64 i = 0;
    for (; i + LANES<T> <= n; i += LANES<T>) store(to + i, load<V>(from + i));
#if defined(__AVX512F__)
    const unsigned rest = (1u << (n - i)) - 1;
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(to + i, __mmask16(rest), _mm512_maskz_loadu_ps(__mmask16(rest), from + i));
    else
        _mm512_mask_storeu_pd(to + i, __mmask8(rest), _mm512_maskz_loadu_pd(__mmask8(rest), from + i));
#else
    for (; i < n; i++) to[i] = from[i];
#endif
}

// One row of a matrix from, and to, numbers that stand side by side.
template <class T>
INLINE void put_row(const Matrix<T>& m, i64 row, const T* from) {
    for (int p = 0; p < m.panels.count; p++) copy(m.at(p, row), from + p * m.panels.width, m.panels.used(p));
}

template <class T>
INLINE void get_row(const Matrix<T>& m, i64 row, T* to) {
    for (int p = 0; p < m.panels.count; p++) copy(to + p * m.panels.width, m.at(p, row), m.panels.used(p));
}

// Calls f(place in the block, place in C order, how many) for each run of a parameter's numbers (which: 0 W, 1 b) that
// is in one piece in both.
template <class T, class F>
INLINE void along_weights(const Weights<T>& shape, int which, F f) {
    const int n_in = shape.in.columns, first = which ? n_in : 0, end = which ? n_in + 1 : n_in;
    if (shape.is_column()) return f(shape.place(first, 0), 0, end - first);
    const i64 n_out = shape.out.columns;
    for (int k = first; k < end; k++)
        for (int p = 0; p < shape.out.count; p++) {
            const i64 j = i64(p) * shape.out.width;
            f(shape.place(k, int(j)), (k - first) * n_out + j, shape.out.used(p));
        }
}

// A parameter or slot from, and to, rows in C order.
template <class T>
void put_weights(const Weights<T>& shape, T* block, int which, const T* from) {
    along_weights(shape, which, [&](i64 here, i64 there, i64 n) { copy(block + here, from + there, n); });
}

template <class T>
void get_weights(const Weights<T>& shape, const T* block, int which, T* to) {
    along_weights(shape, which, [&](i64 here, i64 there, i64 n) { copy(to + there, block + here, n); });
}

}  // namespace
