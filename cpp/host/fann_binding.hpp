// FANN's engine as Python sees it.
#pragma once

#include <nanobind/nanobind.h>

namespace pellucid {

void bind_fann(nanobind::module_& m);

}  // namespace pellucid
