// Zeroed memory, aligned for the kernels.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace pellucid {

struct Free {
    void operator()(void* block) const { std::free(block); }
};
using Block = std::unique_ptr<void, Free>;

inline Block zeroed(unsigned long long bytes) {
    const unsigned long long whole = (bytes + 63) / 64 * 64;
    void* block = std::aligned_alloc(64, whole);
    if (!block) throw std::bad_alloc();
    std::memset(block, 0, whole);
    return Block(block);
}

}  // namespace pellucid
