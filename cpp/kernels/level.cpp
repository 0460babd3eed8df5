// One instruction set: all kernels for both number types, behind two tables of functions.
//
// Compiled once for each set with -DPELLUCID_LEVEL=name (and that set's flags).
#include "plan.hpp"
#include "prediction.hpp"
#include "training.hpp"

namespace {

template <class T>
void apply_activation(int activation, int slope, double alpha, const void* x, void* out, i64 n) {
    constexpr int L = LANES<T>;
    const T* z = static_cast<const T*>(x);
    T* to = static_cast<T*>(out);
    for (i64 i = 0; i < n; i += L) {
        alignas(64) T buffer[2 * L] = {}, a[2 * L] = {}, d[2 * L] = {};
        const i64 some = n - i < L ? n - i : L;
        copy(buffer, z + i, some);
        activate_all<Vec<T, L>>(activation, T(alpha), buffer, a, some);
        for (i64 k = 0; k < some; k++) d[k] = 1;
        if (slope) slope_all<Vec<T, L>>(activation, T(alpha), needs_z(activation) ? buffer : a, a, d, some);
        copy(to + i, slope ? d : a, some);
    }
}

template <class T>
constexpr PellucidKernels kernels = {
    session_bytes<T>, begin<T>,       write<T>,       read<T>,          run<T>,     take_back<T>,
    model_bytes<T>,   model_begin<T>, model_write<T>, scratch_bytes<T>, predict<T>, apply_activation<T>,
    LANES<T>,
};

}  // namespace

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

extern "C" const PellucidKernels* JOIN(pellucid_kernels_, PELLUCID_LEVEL)(int wide) {
    return wide ? &kernels<double> : &kernels<float>;
}
