// The candidates of cascade training: neurons that compete for the next place, trained all at once as one layer.
//
// Weights lie by source, as in columns.hpp: those of all candidates from one neuron (and after these, to one output)
// side by side. So every sum over rows is one of its own in each lane, in the order of the rows, and a member who takes
// some vectors of candidates needs nobody else until the epoch is over.
#pragma once

#include "../plan.hpp"
#include "candidate_curves.hpp"
#include "changes.hpp"
#include "held.hpp"

namespace {

struct Field {
    PellucidFannField given;
    PellucidFannRules rules;
    Patience patience;
    i64 stride;  // of weights; a row of sums, values and slopes has a vector more
    int members, best, over;
    double score;
    // By source, then by output: weights, their steps and last slopes, slopes, and each candidate's best weights.
    double *weights, *steps, *slopes, *gradient, *kept;
    double *scores, *top, *steepness;
    int* activation;
    double *flat, *own;
    i64 own_numbers;
};

INLINE i64 weights_of(const PellucidFannField& given) { return i64(given.n_seen) + given.n_out; }
INLINE i64 row_stride(const Field& f) { return odd_lines(f.stride + L); }

INLINE i64 lay_out(Field& f, char* memory, const PellucidFannField& given, int members) {
    Carver carver{memory, (i64(sizeof(Field)) + 63) / 64 * 64};
    f.members = members;
    f.stride = odd_lines(given.n_candidates);
    const i64 n = weights_of(given) * f.stride;
    f.weights = carver.numbers(n);
    f.steps = carver.numbers(n);
    f.slopes = carver.numbers(n);
    f.gradient = carver.numbers(n);
    f.kept = carver.numbers(n);
    f.scores = carver.numbers(f.stride);
    f.top = carver.numbers(f.stride);
    f.steepness = carver.numbers(f.stride + L);
    f.activation = carver.places(given.n_candidates);
    f.flat = carver.numbers(4 * weights_of(given) * given.n_candidates);
    f.own_numbers = odd_lines(3 * ROWS_OF_A_TURN * row_stride(f));
    f.own = carver.numbers(members * f.own_numbers);
    return carver.used;
}

u64 field_bytes(const PellucidFannField* given, int members) {
    Field f;
    return u64(lay_out(f, nullptr, *given, members));
}

// Between the order of connections, candidate by candidate, and columns.
INLINE void columns_of(const Field& f, const double* flat, double* columns) {
    const i64 n = weights_of(f.given);
    for (i64 c = 0; c < f.given.n_candidates; c++)
        for (i64 k = 0; k < n; k++) columns[k * f.stride + c] = flat[c * n + k];
}

INLINE void flat_of(const Field& f, const double* columns, double* flat) {
    const i64 n = weights_of(f.given);
    for (i64 c = 0; c < f.given.n_candidates; c++)
        for (i64 k = 0; k < n; k++) flat[c * n + k] = columns[k * f.stride + c];
}

void begin_field(void* memory, const PellucidFannField* given, const PellucidFannRules* rules,
                 const PellucidFannPatience* patience, int members) {
    Field& f = *static_cast<Field*>(memory);
    lay_out(f, static_cast<char*>(memory), *given, members);
    f.given = *given;
    f.rules = *rules;
    f.patience = patience_by(*patience);
    columns_of(f, given->weights, f.weights);
    columns_of(f, given->weights, f.kept);
    fill(f.top, -__builtin_inf(), f.stride);
    fill(f.steps, rules->algorithm == FANN_RPROP ? rules->delta_zero : 0, weights_of(*given) * f.stride);
    copy(f.steepness, given->steepness, given->n_candidates);
    for (i64 c = 0; c < given->n_candidates; c++) f.activation[c] = int(given->activation[c]);
}

// --- An epoch ---

// Neighbouring candidates, whole vectors of them: a member's share.
struct Share {
    i64 first, end;
};

INLINE Share share_of(const Field& f, int member) {
    const i64 vectors = up_to_lanes(f.given.n_candidates) / L;
    return {vectors * member / f.members * L, vectors * (member + 1) / f.members * L};
}

// Rows of some neurons' or candidates' numbers.
struct Turn {
    i64 first, count;
    Rows seen, sums, values, slopes;
};

INLINE Turn turn_at(const Field& f, int member, i64 row) {
    const i64 stride = row_stride(f), left = f.given.n_rows - row;
    double* own = f.own + member * f.own_numbers;
    double* seen = const_cast<double*>(f.given.seen) + row * f.given.n_seen;
    return {row,           left < ROWS_OF_A_TURN ? left : ROWS_OF_A_TURN, {seen, f.given.n_seen},
            {own, stride}, {own + ROWS_OF_A_TURN * stride, stride},       {own + 2 * ROWS_OF_A_TURN * stride, stride}};
}

// Calls f with as many vectors side by side as a tile takes, and where they begin.
template <class F>
INLINE void tiles_across(Share share, F f) {
    i64 c = share.first;
    for (; c + ACROSS * L <= share.end; c += ACROSS * L) f.template operator()<ACROSS>(c);
    for (; c < share.end; c += L) f.template operator()<1>(c);
}

NEVER_INLINE void sum_candidates(const Field& f, Share share, const Turn& turn) {
    tiles_across(share, [&]<int NV>(i64 c) INLINE_LAMBDA {
        tiles_down<DOWN>(0, turn.count, [&]<int M>(i64 row) INLINE_LAMBDA {
            forward_tile<Lanes, NV, M>(turn.seen.at + row * turn.seen.stride, turn.seen.stride, f.weights + c, f.stride,
                                       f.given.n_seen, part(turn.sums, row, c).at, turn.sums.stride);
        });
    });
}

NEVER_INLINE void curve_candidates(const Field& f, Share share, const Turn& turn) {
    const i64 last = share.end < f.given.n_candidates ? share.end : f.given.n_candidates;
    for (i64 c = share.first, end; c < last; c = end) {
        for (end = c + 1; end < last && f.activation[end] == f.activation[c];) end++;
        candidate_curves(*f.given.library, f.activation[c], f.steepness + c, end - c, part(turn.sums, 0, c),
                         part(turn.values, 0, c), part(turn.slopes, 0, c), turn.count, f.rules.right);
    }
}

// How far a vector of candidates misses what is lacking: scores fall by the squares; slopes become deltas.
INLINE void miss_candidates(const Field& f, i64 c, const Turn& turn) {
    const i64 n_out = f.given.n_out, stride = f.stride;
    const double* to_outputs = f.weights + f.given.n_seen * stride + c;
    double* gradient = f.gradient + f.given.n_seen * stride + c;
    Lanes score = load<Lanes>(f.scores + c);
    for (i64 row = 0; row < turn.count; row++) {
        const double* lacking = f.given.lacking + (turn.first + row) * n_out;
        const Lanes y = load<Lanes>(part(turn.values, row, c).at);
        Lanes reaching{};
        for (i64 o = 0; o < n_out; o++) {
            const Lanes v = load<Lanes>(to_outputs + o * stride), miss = y * v - all<Lanes>(lacking[o]);
            reaching += miss * v;
            score -= miss * miss;
            store(gradient + o * stride, load<Lanes>(gradient + o * stride) - 2 * miss * y);
        }
        double* slopes = part(turn.slopes, row, c).at;
        store(slopes, -reaching * load<Lanes>(slopes));
    }
    store(f.scores + c, score);
}

NEVER_INLINE void add_candidate_slopes(const Field& f, Share share, const Turn& turn) {
    tiles_across(share, [&]<int NV>(i64 c) INLINE_LAMBDA {
        tiles_down<DOWN>(0, f.given.n_seen, [&]<int M>(i64 k) INLINE_LAMBDA {
            gradient_tile<NV, M>({turn.seen.at + k, turn.seen.stride}, part(turn.slopes, 0, c), turn.count,
                                 f.gradient + k * f.stride + c, f.stride);
        });
    });
}

// The share's scores and slopes.
INLINE void take_candidates(const Field& f, int member, double total) {
    const Share share = share_of(f, member);
    fill(f.scores + share.first, total, share.end - share.first);
    for (i64 k = 0; k < weights_of(f.given); k++)
        fill(f.gradient + k * f.stride + share.first, 0, share.end - share.first);
    for (i64 row = 0; row < f.given.n_rows; row += ROWS_OF_A_TURN) {
        const Turn turn = turn_at(f, member, row);
        sum_candidates(f, share, turn);
        curve_candidates(f, share, turn);
        for (i64 c = share.first; c < share.end; c += L) miss_candidates(f, c, turn);
        add_candidate_slopes(f, share, turn);
    }
}

// Weights of candidates that scored better than ever.
NEVER_INLINE void keep_better(const Field& f, Share share) {
    for (i64 c = share.first; c < share.end; c += L) {
        const Lanes score = load<Lanes>(f.scores + c), top = load<Lanes>(f.top + c);
        const auto better = score > top;
        store(f.top + c, better ? score : top);
        for (i64 k = 0; k < weights_of(f.given); k++) {
            double* kept = f.kept + k * f.stride + c;
            store(kept, better ? load<Lanes>(f.weights + k * f.stride + c) : load<Lanes>(kept));
        }
    }
}

INLINE void change_candidates(const Field& f, Share share) {
    for (i64 k = 0; k < weights_of(f.given); k++) {
        const i64 at = k * f.stride + share.first;
        change(f.rules, {f.weights + at, f.steps + at, f.slopes + at, f.gradient + at}, share.end - share.first,
               f.given.n_rows);
    }
}

// SARPROP draws and remembers from one weight to the next, in the order of connections.
NEVER_INLINE void change_by_sarprop(const Field& f, const PellucidFannCall& call, float mse) {
    const i64 n = weights_of(f.given) * f.given.n_candidates;
    double *const columns[] = {f.weights, f.steps, f.slopes}, *flat = f.flat;
    for (int i = 0; i < 3; i++) flat_of(f, columns[i], flat + i * n);
    flat_of(f, f.gradient, flat + 3 * n);
    change_sarprop(f.rules, *f.given.library, call, {flat, flat + n, flat + 2 * n, flat + 3 * n}, n, mse);
    for (int i = 0; i < 3; i++) columns_of(f, flat + i * n, columns[i]);
}

// The first of the largest; what is not a number counts as minus infinity.
INLINE int first_largest(const double* numbers, int n) {
    int best = 0;
    double largest = -__builtin_inf();
    for (int i = 0; i < n; i++)
        if (numbers[i] > largest) largest = numbers[i], best = i;
    return best;
}

// Notes the best score; whether the phase ends with this epoch.
INLINE bool ends_field(Field& f, double total) {
    Patience& p = f.patience;
    f.best = first_largest(f.scores, f.given.n_candidates);
    f.score = f.scores[f.best];
    bool over = total != 0 && f.score / total > f.given.limit;
    if (!over) {
        watch(p, f.score, true);
        over = is_at_end(p);
    }
    p.epochs++;
    return over;
}

void train_field(void* memory, const PellucidTeam* team, int member, PellucidFannCall* call) {
    Field& f = *static_cast<Field*>(memory);
    const Share share = share_of(f, member);
    const double total = double(call->errors.square_sum);
    const bool in_turn = f.rules.algorithm == FANN_SARPROP;
    const auto meet_all = [&]() INLINE_LAMBDA {
        if (f.members > 1) team->meet(team->host, member);
    };
    for (i64 epoch = 0; epoch < call->epochs; epoch++) {
        take_candidates(f, member, total);
        if (f.rules.right) keep_better(f, share);
        if (!in_turn) change_candidates(f, share);
        meet_all();
        if (member == 0) {
            if (in_turn) change_by_sarprop(f, *call, mse_of(call->errors));
            f.over = call->over = ends_field(f, total);
            call->done++;
        }
        meet_all();
        if (f.over) return;
    }
}

// FANN takes the best of the last epoch, as its update left it.
int best_of_field(const void* memory, double* weights, double* score) {
    const Field& f = *static_cast<const Field*>(memory);
    const int best = f.rules.right ? first_largest(f.top, f.given.n_candidates) : f.best;
    const double* from = f.rules.right ? f.kept : f.weights;
    for (i64 k = 0; k < weights_of(f.given); k++) weights[k] = from[k * f.stride + best];
    *score = f.rules.right ? f.top[best] : f.score;
    return best;
}

}  // namespace
