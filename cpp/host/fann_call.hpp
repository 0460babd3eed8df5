// The types behind `run`, `test` and `train` of one net: callables whose usual call costs little more than the
// arithmetic.
#pragma once

#include <nanobind/nanobind.h>

namespace pellucid {

void bind_fann_calls(nanobind::module_& m);

}  // namespace pellucid
