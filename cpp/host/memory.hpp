// Zeroed memory, aligned for the kernels.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace pellucid {

// Gives a block back the way it came: `mapped` bytes of it from the system, or 0 where it came from the C library.
struct GiveBack {
    std::size_t mapped = 0;

    void operator()(void* block) const {
#if defined(__linux__)
        if (mapped > 0) {
#if defined(__SANITIZE_ADDRESS__)
            // The kernels poison the gaps between arrays; unlike free(), munmap() would leave the marks to the next
            // owner.
            __asan_unpoison_memory_region(block, mapped);
#endif
            munmap(block, mapped);
            return;
        }
#endif
        std::free(block);
    }
};
using Block = std::unique_ptr<void, GiveBack>;

// From this size on, memory comes from the system: zero already, only there once it is used, and in large pages, so
// that the weights of a wide layer do not need a thousand of them.
constexpr unsigned long long MAPPED_FROM = 4ull << 20;

inline Block zeroed(unsigned long long bytes) {
    const unsigned long long whole = (bytes + 63) / 64 * 64;
#if defined(__linux__)
    if (whole >= MAPPED_FROM) {
        void* block = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) throw std::bad_alloc();
        madvise(block, whole, MADV_HUGEPAGE);  // a wish: it may be refused
        return Block(block, GiveBack{whole});
    }
#endif
    void* block = std::aligned_alloc(64, whole);
    if (!block) throw std::bad_alloc();
    std::memset(block, 0, whole);
    return Block(block);
}

}  // namespace pellucid
