// The functions of candidates: neighbours share a function, and each has a steepness of its own.
#pragma once

#include "curves.hpp"

namespace {

// What a function is taken at, and where its slope is. FANN limits a candidate's sum instead of the sum times the
// steepness, and takes the slope at the sum (D4).
struct Taken {
    Lanes z, at;
};

INLINE Taken taken(Lanes sums, Lanes s, Lanes limit, bool right) {
    if (right) {
        const Lanes raw = s * sums, z = raw > limit ? limit : (raw < -limit ? -limit : raw);
        return {z, z};
    }
    const Lanes raised = sums < -limit ? -limit : sums, u = raised > limit ? limit : raised;
    return {s * u, u};
}

// What the host's functions make of z, for some rows of a vector: its exponential, or its sine and cosine. A sine's
// slope is taken at s times `at`: that is z, either way.
struct Calls {
    alignas(64) double first[ROWS_OF_CALLS * L], second[ROWS_OF_CALLS * L];
};

template <int A>
INLINE void call_all(const PellucidFannLibrary& library, Lanes s, Lanes limit, Rows sums, i64 rows, i64 n, bool right,
                     Calls& calls) {
    for (i64 row = 0; row < rows; row++) {
        const Lanes z = taken(load<Lanes>(sums.at + row * sums.stride), s, limit, right).z;
        store(calls.first + row * L, is_of_exponential(A) ? exponent<A>(z) : z);
    }
    for (i64 row = 0; row < rows; row++)
        for (i64 i = row * L; i < row * L + n; i++)
            if constexpr (is_of_exponential(A))
                calls.first[i] = library.exp(calls.first[i]);
            else
                library.sin_and_cos(calls.first[i], &calls.first[i], &calls.second[i]);
}

// Value and slope of a vector of waves, given both of z.
template <int A>
INLINE void wave_and_slope(Lanes s, Lanes sine, Lanes cosine, Lanes& y, Lanes& slope) {
    y = of_wave<A>(is_sine(A) ? sine : cosine);
    slope = slope_of_wave<A>(s, is_sine(A) ? cosine : sine);
}

template <int A>
INLINE void candidate_lanes(const PellucidFannLibrary& library, Lanes s, Rows sums, Rows values, Rows slopes, i64 rows,
                            i64 n, bool right) {
    constexpr bool wave = is_sine(A) || is_cosine(A), called = STRICT && (wave || is_of_exponential(A));
    const Lanes limit = 150 / s;
    Calls calls;
    if constexpr (called) call_all<A>(library, s, limit, sums, rows, n, right, calls);
    for (i64 row = 0; row < rows; row++) {
        const Taken t = taken(load<Lanes>(sums.at + row * sums.stride), s, limit, right);
        Lanes y, slope_here;
        if constexpr (wave && STRICT) {
            wave_and_slope<A>(s, load<Lanes>(calls.first + row * L), load<Lanes>(calls.second + row * L), y,
                              slope_here);
        } else if constexpr (wave) {
            const Angle<Lanes> angle = angle_of(t.z);
            wave_and_slope<A>(s, wave_of(angle, 0), wave_of(angle, 1), y, slope_here);
        } else {
            Lanes e{};
            if constexpr (called) e = load<Lanes>(calls.first + row * L);
            y = value<A>(library, t.z, e, n);
            slope_here = slope<A>(library, t.at, y, s, right, n);
        }
        store(values.at + row * values.stride, y);
        store(slopes.at + row * slopes.stride, slope_here);
    }
}

template <int A>
void candidate_curve(const PellucidFannLibrary& library, const double* steepness, i64 count, Rows sums, Rows values,
                     Rows slopes, i64 rows, bool right) {
    for (i64 j = 0; j < count; j += L) {
        const i64 n = count - j < L ? count - j : L;
        candidate_lanes<A>(library, load<Lanes>(steepness + j), part(sums, 0, j), part(values, 0, j),
                           part(slopes, 0, j), rows, n, right);
    }
}

using CandidateCurve = void (*)(const PellucidFannLibrary&, const double*, i64, Rows, Rows, Rows, i64, bool);

template <int... A>
INLINE CandidateCurve candidate_curve_numbered(int curve, Numbers<A...>) {
    static constexpr CandidateCurve all_curves[] = {candidate_curve<A>...};
    return all_curves[curve];
}

// Values and slopes of neighbours of one function, for at most ROWS_OF_CALLS rows. Whole vectors are written: what lies
// behind is lost, so neighbours are taken in their order. `steepness` has room for a vector more.
INLINE void candidate_curves(const PellucidFannLibrary& library, int curve, const double* steepness, i64 count,
                             Rows sums, Rows values, Rows slopes, i64 rows, bool right) {
    candidate_curve_numbered(curve, UpTo<FANN_N_ACTIVATIONS>{})(library, steepness, count, sums, values, slopes, rows,
                                                                right);
}

}  // namespace
