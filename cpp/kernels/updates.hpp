// Optimizers: one step of each rule of `pellucid/maths/optimizers.py`, on vectors of weights.
#pragma once

#include "plan.hpp"
#include "simd.hpp"

namespace {

// What a step needs beside the arrays. `option` is in the order of the optimizer's table, without the learning rate.
template <class T>
struct StepNumbers {
    T rate, correction1, correction2;  // the corrections are 1 / (1 - beta^t)
    T option[9];
    T rest[2];  // 1 - option[0] and 1 - option[1], before they were rounded to T
    // Sarprop: the decay of weights, the size below which steps are small, and the noise's spread.
    T decay, small;
    double spread;
};

struct Sgd {
    template <class V>
    static INLINE V step(V w, V g, V& velocity, V&, const StepNumbers<Scalar<V>>& n) {
        const auto momentum = n.option[0];
        velocity = momentum * velocity + g;
        return w - n.rate * (n.option[1] != 0 ? g + momentum * velocity : velocity);
    }
};

struct RmsProp {
    template <class V>
    static INLINE V step(V w, V g, V& mean_square, V& velocity, const StepNumbers<Scalar<V>>& n) {
        const auto alpha = n.option[0], epsilon = n.option[1], momentum = n.option[2];
        mean_square = alpha * mean_square + n.rest[0] * g * g;
        velocity = momentum * velocity + g / (square_root(mean_square) + epsilon);
        return w - n.rate * velocity;
    }
};

struct AdaGrad {
    template <class V>
    static INLINE V step(V w, V g, V& square_sum, V&, const StepNumbers<Scalar<V>>& n) {
        square_sum = square_sum + g * g;
        return w - n.rate * (g / (square_root(square_sum) + n.option[0]));
    }
};

struct Adam {
    template <class V>
    static INLINE V step(V w, V g, V& mean, V& mean_square, const StepNumbers<Scalar<V>>& n) {
        const auto beta1 = n.option[0], beta2 = n.option[1], epsilon = n.option[2];
        mean = beta1 * mean + n.rest[0] * g;
        mean_square = beta2 * mean_square + n.rest[1] * g * g;
        return w - n.rate * (mean * n.correction1 / (square_root(mean_square * n.correction2) + epsilon));
    }
};

struct AdamW {
    template <class V>
    static INLINE V step(V w, V g, V& mean, V& mean_square, const StepNumbers<Scalar<V>>& n) {
        return Adam::step(w, g, mean, mean_square, n) - n.rate * n.option[3] * w;
    }
};

struct RProp {
    template <class V>
    static INLINE V step(V w, V g, V& step_size, V& previous, const StepNumbers<Scalar<V>>& n) {
        const V zero{}, one = all<V>(1);
        const auto grow = n.option[1], shrink = n.option[2], smallest = n.option[3], largest = n.option[4];
        const V agreement = sign_of(g) * sign_of(previous);
        const V factor = agreement > zero ? all<V>(grow) : agreement < zero ? all<V>(shrink) : one;
        step_size = smaller(larger(step_size * factor, all<V>(smallest)), all<V>(largest));
        previous = agreement < zero ? zero : g;
        return w - sign_of(previous) * step_size;
    }
};

struct QuickProp {
    template <class V>
    static INLINE V step(V w, V g, V& previous_slope, V& previous_change, const StepNumbers<Scalar<V>>& n) {
        const V zero{}, one = all<V>(1);
        const auto growth = n.option[0], decay = n.option[1];
        const V slope = g + decay * w;
        const V agreement = sign_of(slope) * sign_of(previous_slope);
        const V bound = growth / (1 + growth) * magnitude(previous_slope);
        const auto too_large = (agreement > zero) & (magnitude(slope) >= bound);
        V difference = previous_slope - slope;
        difference = (too_large | (difference == zero)) ? one : difference;
        const V jump = too_large ? growth * previous_change : slope / difference * previous_change;
        const V change = jump + (agreement >= zero ? -n.rate * slope : zero);
        previous_slope = slope;
        previous_change = change;
        return w + change;
    }
};

// One step on n weights side by side; n is filled up to whole vectors. `old` and `now`, where the weights are before
// and after the step, may be the same; `slot` is the distance from them to their first slot, and from there to the
// second. Returns 0, or not 0 (NaN) where a weight or slot is no longer finite.
template <int SLOTS, class V, class T, class F>
INLINE T along_run(const T* old, T* now, i64 slot, const T* g, i64 n, F step) {
    V finite{};
    for (i64 i = 0; i < n; i += Parts<V>::N) {
        const T* from = old + i;
        T* to = now + i;
        V first = load<V>(from + slot), second{};
        if constexpr (SLOTS > 1) second = load<V>(from + 2 * slot);
        const V w = step(load<V>(from), load<V>(g + i), first, second);
        store(to, w);
        store(to + slot, first);
        // 0 times anything but a finite number is NaN.
        finite += w * T(0) + first * T(0);
        if constexpr (SLOTS > 1) {
            store(to + 2 * slot, second);
            finite += second * T(0);
        }
    }
    return sum(finite);
}

template <class Rule, int SLOTS, class V, class T>
T update_run(const T* old, T* now, i64 slot, const T* g, i64 n, const StepNumbers<T>& numbers) {
    return along_run<SLOTS, V>(old, now, slot, g, n, [&](V w, V gradient, V& first, V& second) INLINE_LAMBDA {
        return Rule::step(w, gradient, first, second, numbers);
    });
}

// The step of an optimizer by its number; sarprop's is in annealing.hpp.
template <class V>
auto update_of(int optimizer) {
    using T = Scalar<V>;
    switch (optimizer) {
        case SGD: return update_run<Sgd, 1, V, T>;
        case RMSPROP: return update_run<RmsProp, 2, V, T>;
        case ADAGRAD: return update_run<AdaGrad, 1, V, T>;
        case ADAM: return update_run<Adam, 2, V, T>;
        case ADAMW: return update_run<AdamW, 2, V, T>;
        case RPROP: return update_run<RProp, 2, V, T>;
        default: return update_run<QuickProp, 2, V, T>;
    }
}

// Adds the slope of l1 |w| + l2/2 w^2 to the gradients of n weights, and returns their penalty. n is any number: what
// fills the last vector up has weights that are 0 or belong to a bias, and is left alone.
template <class T>
NEVER_INLINE double penalise(const T* w, T* g, i64 n, T l1, T l2) {
    double sizes = 0, squares = 0;
    for (i64 i = 0; i < n; i++) {
        sizes += w[i] < 0 ? -w[i] : w[i];
        squares += double(w[i]) * double(w[i]);
        g[i] += l1 * T((w[i] > 0) - (w[i] < 0)) + l2 * w[i];
    }
    return double(l1) * sizes + 0.5 * double(l2) * squares;
}

}  // namespace
