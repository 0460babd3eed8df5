// Which instruction sets this build holds, and which of them this processor can run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan.hpp"

namespace pellucid {

struct Level {
    std::string_view name;  // "x86-64-v4", ..., "baseline"
    const PellucidKernels* (*kernels)(int wide);
    bool (*runs_here)();
};

// All levels of this build, the best first; the last one runs everywhere.
const std::vector<Level>& levels();

// The best level that this processor runs.
const Level& best_level();

// A level by name if it is there and runs here, else null.
const Level* level_named(std::string_view name);

}  // namespace pellucid
