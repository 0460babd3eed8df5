// Stands in for a level that a build with sanitizers leaves out, as each takes half a minute to compile: see
// CMakeLists.txt.
#include "fann/abi.hpp"
#include "plan.hpp"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#if defined(PELLUCID_TABLE_kernels)
extern "C" const PellucidKernels* JOIN(pellucid_kernels_, PELLUCID_LEVEL)(int) { return nullptr; }
#elif defined(PELLUCID_TABLE_fann)
extern "C" const PellucidFannKernels* JOIN(pellucid_fann_, PELLUCID_LEVEL)() { return nullptr; }
#else
extern "C" const PellucidFannKernels* JOIN(pellucid_fann_strict_, PELLUCID_LEVEL)() { return nullptr; }
#endif
