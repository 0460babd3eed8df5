// FANN's rules for changing weights once an epoch: batch, RPROP, Quickprop, SARPROP.
//
// w: weights, g: slopes summed over the rows (downhill), p: steps, q: the last slopes. The vectorised rules take whole
// vectors: arrays have room for a vector more, which holds zeros.
#pragma once

#include "lanes.hpp"

namespace {

constexpr double WEIGHT_LIMIT = 1500;

// A weight that is not a number stays none.
INLINE Lanes bounded(Lanes w) {
    return w > WEIGHT_LIMIT ? all<Lanes>(WEIGHT_LIMIT) : (w < -WEIGHT_LIMIT ? all<Lanes>(-WEIGHT_LIMIT) : w);
}

// Weights, steps, last slopes, and the slopes by which they change.
struct Changed {
    double *w, *p, *q;
    const double* g;
};

NEVER_INLINE void change_batch(double* w, const double* g, i64 n, double epsilon) {
    for (i64 i = 0; i < n; i += L) store(w + i, load<Lanes>(w + i) + load<Lanes>(g + i) * epsilon);
}

// `right`: a slope of zero moves nothing, and a step grows only where two slopes agree (D2); FANN takes zero for
// positive.
NEVER_INLINE void change_rprop(const PellucidFannRules& rules, const Changed& to, i64 n) {
    const auto [w, p, q, slopes] = to;
    const Lanes zero{};
    for (i64 i = 0; i < n; i += L) {
        Lanes g = load<Lanes>(slopes + i);
        const Lanes last = load<Lanes>(p + i), before = larger(last, all<Lanes>(0.0001));
        const Lanes product = load<Lanes>(q + i) * g;
        const Lanes grown = smaller(before * rules.increase, all<Lanes>(rules.delta_max));
        const Lanes shrunk = larger(before * rules.decrease, all<Lanes>(rules.delta_min));
        // Where a product is not a number FANN's slope is forgotten, ours stays and is seen.
        const auto agreed = rules.right ? product > zero : product >= zero;
        const auto opposed = rules.right ? product < zero : ~agreed;
        const Lanes step = agreed ? grown : (opposed ? shrunk : before);
        g = opposed ? zero : g;
        const Lanes at = load<Lanes>(w + i);
        // Each way has its own limit: a weight beyond the other one comes back by its step, not at once. A weight that
        // is not a number must stay so, and be seen.
        const Lanes down = at - step < -WEIGHT_LIMIT ? all<Lanes>(-WEIGHT_LIMIT) : at - step;
        const Lanes up = at + step > WEIGHT_LIMIT ? all<Lanes>(WEIGHT_LIMIT) : at + step;
        Lanes moved = g < zero ? down : up;
        if (rules.right) moved = g == zero ? at : moved;
        store(w + i, moved);
        store(p + i, step);
        store(q + i, g);
    }
}

NEVER_INLINE void change_quickprop(const PellucidFannRules& rules, const Changed& to, i64 n, double epsilon) {
    const auto [w, p, q, slopes] = to;
    const float longest_jump = float(rules.quickprop_mu);
    const double shrink = double(longest_jump / (1 + longest_jump));
    const Lanes zero{};
    const double mu = rules.quickprop_mu;
    for (i64 i = 0; i < n; i += L) {
        const Lanes at = load<Lanes>(w + i), step = load<Lanes>(p + i), before = load<Lanes>(q + i);
        const Lanes g = load<Lanes>(slopes + i) + rules.quickprop_decay * at;
        const Lanes plain = epsilon * g, longest = mu * step, parabola = step * g / (before - g);
        const Lanes ahead = (g > zero ? plain : zero) + (g > shrink * before ? longest : parabola);
        const Lanes back = (g < zero ? plain : zero) + (g < shrink * before ? longest : parabola);
        const Lanes t = step > 0.001 ? ahead : (step < -0.001 ? back : plain);
        store(w + i, bounded(at + t));
        store(p + i, t);
        store(q + i, g);
    }
}

// One weight after the other: random numbers are drawn in their order, and FANN keeps the last weight's step where the
// product of slopes is zero. `right`: the weight keeps its own, and rests where its slope is zero (D6). `mse` is this
// epoch's.
NEVER_INLINE void change_sarprop(const PellucidFannRules& rules, const PellucidFannLibrary& library,
                                 const PellucidFannCall& call, const Changed& to, i64 n, float mse) {
    const auto [w, p, q, slopes] = to;
    constexpr double ln_2 = 0.69314718055994530942, smallest = 1e-6;
    const float cooling = -float(rules.temperature) * float(call.sarprop_epoch);
    const double decay = library.exp(ln_2 * double(cooling + float(rules.weight_decay_shift)));
    const double noise = library.exp(ln_2 * double(cooling + float(rules.step_error_shift)));
    const float root = __builtin_sqrtf(mse), threshold = float(rules.step_error_threshold_factor) * mse;
    double t = 0;
    for (i64 i = 0; i < n; i++) {
        const double before = p[i] < smallest ? smallest : p[i];
        double h = -slopes[i] - w[i] * decay;
        const double product = q[i] * h;
        if (product > 0) {
            t = before * rules.increase;
            t = t > rules.delta_max ? rules.delta_max : t;
            w[i] += h < 0 ? t : -t;
        } else if (product < 0) {
            t = before * rules.decrease;
            if (before < double(threshold))
                t += double(float(call.draw(call.host)) / float(2147483647) * root) * noise;
            else
                t = t < smallest ? smallest : t;
            h = 0;
        } else {
            const double rest = rules.right ? -h : -1;  // where h is 0 or not a number
            w[i] += (h < 0 ? 1 : (h > 0 ? -1 : rest)) * before;
            if (rules.right) t = before;
        }
        p[i] = t;
        q[i] = h;
    }
}

// By the rules' algorithm, other than SARPROP, after so many rows.
INLINE void change(const PellucidFannRules& rules, const Changed& to, i64 n, i64 rows) {
    const double epsilon = double(float(rules.learning_rate) / float(rows));
    switch (rules.algorithm) {
        case FANN_BATCH: return change_batch(to.w, to.g, n, epsilon);
        case FANN_RPROP: return change_rprop(rules, to, n);
        case FANN_QUICKPROP: return change_quickprop(rules, to, n, epsilon);
        default: return;
    }
}

}  // namespace
