// What must hold before anything reaches a kernel. Kernels check nothing.
#pragma once

#include <string>

#include "plan.hpp"

namespace pellucid {

// Empty if the plan can be run; else what is wrong with it. `training` looks at the parts that only training has, too.
std::string fault_of(const PellucidPlan& plan, bool training);

}  // namespace pellucid
