// A small frame for tests: checks that say what was wrong, and named tests that a program runs one after the other.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "levels.hpp"

namespace testing {

// How much is tried: a sanitizer makes everything many times slower, and so does an emulator, which is what other
// processors than x86-64 are in these tests.
#if defined(__SANITIZE_THREAD__) || !defined(__x86_64__)
constexpr int THOROUGHNESS = 1;
#elif defined(__SANITIZE_ADDRESS__)
constexpr int THOROUGHNESS = 3;
#else
constexpr int THOROUGHNESS = 8;
#endif

inline int failures = 0;

// After so many, more of them say nothing new.
constexpr int MOST_FAILURES = 20;

inline void fail(const std::string& what) {
    failures++;
    if (failures <= MOST_FAILURES) std::printf("FAILED: %s\n", what.c_str());
}

inline void check(bool truth, const std::string& what) {
    if (!truth) fail(what);
}

// The levels that this build holds and this processor runs. A build with sanitizers leaves some out (see no_level.cpp).
// PELLUCID_TEST_LEVEL names the only one to be tested.
inline std::vector<const pellucid::Level*> levels_here() {
    const char* only = std::getenv("PELLUCID_TEST_LEVEL");
    std::vector<const pellucid::Level*> here;
    for (const pellucid::Level& level : pellucid::levels()) {
        if (only && level.name != only) continue;
        if (level.runs_here() && level.kernels(1)) here.push_back(&level);
    }
    if (here.empty()) fail("there is no level to test");
    return here;
}

struct Test {
    const char* name;
    std::function<void()> run;
};

// Runs the tests whose name is among the arguments; without arguments, all. Returns what main returns.
inline int run_all(const std::vector<Test>& tests, int argc, char** argv) {
    for (const Test& test : tests) {
        bool wanted = argc < 2;
        for (int i = 1; i < argc; i++) wanted = wanted || std::string_view(argv[i]) == test.name;
        if (!wanted) continue;
        const int before = failures;
        test.run();
        std::printf("%-40s %s\n", test.name, failures == before ? "passed" : "FAILED");
        std::fflush(stdout);
    }
    if (failures > MOST_FAILURES) std::printf("and %d failures more\n", failures - MOST_FAILURES);
    return failures ? 1 : 0;
}

}  // namespace testing
