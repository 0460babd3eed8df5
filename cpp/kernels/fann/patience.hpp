// FANN's rule for the end of a phase of cascade training.
#pragma once

#include "lanes.hpp"

namespace {

// How far a phase is: what its value has to go beyond, up or back, to have moved; and until when that may take.
struct Patience {
    PellucidFannPatience rule;
    double target, back;
    i64 epochs, until;
};

INLINE Patience patience_by(const PellucidFannPatience& rule) {
    constexpr i64 never = i64(~u64(0) >> 1);  // a phase in which nothing moves is given all its epochs
    return {rule, 0, -1e20, 0, never};
}

// Takes note of this epoch's value. A fall below `back` counts as movement too; so it is in FANN.
INLINE void watch(Patience& p, double value, bool rising) {
    const bool up = value > p.target || value < p.back, down = value < p.target || value > p.back;
    if (!(rising ? up : down)) return;
    p.target = value * (1 + p.rule.fraction);
    p.back = value * (1 - p.rule.fraction);
    p.until = p.epochs + p.rule.stagnation;
}

INLINE bool is_at_end(const Patience& p) { return p.epochs >= p.until && p.epochs >= p.rule.least; }

}  // namespace
