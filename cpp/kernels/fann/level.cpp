// FANN's engine for one instruction set; compiled for each with -DPELLUCID_LEVEL=name, and once more with
// -DPELLUCID_FANN_STRICT for FANN's very numbers.
#include "answer.hpp"
#include "candidates.hpp"
#include "steps.hpp"

namespace {

constexpr PellucidFannKernels kernels = {
    session_bytes, begin,       train,         measure,   finish, leave, field_bytes,
    begin_field,   train_field, best_of_field, row_bytes, answer, step,
};

}  // namespace

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#ifdef PELLUCID_FANN_STRICT
#define TABLE pellucid_fann_strict_
#else
#define TABLE pellucid_fann_
#endif

extern "C" const PellucidFannKernels* JOIN(TABLE, PELLUCID_LEVEL)() { return &kernels; }
