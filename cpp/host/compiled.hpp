// The type behind `net.compile()`: a callable for rows whose usual call costs little more than the arithmetic.
#pragma once

#include <nanobind/nanobind.h>

namespace pellucid {

void bind_compiled(nanobind::module_& m);

}  // namespace pellucid
