// Random numbers, as `pellucid/maths/random.py` specifies them: Threefry-2x32-20, the dropout's words, permutations.
#pragma once

#include "simd.hpp"

namespace {

struct Key {
    u32 low, high;
};

constexpr int ROTATIONS[8] = {13, 15, 26, 6, 17, 29, 16, 24};
constexpr u32 PARITY = 0x1BD11BDA;

// Blocks of the stream `key` at the counters (low, high): X is a number or a vector of them.
template <class X>
INLINE void threefry(Key key, X& low, X& high) {
    const u32 keys[3] = {key.low, key.high, key.low ^ key.high ^ PARITY};
    low += keys[0];
    high += keys[1];
#pragma GCC unroll 20
    for (int r = 0; r < 20; r++) {
        const int turn = ROTATIONS[r % 8];
        low += high;
        high = ((high << turn) | (high >> (32 - turn))) ^ low;
        if (r % 4 == 3) {
            const u32 s = u32(r + 1) / 4;
            low += keys[s % 3];
            high += keys[(s + 1) % 3] + s;
        }
    }
}

INLINE Key fold(Key key, u64 data) {
    u32 low = u32(data), high = u32(data >> 32);
    threefry(key, low, high);
    return {low, high};
}

// Words start .. start + n - 1 of the key's stream.
NEVER_INLINE void words(Key key, u64 start, i64 n, u32* out) {
    constexpr int L = REGISTER_BYTES / 4;
    using V = Vec<u32, L>;
    V place;
    for (int i = 0; i < L; i++) place[i] = u32(i);
    u64 block = start / 2;
    i64 at = -i64(start % 2);  // where the block's first word belongs
    while (at < n) {
        V low = u32(block) + place;
        V high = u32(block >> 32) - bits<V>(low < u32(block));  // one more where the low word wrapped around
        threefry(key, low, high);
        for (int i = 0; i < L; i++, at += 2) {
            if (at >= 0 && at < n) out[at] = low[i];
            if (at + 1 < n) out[at + 1] = high[i];
        }
        block += L;
    }
}

// Doubles start .. start + N - 1 of the key's stream, from 0 to 1 in steps of 2^-53.
template <int N>
INLINE Vec<double, N> uniform(Key key, u64 start) {
    using V = Vec<u32, N>;
    using Reals = Vec<double, N>;
    V low{}, high{};
    for (int i = 0; i < N; i++) low[i] = u32(start) + u32(i);
    high += u32(start >> 32);
    high -= bits<V>(low < u32(start));  // one more where the low word wrapped around
    threefry(key, low, high);
    // As signed numbers, which these are small enough for: processors convert them faster.
    const auto left = bits<Vec<i32, N>>(low >> 5), right = bits<Vec<i32, N>>(high >> 6);
    return (__builtin_convertvector(left, Reals) * 67108864.0 + __builtin_convertvector(right, Reals)) * 0x1p-53;
}

// The numbers 0 .. n - 1 in the order of the stream's 64-bit blocks. `sorted` and `counts` are scratch for n + 1
// numbers each.
//
// The keys are evenly spread, so their leading bits tell nearly where each belongs: one counting pass puts every key
// into one of n buckets, and an insertion sort has only neighbours left to exchange. Equal keys keep their order.
NEVER_INLINE void permutation(Key key, i64 n, u64* keys, u64* sorted, u32* counts, u32* order) {
    for (i64 i = 0; i < n; i++) {
        const Key block = fold(key, u64(i));
        keys[i] = u64(block.low) << 32 | block.high;
    }
    const auto bucket = [n](u64 k) { return i64((k >> 32) * u64(n) >> 32); };
    for (i64 i = 0; i <= n; i++) counts[i] = 0;
    for (i64 i = 0; i < n; i++) counts[bucket(keys[i]) + 1]++;
    for (i64 i = 0; i < n; i++) counts[i + 1] += counts[i];
    for (i64 i = 0; i < n; i++) {
        const u32 place = counts[bucket(keys[i])]++;
        sorted[place] = keys[i];
        order[place] = u32(i);
    }
    for (i64 i = 1; i < n; i++) {
        const u64 k = sorted[i];
        const u32 which = order[i];
        i64 j = i;
        for (; j > 0 && sorted[j - 1] > k; j--) {
            sorted[j] = sorted[j - 1];
            order[j] = order[j - 1];
        }
        sorted[j] = k;
        order[j] = which;
    }
}

}  // namespace
