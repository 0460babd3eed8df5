// The kernels' random numbers against published vectors, known answers of the specification, and the plain generator.
//
// Built once for each instruction set, as the words are made a vector at a time.
#include "random.hpp"

#include "naive.hpp"
#include "testing.hpp"

namespace {

using testing::check;

std::string text(u32 low, u32 high) {
    char both[32];
    std::snprintf(both, sizeof both, "%08x %08x", low, high);
    return both;
}

// Random123's kat_vectors for threefry2x32 with 20 rounds: counter, key, result.
void published_vectors() {
    const struct {
        u32 counter[2], key[2], result[2];
    } vectors[] = {
        {{0x00000000, 0x00000000}, {0x00000000, 0x00000000}, {0x6B200159, 0x99BA4EFE}},
        {{0xFFFFFFFF, 0xFFFFFFFF}, {0xFFFFFFFF, 0xFFFFFFFF}, {0x1CB996FC, 0xBB002BE7}},
        {{0x243F6A88, 0x85A308D3}, {0x13198A2E, 0x03707344}, {0xC4923A9C, 0x483DF7A0}},
    };
    for (const auto& v : vectors) {
        u32 low = v.counter[0], high = v.counter[1];
        threefry({v.key[0], v.key[1]}, low, high);
        check(low == v.result[0] && high == v.result[1], "threefry gives " + text(low, high));
        const naive::Block plain = naive::threefry({v.key[0], v.key[1]}, {v.counter[0], v.counter[1]});
        check(plain.x0 == v.result[0] && plain.x1 == v.result[1], "the plain cipher gives " + text(plain.x0, plain.x1));
    }
}

// FNV-1a over whole numbers, as `h = (h ^ v) * 1099511628211 mod 2^64` in Python.
template <class Values>
u64 hash(const Values& values) {
    u64 h = 1469598103934665603ull;
    for (auto v : values) h = (h ^ u64(v)) * 1099511628211ull;
    return h;
}

std::vector<u32> words_of(Key key, u64 start, i64 n) {
    std::vector<u32> out(size_t(n), 0u);
    words(key, start, n, out.data());
    return out;
}

std::vector<u32> permutation_of(Key key, i64 n) {
    std::vector<u64> keys(size_t(n + 1), 0u), sorted(size_t(n + 1), 0u);
    std::vector<u32> counts(size_t(n + 1), 0u), order(size_t(n), 0u);
    permutation(key, n, keys.data(), sorted.data(), counts.data(), order.data());
    return order;
}

// Written down from pellucid.maths.random: fold((1, 2), 2**32 + 5), key_of_purpose(12345678901234567890, 3, 2),
// key_of(9, "shuffle", epoch=4), words(np, key, start, n) and permutation(np, key, n).
void known_answers() {
    const Key folded = fold({1, 2}, (1ull << 32) + 5);
    check(folded.low == 0x16A22F08 && folded.high == 0x0B74DCBE, "fold gives " + text(folded.low, folded.high));
    const u64 seed = 12345678901234567890ull;
    const Key stream = fold(fold({u32(seed), u32(seed >> 32)}, 3), 2);
    check(stream.low == 0xFE98B3DA && stream.high == 0x225B817F, "a stream's key is " + text(stream.low, stream.high));

    const std::vector<u32> odd = {0x22B92AD2, 0xB9CF8BE8, 0xF84F7FEA, 0x9E6BF6AF, 0xBD28C4E8, 0x35AB0DE4};
    check(words_of({7, 8}, 5, 6) == odd, "words 5 .. 10 of key (7, 8)");
    const std::vector<u32> carried = {0x766D230C, 0xC5BBF060, 0x3EAB2C5C, 0x2B6371AE, 0xF79131AF, 0x3ADF05F0};
    check(words_of({7, 8}, (1ull << 33) - 3, 6) == carried, "words on both sides of the low word's end");
    const std::vector<u32> far = {0x5E267E47, 0x1C5186FC, 0xF59E73C7, 0xCF07C8DF};
    check(words_of({0xDEADBEEF, 0x01234567}, (1ull << 40) + 1, 4) == far, "words past 2^40");
    check(hash(words_of({7, 8}, 11, 1000)) == 0xB73B4103216B597Dull, "words 11 .. 1010 of key (7, 8)");

    const Key shuffle{0x9A423C7B, 0x4C2BB42C};
    const std::vector<u32> twenty = {19, 13, 9, 0, 2, 6, 3, 7, 15, 12, 11, 16, 8, 5, 4, 1, 18, 14, 17, 10};
    check(permutation_of(shuffle, 20) == twenty, "the order of 20");
    check(hash(permutation_of(shuffle, 5000)) == 0x7D92F227A47783C1ull, "the order of 5000");
}

void words_anywhere() {
    problems::Random random(1);
    for (int i = 0; i < 300; i++) {
        const Key key{u32(random()), u32(random())};
        const u64 start = i % 3 == 0 ? random() >> 20 : i % 3 == 1 ? (1ull << 33) - random() % 80 : random() % 50;
        const i64 n = i64(random() % 70);
        const std::vector<u32> got = words_of(key, start, n);
        for (i64 w = 0; w < n; w++)
            check(got[size_t(w)] == naive::word({key.low, key.high}, start + u64(w)),
                  "word " + std::to_string(w) + " of " + std::to_string(n) + " from " + std::to_string(start));
    }
}

void every_small_order() {
    problems::Random random(2);
    for (i64 n = 0; n < 200; n += n < 40 ? 1 : 7) {
        const Key key{u32(random()), u32(random())};
        const std::vector<long long> expected = naive::permutation({key.low, key.high}, n);
        const std::vector<u32> got = permutation_of(key, n);
        check(std::equal(got.begin(), got.end(), expected.begin(), expected.end()),
              "the order of " + std::to_string(n));
    }
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"published vectors", published_vectors},
                             {"known answers", known_answers},
                             {"words anywhere", words_anywhere},
                             {"every small order", every_small_order}},
                            argc, argv);
}
