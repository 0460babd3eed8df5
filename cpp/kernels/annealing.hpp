// Sarprop: an optimizer whose steps get noise that dies out. Its random numbers are those of `maths/annealing.py`.
#pragma once

#include "layout.hpp"
#include "random.hpp"
#include "updates.hpp"

namespace {

// `noise` is called where a step gets some: random numbers from 0 to 1.
struct SarProp {
    template <class V, class Noise>
    static INLINE V step(V w, V g, V& step_size, V& previous, const StepNumbers<Scalar<V>>& n, Noise noise) {
        const V zero{}, one = all<V>(1);
        const auto grow = n.option[1], shrink = n.option[2], smallest = n.option[3], largest = n.option[4];
        const V gradient = g + n.decay * w;
        const V agreement = sign_of(gradient) * sign_of(previous);
        const V factor = agreement > zero ? all<V>(grow) : agreement < zero ? all<V>(shrink) : one;
        const auto kicked = (agreement < zero) & (step_size < n.small);
        step_size = step_size * factor;
        if (any(kicked)) {
            const auto kick = n.spread * noise();
            step_size += kicked ? __builtin_convertvector(kick, V) : zero;
        }
        step_size = smaller(larger(step_size, all<V>(smallest)), all<V>(largest));
        previous = agreement < zero ? zero : gradient;
        return w - sign_of(previous) * step_size;
    }
};

// Which number of a layer's stream each weight gets: W row by row, then b. Of those side by side, `width` have numbers
// side by side, and `step` later the next ones.
struct Draws {
    i64 first, width, step;
};

template <class V, class T>
T annealed_run(const T* old, T* now, i64 slot, const T* g, i64 n, const StepNumbers<T>& numbers, Key key, Draws draws) {
    i64 column = 0;
    return along_run<2, V>(old, now, slot, g, n, [&](V w, V gradient, V& first, V& second) INLINE_LAMBDA {
        const auto noise = [&]() INLINE_LAMBDA { return uniform<Parts<V>::N>(key, u64(draws.first + column)); };
        const V changed = SarProp::step(w, gradient, first, second, numbers, noise);
        column += Parts<V>::N;
        if (column >= draws.width) column = 0, draws.first += draws.step;
        return changed;
    });
}

// Of weights from one panel of inputs, which begins with `first`, to one of outputs, `width` of them in a row.
template <class T>
Draws draws_of(const Weights<T>& shape, int panel, i64 first, i64 width) {
    const i64 n_in = shape.in.columns, n_out = shape.out.columns;
    // A column's bias stands apart, on a vector of its own.
    if (shape.is_column()) return {first, shape.column_bias() - first, n_in - first};
    return {first * n_out + panel * i64(shape.out.width), width, n_out};
}

// The streams of a step's noise, one for each layer.
NEVER_INLINE void draw_noise(const PellucidPlan& plan, double step, Key* noise) {
    const u64 number = step >= 0 && step < 0x1p63 ? u64(step) : 0;
    for (int k = 0; k < plan.n_layers; k++) noise[k] = fold({plan.layer[k].key[0], plan.layer[k].key[1]}, number);
}

// What a step makes of its loss; `annealing` is 2^(-temperature (t - 1)).
template <class T>
INLINE void anneal(const PellucidPlan& plan, double annealing, double loss, StepNumbers<T>& to) {
    const double decay = plan.option[6], threshold = plan.option[7], scale = plan.option[8];
    to.decay = T(decay * annealing);
    to.small = T(threshold * loss);
    to.spread = scale * annealing * square_root(all<Vec<double, 2>>(loss > 0 ? loss : 0))[0];
}

}  // namespace
