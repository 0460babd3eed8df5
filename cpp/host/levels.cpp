#include "levels.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

extern "C" {
const PellucidKernels* pellucid_kernels_baseline(int wide);
#if defined(__x86_64__)
const PellucidKernels* pellucid_kernels_v2(int wide);
const PellucidKernels* pellucid_kernels_v3(int wide);
const PellucidKernels* pellucid_kernels_v4(int wide);
#endif
}

namespace pellucid {
namespace {

bool always() { return true; }

#if defined(__x86_64__)
// The processor's own word and the operating system's, read directly: __builtin_cpu_supports is always 0 under some
// compilers (zig). Bits: Intel's manual, volume 2, CPUID.
struct Features {
    unsigned basic_c = 0, extended_b = 0, amd_c = 0;
    unsigned long long saved = 0;  // which registers the system keeps when it changes threads

    Features() {
        unsigned a, b, c, d;
        if (__get_cpuid(1, &a, &b, &c, &d)) basic_c = c;
        if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) extended_b = b;
        if (__get_cpuid(0x80000001, &a, &b, &c, &d)) amd_c = c;
        if (basic_c >> 27 & 1) {
            unsigned low, high;
            __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
            saved = (unsigned long long)high << 32 | low;
        }
    }

    bool all(unsigned word, std::initializer_list<int> bits) const {
        for (int bit : bits)
            if (!(word >> bit & 1)) return false;
        return true;
    }
};

const Features& features() {
    static const Features found;
    return found;
}

// SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT
bool has_v2() { return features().all(features().basic_c, {0, 9, 13, 19, 20, 23}); }

// FMA, MOVBE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT; and the system keeps 256-bit registers
bool has_v3() {
    const Features& f = features();
    return has_v2() && f.all(f.basic_c, {12, 22, 28, 29}) && f.all(f.extended_b, {3, 5, 8}) && f.all(f.amd_c, {5}) &&
           (f.saved & 6) == 6;
}

// AVX-512 F, DQ, CD, BW, VL; and the system keeps 512-bit registers
bool has_v4() {
    const Features& f = features();
    return has_v3() && f.all(f.extended_b, {16, 17, 28, 30, 31}) && (f.saved & 0xE6) == 0xE6;
}
#endif

}  // namespace

const std::vector<Level>& levels() {
    static const std::vector<Level> all = {
#if defined(__x86_64__)
        {"x86-64-v4", pellucid_kernels_v4, has_v4},
        {"x86-64-v3", pellucid_kernels_v3, has_v3},
        {"x86-64-v2", pellucid_kernels_v2, has_v2},
#endif
        {"baseline", pellucid_kernels_baseline, always},
    };
    return all;
}

const Level& best_level() {
    for (const Level& level : levels())
        if (level.runs_here()) return level;
    return levels().back();
}

const Level* level_named(std::string_view name) {
    for (const Level& level : levels())
        if (level.name == name && level.runs_here()) return &level;
    return nullptr;
}

}  // namespace pellucid
