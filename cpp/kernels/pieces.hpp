// Curves made of straight lines: FANN's stepwise sigmoid and tanh, with the corners of maths/waves_and_pieces.py.
#pragma once

#include "simd.hpp"

namespace {

// z and a of six corners; below the first one a is `low`, from the last one on it is 1.
struct Corners {
    double z[6], a[6], low;

    constexpr double slope(int k) const { return (a[k + 1] - a[k]) / (z[k + 1] - z[k]); }
};

constexpr Corners SIGMOID_CORNERS = {
    {-2.64665246009826660156, -1.47221946716308593750, -0.549306154251098632812, 0.549306154251098632812,
     1.47221934795379638672, 2.64665293693542480469},
    {0.00499999988824129104614, 0.0500000007450580596924, 0.25, 0.75, 0.949999988079071044922, 0.995000004768371582031},
    0};
constexpr Corners TANH_CORNERS = {
    {-2.64665293693542480469, -1.47221934795379638672, -0.549306154251098632812, 0.549306154251098632812,
     1.47221934795379638672, 2.64665293693542480469},
    {-0.990000009536743164062, -0.899999976158142089844, -0.5, 0.5, 0.899999976158142089844, 0.990000009536743164062},
    -1};

template <class V>
INLINE V on_lines(const Corners& corners, V z) {
    using T = Scalar<V>;
    V a = z < T(corners.z[0]) ? all<V>(T(corners.low)) : z;
    for (int k = 0; k < 5; k++)
        a = z >= T(corners.z[k]) ? (z - T(corners.z[k])) * T(corners.slope(k)) + T(corners.a[k]) : a;
    return z >= T(corners.z[5]) ? all<V>(1) : a;
}

// The slope of the line right of z.
template <class V>
INLINE V slope_of_lines(const Corners& corners, V z) {
    using T = Scalar<V>;
    V slope{};
    for (int k = 0; k < 5; k++) slope = z >= T(corners.z[k]) ? all<V>(T(corners.slope(k))) : slope;
    return z >= T(corners.z[5]) ? V{} : slope;
}

}  // namespace
