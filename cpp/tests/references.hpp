// References: the formulas of maths/activations.py in long double, and the natural scale of their errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using Real = long double;
constexpr Real INFINITE = std::numeric_limits<Real>::infinity();

constexpr Real TWO_ROOT_TWO_OVER_PI = 1.59576912160573071175978423973752747L, CUBIC = 0.044715L;

// The corners of maths/waves_and_pieces.py, (z, a), by whether the curve is the tanh.
constexpr Real CORNER_Z[2][6] = {{-2.64665246009826660156L, -1.4722194671630859375L, -0.549306154251098632812L,
                                  0.549306154251098632812L, 1.47221934795379638672L, 2.64665293693542480469L},
                                 {-2.64665293693542480469L, -1.47221934795379638672L, -0.549306154251098632812L,
                                  0.549306154251098632812L, 1.47221934795379638672L, 2.64665293693542480469L}};
constexpr Real CORNER_A[2][6] = {{0.00499999988824129104614L, 0.0500000007450580596924L, 0.25L, 0.75L,
                                  0.949999988079071044922L, 0.995000004768371582031L},
                                 {-0.990000009536743164062L, -0.899999976158142089844L, -0.5L, 0.5L,
                                  0.899999976158142089844L, 0.990000009536743164062L}};

// How many corners are at or left of z.
int corners_left_of(int curve, Real z) {
    int k = 0;
    while (k < 6 && z >= CORNER_Z[curve][k]) k++;
    return k;
}
Real line_slope(int curve, int k) {
    return (CORNER_A[curve][k] - CORNER_A[curve][k - 1]) / (CORNER_Z[curve][k] - CORNER_Z[curve][k - 1]);
}
template <int CURVE>
Real stepwise(Real z, Real, Real) {
    const int k = corners_left_of(CURVE, z);
    if (k == 0 || k == 6) return std::isnan(z) ? z : k ? 1 : -CURVE;
    return (z - CORNER_Z[CURVE][k - 1]) * line_slope(CURVE, k) + CORNER_A[CURVE][k - 1];
}
template <int CURVE>
Real stepwise_slope(Real z, Real, Real) {
    const int k = corners_left_of(CURVE, z);
    return k == 0 || k == 6 ? 0 : line_slope(CURVE, k);
}

Real sigmoid(Real z) { return (z >= 0 ? 1 : std::exp(z)) / (1 + std::exp(-std::fabs(z))); }
Real logarithm(Real z) { return z < 0 ? std::numeric_limits<Real>::quiet_NaN() : std::log(z); }
Real sine(Real z) { return std::sin(z); }
Real cosine(Real z) { return std::cos(z); }
Real normal_below(Real z) { return std::erfc(-z * std::sqrt(0.5L)) / 2; }
Real normal_height(Real z) { return std::exp(-z * z / 2) * TWO_ROOT_TWO_OVER_PI / 4; }
Real clipped(Real z) { return std::isnan(z) ? z : std::clamp(z, -1000.0L, 1000.0L); }
Real bend(Real z) { return TWO_ROOT_TWO_OVER_PI * (clipped(z) + CUBIC * std::pow(clipped(z), 3)); }
Real bend_slope(Real z) { return TWO_ROOT_TWO_OVER_PI * (1 + 3 * CUBIC * clipped(z) * clipped(z)); }

// Functions of z, of a = activation(z) as the kernel has rounded it, and of alpha.
using Reference = Real (*)(Real z, Real a, Real alpha);

template <Real (*function)(Real)>
Real of_z(Real z, Real, Real) {
    return function(z);
}

Real zero(Real, Real, Real) { return 0; }
Real one(Real, Real, Real) { return 1; }
Real linear(Real z, Real, Real) { return z; }
Real relu(Real z, Real, Real) { return z < 0 ? 0 : z; }
Real relu_slope(Real z, Real, Real) { return z > 0; }
Real leaky_relu(Real z, Real, Real alpha) { return z > 0 ? z : alpha * z; }
Real leaky_relu_slope(Real z, Real, Real alpha) { return z > 0 ? 1 : alpha; }
Real elu(Real z, Real, Real alpha) { return z > 0 ? z : alpha * std::expm1(z); }
Real elu_slope(Real z, Real a, Real alpha) { return z > 0 ? 1 : a + alpha; }
Real sigmoid_slope(Real, Real a, Real) { return a * (1 - a); }
Real tanh_slope(Real, Real a, Real) { return 1 - a * a; }
Real gelu(Real z, Real, Real) { return z * normal_below(z); }
Real gelu_slope(Real z, Real, Real) { return normal_below(z) + clipped(z) * normal_height(z); }
Real gelu_tanh(Real z, Real, Real) { return z * sigmoid(bend(z)); }
Real gelu_tanh_slope(Real z, Real, Real) {
    return sigmoid(bend(z)) + z * sigmoid(bend(z)) * sigmoid(-bend(z)) * bend_slope(z);
}
Real silu(Real z, Real, Real) { return z * sigmoid(z); }
Real silu_slope(Real z, Real, Real) { return sigmoid(z) + z * sigmoid(z) * sigmoid(-z); }
Real softplus(Real z, Real, Real) { return (z >= 0 ? z : 0) + std::log1p(std::exp(-std::fabs(z))); }
Real softsign(Real z, Real, Real) { return z / (1 + std::fabs(z)); }
Real softsign_slope(Real z, Real, Real) { return 1 / (1 + std::fabs(z)) / (1 + std::fabs(z)); }
Real hard_sigmoid(Real z, Real, Real) { return std::isnan(z) ? z : std::clamp(z / 6 + 0.5L, 0.0L, 1.0L); }
Real hard_sigmoid_slope(Real z, Real, Real) { return std::fabs(z) < 3 ? 1 / 6.0L : 0; }
Real threshold(Real z, Real, Real) { return z >= 0; }

Real threshold_symmetric(Real z, Real, Real) { return z >= 0 ? 1 : -1; }
Real bell(Real z) { return std::exp(-z * z); }
Real bell_symmetric(Real z) { return 2 * bell(z) - 1; }
Real clipped_near(Real z) { return std::isnan(z) ? z : std::clamp(z, -40.0L, 40.0L); }
Real gaussian_slope(Real z, Real a, Real) { return -2 * clipped_near(z) * a; }
Real gaussian_symmetric_slope(Real z, Real, Real) { return -4 * clipped_near(z) * bell(z); }
Real elliot(Real z, Real, Real) { return z / (2 * (1 + std::fabs(z))) + 0.5L; }
Real elliot_slope(Real z, Real, Real) { return 0.5L / (1 + std::fabs(z)) / (1 + std::fabs(z)); }
Real linear_piece(Real z, Real, Real) { return std::isnan(z) ? z : z < 0 ? 0 : std::min(z, 1.0L); }
Real linear_piece_slope(Real z, Real, Real) { return z > 0 && z < 1; }
Real linear_piece_symmetric(Real z, Real, Real) { return std::isnan(z) ? z : std::clamp(z, -1.0L, 1.0L); }
Real linear_piece_symmetric_slope(Real z, Real, Real) { return std::fabs(z) < 1; }
Real minus_sine(Real z) { return -std::sin(z); }
Real sine_lifted(Real z) { return std::sin(z) / 2 + 0.5L; }
Real cosine_lifted(Real z) { return std::cos(z) / 2 + 0.5L; }
Real half_cosine(Real z) { return std::cos(z) / 2; }
Real minus_half_sine(Real z) { return -std::sin(z) / 2; }

// A formula that adds terms of both signs is exact to an ulp of its terms, not of their sum; one that takes e^2u
// multiplies the rounding of 2u by |2u|. A scale is the number whose ulp is then the unit of the error.
Real growth(Real z) { return std::max(1.0L, std::fabs(bend(z))); }
Real gelu_tanh_scale(Real z, Real a, Real alpha) { return gelu_tanh(z, a, alpha) * growth(z); }
Real hard_sigmoid_scale(Real z, Real, Real) { return std::fabs(z / 6) + 0.5L; }
Real gelu_slope_scale(Real z, Real, Real) { return normal_below(z) + std::fabs(clipped(z) * normal_height(z)); }
Real gelu_tanh_slope_scale(Real z, Real, Real) {
    const Real s = sigmoid(bend(z));
    return (s + std::fabs(clipped(z) * s * sigmoid(-bend(z)) * bend_slope(z))) * growth(z);
}
Real silu_slope_scale(Real z, Real, Real) { return sigmoid(z) + std::fabs(z * sigmoid(z) * sigmoid(-z)); }

// A factor that is denormal is rounded by up to half the smallest number, and whatever multiplies it multiplies that.
// The unit is never less than this many times the smallest number.
Real z_steps(Real z, Real, Real) { return std::max(1.0L, std::fabs(z)); }
Real gelu_tanh_slope_steps(Real z, Real, Real) { return std::max(1.0L, std::fabs(z) * bend_slope(z)); }

}  // namespace
