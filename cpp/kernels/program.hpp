// A network as a program: a list of small operations, each on some rows of one panel, in the order in which they run.
//
// It is written once, before training or answering, with every choice made (which vector, which activation, where
// things are). Running it is then a plain loop over calls, which is what makes tiny networks fast: their arithmetic
// takes less time than deciding what to do would.
#pragma once

#include "dense.hpp"
#include "losses.hpp"

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __asan_poison_memory_region(const volatile void*, __SIZE_TYPE__);
#endif

namespace {

// What a program runs on. Places of values count from `base`, those of weights from `parameters`.
template <class T>
struct Frame {
    T* base;
    const T* parameters;
    // While training:
    const void* session;
    i64 batch, epoch;  // where the batch begins in the epoch's order
    int member;
    const T* shares;  // how much each row counts, or null: `share`
    T share;
    double* losses;  // by group of rows
};

template <class T>
struct Op {
    void (*run)(const Op&, const Frame<T>&, i64 first, i64 end);
    i64 from, to, also;  // places of the first row of what is read, written, and read too
    i64 weights, bias;   // bias -1: none
    bool turned;         // the weights are values: a layer's, turned for the way back
    int width;           // of the panel that is gone through
    int layer;
    Panels in, out;  // of the whole matrices
    i64 capacity;    // rows that a matrix has room for
    T alpha;         // the activation's, or the loss's delta
};

// --- Dense ---------------------------------------------------------------------------------------------------------

template <class T>
INLINE const T* weights_at(const Op<T>& op, const Frame<T>& f) {
    return (op.turned ? f.base : f.parameters) + op.weights;
}

// Calls f(values of the panel's first row, panel's width, used columns, index of the panel's first weight) for each
// panel of inputs.
template <class T, class F>
INLINE void along_inputs(const Op<T>& op, const T* x, F f) {
    const int width = op.in.width, whole = op.in.count - 1;
    for (int p = 0; p < whole; p++) {
        f(x, width, width, i64(p) * width);
        x += width * op.capacity;
    }
    f(x, op.in.last, op.in.columns - whole * width, i64(whole) * width);
}

// One panel of z = x W + b.
template <class V, int NV, class T>
void dense_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    constexpr int width = NV * Parts<V>::N;
    const T *w = weights_at(op, f), *bias = op.bias < 0 ? nullptr : f.parameters + op.bias, *x = f.base + op.from;
    T* out = f.base + op.to;
    in_tiles<TILE_ROWS<NV>>(first, end, [&]<int M>(i64 row) INLINE_LAMBDA {
        Tile<V, NV, M> tile;
        tile.start(bias);
        along_inputs(op, x, [&](const T* panel, int in_width, int used, i64 k) INLINE_LAMBDA {
            tile.add(panel + row * in_width, in_width, 1, w + k * width, used);
        });
        tile.finish(out + row * width);
    });
}

// The same for batches of exactly M rows and inputs of a single panel, as in tiny networks: no loop but the one over
// inputs.
template <class V, int M, class T>
void small_dense_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    if (end - first != M) return dense_op<V, 1>(op, f, first, end);
    const T *w = weights_at(op, f), *bias = op.bias < 0 ? nullptr : f.parameters + op.bias;
    Tile<V, 1, M> tile;
    tile.start(bias);
    tile.add(f.base + op.from + first * op.in.last, op.in.last, 1, w, op.in.columns);
    tile.finish(f.base + op.to + first * Parts<V>::N);
}

// One panel of out += x W, for errors to which several layers add.
template <class V, int NV, class T>
void adding_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    constexpr int width = NV * Parts<V>::N;
    const T *w = weights_at(op, f), *x = f.base + op.from;
    T* out = f.base + op.to;
    in_tiles<TILE_ROWS<NV>>(first, end, [&]<int M>(i64 row) INLINE_LAMBDA {
        Tile<V, NV, M> tile;
        tile.resume(out + row * width);
        along_inputs(op, x, [&](const T* panel, int in_width, int used, i64 k) INLINE_LAMBDA {
            tile.add(panel + row * in_width, in_width, 1, w + k * width, used);
        });
        tile.finish(out + row * width);
    });
}

// The same where there is a single output: each row times the column of weights. FOREIGN: what fills the last panel up
// is not this layer's, and may not even be finite.
template <class V, bool FOREIGN, class T>
void column_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    constexpr int N = Parts<V>::N;
    const T *w = weights_at(op, f), bias = op.bias < 0 ? T(0) : f.parameters[op.bias], *x = f.base + op.from;
    T* out = f.base + op.to;
    in_tiles<4>(first, end, [&]<int M>(i64 row) INLINE_LAMBDA {
        V sums[M] = {};
        along_inputs(op, x, [&](const T* panel, int in_width, [[maybe_unused]] int used, i64 k) INLINE_LAMBDA {
            const T* a = panel + row * in_width;
            for (int c = 0; c < in_width; c += N) {
                const V factor = load<V>(w + k + c);
                for (int i = 0; i < M; i++) {
                    V x = load<V>(a + i * in_width + c);
                    if constexpr (FOREIGN) x = lane_numbers<V>() < typename Facts<T>::Int(used - c) ? x : V{};
                    sums[i] += x * factor;
                }
            }
        });
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

// One input, one output.
template <class T>
void single_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const T w = weights_at(op, f)[0], bias = op.bias < 0 ? T(0) : f.parameters[op.bias], *x = f.base + op.from;
    T* out = f.base + op.to;
    for (i64 row = first; row < end; row++) out[row] = x[row] * w + bias;
}

// --- Activations ---------------------------------------------------------------------------------------------------

template <int A, class V, class T>
void activation_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const T* z = f.base + op.from;
    T* a = f.base + op.to;
    for (i64 i = first * op.width; i < end * op.width; i += Parts<V>::N)
        store(a + i, activate<A>(load<V>(z + i), op.alpha));
}

// d = dL/da becomes dL/dz = d * slope.
template <int A, class V, class T>
void slope_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    const T *z = f.base + op.from, *a = f.base + op.also;
    T* d = f.base + op.to;
    for (i64 i = first * op.width; i < end * op.width; i += Parts<V>::N)
        store(d + i, V(load<V>(d + i) * slope<A>(load<V>(z + i), load<V>(a + i), op.alpha)));
}

template <class T>
INLINE Matrix<T> matrix_at(const Op<T>& op, const Frame<T>& f, i64 place) {
    return {f.base + place, op.out, op.capacity};
}

template <class T>
void softmax_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    softmax_rows(matrix_at(op, f, op.from), matrix_at(op, f, op.to), first, end);
}

template <class T>
void softmax_slope_op(const Op<T>& op, const Frame<T>& f, i64 first, i64 end) {
    softmax_slope_rows(matrix_at(op, f, op.also), matrix_at(op, f, op.to), first, end);
}

// --- Writing programs ----------------------------------------------------------------------------------------------

// Operations are counted first, with `ops` null, and then written.
template <class T>
struct Program {
    Op<T>* ops;
    int n;

    INLINE void add(const Op<T>& op) {
        if (ops) ops[n] = op;
        n++;
    }

    // Those from `op` on, one after the other.
    INLINE void run(const Frame<T>& frame, i64 first, i64 end, int op = 0) const {
        for (int i = op; i < n; i++) ops[i].run(ops[i], frame, first, end);
    }
};

// How a product is made: with weights among parameters, or turned ones among values; from inputs whose last panel is
// filled up by others' values or not; added to what is there or not; for the panels of outputs from `first` on.
struct Way {
    bool turned, foreign, adds;
    int first;
};

// out = x W (+ b).
template <class T>
void write_dense(Program<T>& program, const Weights<T>& shape, i64 weights, Way way, i64 x, i64 out, i64 capacity) {
    Op<T> op{};
    op.from = x, op.to = out, op.turned = way.turned;
    op.in = shape.in, op.out = shape.out, op.capacity = capacity;
    if (shape.is_column()) {
        op.weights = weights;
        op.bias = shape.bias ? weights + shape.column_bias() : -1;
        op.run = single_op<T>;
        if (shape.in.width > 1)
            with_width<T>(element_width<T>(shape.in.width, shape.in.width), [&]<class V, int NV>() {
                op.run = way.foreign ? column_op<V, true, T> : column_op<V, false, T>;
            });
        return program.add(op);
    }
    for (int j = way.first; j < shape.out.count; j++) {
        op.width = shape.out.width_of(j);
        op.to = out + j * i64(shape.out.width) * capacity;
        op.weights = weights + shape.panel(j);
        op.bias = shape.bias ? op.weights + shape.in.columns * i64(op.width) : -1;
        with_width<T>(op.width, [&]<class V, int NV>() {
            op.run = dense_op<V, NV, T>;
            if constexpr (NV == 1)
                if (capacity == 4 && shape.in.count == 1) op.run = small_dense_op<V, 4, T>;
            if (way.adds) op.run = adding_op<V, NV, T>;
        });
        program.add(op);
    }
}

// One operation for each panel; choose(op, tag, vector) sets what it runs.
template <class T, class Choose>
void write_elementwise(Program<T>& program, const PellucidLayer& is, Op<T> op, i64 rows, Choose choose) {
    const Op<T> whole = op;
    for (int p = 0; p < op.out.count; p++) {
        const i64 shift = p * i64(op.out.width) * op.capacity;
        op.from = whole.from + shift, op.to = whole.to + shift, op.also = whole.also + shift;
        op.width = op.out.width_of(p);
        with_width<T>(element_width<T>(op.width, rows * op.width), [&]<class V, int NV>() {
            with_elementwise(is.activation, [&](auto tag) { choose(op, tag, V{}); });
        });
        program.add(op);
    }
}

// a = activation(z), for about so many rows at a time.
template <class T>
void write_activation(Program<T>& program, const PellucidLayer& is, const Panels& panels, i64 z, i64 a, i64 rows,
                      i64 capacity) {
    if (is.activation == LINEAR && z == a) return;
    Op<T> op{};
    op.from = z, op.to = a, op.out = panels, op.capacity = capacity, op.alpha = T(is.alpha);
    if (is.activation == SOFTMAX) {
        op.run = softmax_op<T>;
        return program.add(op);
    }
    write_elementwise(program, is, op, rows, [](Op<T>& to, auto tag, auto vector) {
        to.run = activation_op<decltype(tag)::value, decltype(vector), T>;
    });
}

template <class T>
void write_slope(Program<T>& program, const PellucidLayer& is, const Panels& panels, i64 z, i64 a, i64 d, i64 rows,
                 i64 capacity) {
    if (is.activation == LINEAR) return;
    Op<T> op{};
    op.from = z, op.also = a, op.to = d, op.out = panels, op.capacity = capacity, op.alpha = T(is.alpha);
    if (is.activation == SOFTMAX) {
        op.run = softmax_slope_op<T>;
        return program.add(op);
    }
    write_elementwise(program, is, op, rows, [](Op<T>& to, auto tag, auto vector) {
        to.run = slope_op<decltype(tag)::value, decltype(vector), T>;
    });
}

// --- Shapes and memory ---------------------------------------------------------------------------------------------

// Memory handed out in order from one block, each piece aligned; with no block it only counts. Between two pieces there
// is room for a vector, since kernels read and write whole vectors past the end.
struct Store {
    char* block;
    u64 used;

    template <class T>
    INLINE T* take(i64 n) {
        T* piece = block ? reinterpret_cast<T*>(block + used) : nullptr;
        const u64 bytes = u64(n * i64(sizeof(T)) + REGISTER_BYTES);
#if defined(__SANITIZE_ADDRESS__)
        // Between the pieces of one block the sanitizer would see nothing.
        if (block) __asan_poison_memory_region(block + used + bytes, 64);
        used += 64;
#endif
        used += u64(round_up(i64(bytes), 64));
        return piece;
    }

    // The same as a place counted in T from the block's start.
    template <class T>
    INLINE i64 place(i64 n) {
        const i64 at = i64(used) / i64(sizeof(T));
        take<T>(n);
        return at;
    }
};

}  // namespace
