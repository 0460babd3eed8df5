// A training step in long double and plain loops, row by row: what the kernels' results are compared with.
//
// Written after the equations, not after the kernels. It knows the activations and losses that the tests of products
// and of whole steps need; every activation and loss is compared with NumPy's in cases_test.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "problems.hpp"

namespace naive {

using Real = long double;
using Row = std::vector<Real>;

// --- Random numbers, after the specification in src/pellucid/maths/random.py --------------------------------------

struct Block {
    std::uint32_t x0, x1;
};

inline Block threefry(Block key, Block counter) {
    const int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
    const std::uint32_t k[3] = {key.x0, key.x1, key.x0 ^ key.x1 ^ 0x1BD11BDAu};
    std::uint32_t x0 = counter.x0 + k[0], x1 = counter.x1 + k[1];
    for (unsigned r = 0; r < 20; r++) {
        const int turn = rotations[r % 8];
        x0 += x1;
        x1 = (x1 << turn | x1 >> (32 - turn)) ^ x0;
        if (r % 4 != 3) continue;
        const std::uint32_t s = (r + 1) / 4;
        x0 += k[s % 3];
        x1 += k[(s + 1) % 3] + s;
    }
    return {x0, x1};
}

inline Block block(Block key, std::uint64_t number) {
    return threefry(key, {std::uint32_t(number), std::uint32_t(number >> 32)});
}

inline Block fold(Block key, std::uint64_t data) { return block(key, data); }

inline std::uint32_t word(Block key, std::uint64_t number) {
    const Block two = block(key, number / 2);
    return number % 2 ? two.x1 : two.x0;
}

inline std::vector<long long> permutation(Block key, long long n) {
    std::vector<std::pair<std::uint64_t, long long>> keys;
    for (long long i = 0; i < n; i++) {
        const Block two = block(key, std::uint64_t(i));
        keys.push_back({std::uint64_t(two.x0) << 32 | two.x1, i});
    }
    std::sort(keys.begin(), keys.end());
    std::vector<long long> order;
    for (const auto& [key_of, i] : keys) order.push_back(i);
    return order;
}

// --- Activations and losses of one row -----------------------------------------------------------------------------

inline Real activated_unit(int activation, Real x) {
    switch (activation) {
        case LINEAR: return x;
        case SIGMOID: return 1 / (1 + std::exp(-x));
        case TANH: return std::tanh(x);
        case RELU: return x > 0 ? x : 0;
        case GAUSSIAN: return std::exp(-x * x);
        case SINE: return std::sin(x);
        default: throw std::runtime_error("the naive network has no such activation");
    }
}

inline Real unit_slope(int activation, Real z, Real a) {
    switch (activation) {
        case SIGMOID: return a * (1 - a);
        case TANH: return 1 - a * a;
        case RELU: return a > 0;
        case GAUSSIAN: return -2 * z * a;
        case SINE: return std::cos(z);
        default: return 1;
    }
}

inline Row activated(const PellucidLayer& layer, const Row& z) {
    Row a = z;
    if (layer.activation == SOFTMAX) {
        const Real largest = *std::max_element(z.begin(), z.end());
        Real total = 0;
        for (Real& x : a) total += x = std::exp(x - largest);
        for (Real& x : a) x /= total;
        return a;
    }
    for (size_t u = 0; u < a.size(); u++) {
        if (layer.activation == BY_UNIT)
            a[u] = activated_unit(layer.unit[u].activation, layer.unit[u].steepness * z[u]);
        else
            a[u] = activated_unit(layer.activation, z[u]);
    }
    return a;
}

// dL/dz from dL/da.
inline Row through_activation(const PellucidLayer& layer, const Row& z, const Row& a, const Row& da) {
    Row dz = da;
    Real mean = 0;
    for (size_t i = 0; i < a.size(); i++) mean += a[i] * da[i];
    for (size_t i = 0; i < a.size(); i++) {
        const PellucidUnit* unit = layer.activation == BY_UNIT ? &layer.unit[i] : nullptr;
        if (layer.activation == SOFTMAX)
            dz[i] = a[i] * (da[i] - mean);
        else if (unit)
            dz[i] *= unit->steepness * unit_slope(unit->activation, unit->steepness * z[i], a[i]);
        else
            dz[i] *= unit_slope(layer.activation, z[i], a[i]);
    }
    return dz;
}

struct RowLoss {
    Real loss;
    Row dz;
};

inline RowLoss row_loss(const PellucidPlan& plan, const PellucidLayer& layer, const Row& z, const Row& a,
                        const Row& y) {
    Real loss = 0, weight = 0, total = 0;
    Row d(a.size());
    const Real largest = *std::max_element(z.begin(), z.end());
    for (size_t i = 0; i < a.size(); i++) weight += y[i], total += std::exp(z[i] - largest);
    for (size_t i = 0; i < a.size(); i++) {
        const Real error = a[i] - y[i];
        switch (plan.loss) {
            case SQUARED_ERROR: loss += error * error, d[i] = 2 * error; break;
            case HALF_SQUARED_ERROR: loss += error * error / 2, d[i] = error; break;
            case BINARY_CROSS_ENTROPY:
                loss += std::max(z[i], Real(0)) - z[i] * y[i] + std::log1p(std::exp(-std::fabs(z[i])));
                d[i] = error;
                break;
            case CROSS_ENTROPY:
                loss -= y[i] == 0 ? 0 : y[i] * (z[i] - largest - std::log(total));
                d[i] = a[i] * weight - y[i];
                break;
            default: throw std::runtime_error("the naive network has no such loss");
        }
    }
    const bool linked = plan.loss == BINARY_CROSS_ENTROPY || plan.loss == CROSS_ENTROPY;
    return {loss, linked ? d : through_activation(layer, z, a, d)};
}

// --- A network -----------------------------------------------------------------------------------------------------

class Network {
 public:
    explicit Network(const problems::Problem& problem) : problem_(problem) {
        for (const problems::Parameter& parameter : problem.parameters)
            parameters.push_back(Row(parameter.values.begin(), parameter.values.end()));
        for (size_t i = 0; i < parameters.size(); i++) keep_mask(i, parameters[i]);
    }

    // In the order of the problem's parameters.
    std::vector<Row> parameters;

    Row answer(const double* x) {
        std::vector<Row> values{Row(x, x + problem_.n_in())};
        for (int k = 0; k < int(problem_.layers.size()); k++) {
            const Row in = seen(k, values);
            values.push_back(activated(layer(k), layer(k).rule == DENSE ? sums(k, in) : in));
        }
        return values.back();
    }

    struct Step {
        Real loss = 0, penalty = 0;
        std::vector<Row> gradients;
    };

    // The loss and the gradients on the rows that stand in `order` from `place` on.
    Step step(const std::vector<long long>& order, long long place, long long rows, long long epoch) {
        Step step;
        for (const Row& parameter : parameters) step.gradients.push_back(Row(parameter.size()));
        Real total = 0;
        for (long long i = 0; i < rows; i++) total += weight(order[size_t(place + i)]);
        for (long long i = 0; i < rows; i++) {
            const Real share = weight(order[size_t(place + i)]) / (problem_.plan.mean && total != 0 ? total : 1);
            one_row(step, order[size_t(place + i)], place + i, epoch, share);
        }
        penalise(step);
        clip(step);
        return step;
    }

    // w - rate g, and then the mask and the limit of a unit's incoming weights.
    void update(const Step& step, Real rate) {
        for (size_t i = 0; i < parameters.size(); i++) {
            for (size_t n = 0; n < parameters[i].size(); n++) parameters[i][n] -= rate * step.gradients[i][n];
            keep_mask(i, parameters[i]);
            if (problem_.parameters[i].which == 0) limit(parameters[i], layer(problem_.parameters[i].layer));
        }
    }

 private:
    const PellucidLayer& layer(int k) const { return problem_.layers[size_t(k)]; }
    Real weight(long long row) const { return problem_.weights.empty() ? 1 : problem_.weights[size_t(row)]; }

    void keep_mask(size_t i, Row& numbers) const {
        const unsigned char* mask = layer(problem_.parameters[i].layer).mask;
        for (size_t n = 0; mask && problem_.parameters[i].which == 0 && n < numbers.size(); n++)
            if (!mask[n]) numbers[n] = 0;
    }

    // What comes into a layer, of the inputs and of what each layer before it gave.
    Row seen(int k, const std::vector<Row>& values) const {
        if (!layer(k).sees) return values.back();
        Row all;
        for (const Row& some : values) all.insert(all.end(), some.begin(), some.end());
        return all;
    }

    Row* parameter(std::vector<Row>& all, int k, int which) {
        for (size_t i = 0; i < all.size(); i++)
            if (problem_.parameters[i].layer == k && problem_.parameters[i].which == which) return &all[i];
        return nullptr;
    }

    Row sums(int k, const Row& x) {
        const size_t n_in = x.size(), n_out = size_t(layer(k).n_out);
        const Row* b = parameter(parameters, k, 1);
        Row z = b ? *b : Row(n_out);
        const Row& W = *parameter(parameters, k, 0);
        for (size_t i = 0; i < n_in; i++)
            for (size_t j = 0; j < n_out; j++) z[j] += x[i] * W[i * n_out + j];
        return z;
    }

    Row mask(int k, long long place, long long epoch) const {
        const PellucidLayer& is = layer(k);
        const Block key = fold({is.key[0], is.key[1]}, std::uint64_t(epoch));
        Row factors(size_t(is.n_in), Real(0));
        for (int i = 0; i < is.n_in; i++) {
            const double u = word(key, std::uint64_t(place * is.n_in + i)) * 0x1p-32;
            factors[size_t(i)] = u >= is.rate ? 1.0 / (1.0 - is.rate) : 0;
        }
        return factors;
    }

    void one_row(Step& step, long long row, long long place, long long epoch, Real share) {
        const int n = int(problem_.layers.size());
        const double* x = &problem_.X[size_t(row * problem_.n_in())];
        const double* y = &problem_.Y[size_t(row * problem_.n_out())];
        std::vector<Row> values{Row(x, x + problem_.n_in())}, inputs, z, masks;
        for (int k = 0; k < n; k++) {
            inputs.push_back(seen(k, values));
            masks.push_back(layer(k).rule == DROPOUT ? mask(k, place, epoch) : Row());
            z.push_back(layer(k).rule == DROPOUT ? product(inputs.back(), masks.back()) : sums(k, inputs.back()));
            values.push_back(activated(layer(k), z.back()));
        }
        const RowLoss found =
            row_loss(problem_.plan, layer(n - 1), z.back(), values.back(), Row(y, y + problem_.n_out()));
        step.loss += found.loss * share;
        // The errors of all values, of which each layer adds its part to those that it saw.
        std::vector<Row> errors;
        for (const Row& some : values) errors.push_back(Row(some.size()));
        Row d = found.dz;
        for (Real& value : d) value *= share;
        for (int k = n - 1; k >= 0; k--) {
            if (k < n - 1) d = through_activation(layer(k), z[size_t(k)], values[size_t(k + 1)], errors[size_t(k + 1)]);
            const Row& in = inputs[size_t(k)];
            const Row dx = layer(k).rule == DROPOUT ? product(d, masks[size_t(k)]) : back(step, k, in, d);
            size_t at = 0;
            for (int j = layer(k).sees ? 0 : k; j <= k; j++)
                for (Real& error : errors[size_t(j)]) error += dx[at++];
        }
    }

    static Row product(const Row& a, const Row& b) {
        Row both(a.size());
        for (size_t i = 0; i < a.size(); i++) both[i] = a[i] * b[i];
        return both;
    }

    // Adds a dense layer's gradients; returns the error at its inputs.
    Row back(Step& step, int k, const Row& x, const Row& dz) {
        const size_t n_out = dz.size();
        Row &dW = *parameter(step.gradients, k, 0), *db = parameter(step.gradients, k, 1);
        const Row& W = *parameter(parameters, k, 0);
        Row dx(x.size());
        for (size_t i = 0; i < x.size(); i++)
            for (size_t j = 0; j < n_out; j++) {
                if (!layer(k).mask || layer(k).mask[i * n_out + j]) dW[i * n_out + j] += x[i] * dz[j];
                dx[i] += W[i * n_out + j] * dz[j];
            }
        for (size_t j = 0; db && j < n_out; j++) (*db)[j] += dz[j];
        return dx;
    }

    void penalise(Step& step) {
        for (size_t i = 0; i < parameters.size(); i++) {
            const PellucidLayer& is = layer(problem_.parameters[i].layer);
            if (problem_.parameters[i].which == 1) continue;
            for (size_t n = 0; n < parameters[i].size(); n++) {
                const Real w = parameters[i][n];
                step.penalty += is.l1 * std::fabs(w) + is.l2 / 2 * w * w;
                step.gradients[i][n] += is.l1 * Real((w > 0) - (w < 0)) + is.l2 * w;
            }
        }
    }

    void clip(Step& step) {
        Real squares = 0;
        for (const Row& g : step.gradients)
            for (Real value : g) squares += value * value;
        const Real norm = std::sqrt(squares);
        if (problem_.plan.clip == 0 || norm <= problem_.plan.clip) return;
        for (Row& g : step.gradients)
            for (Real& value : g) value *= problem_.plan.clip / norm;
    }

    static void limit(Row& W, const PellucidLayer& is) {
        for (int j = 0; is.max_norm > 0 && j < is.n_out; j++) {
            Real squares = 0;
            for (int i = 0; i < is.n_in; i++) squares += W[size_t(i * is.n_out + j)] * W[size_t(i * is.n_out + j)];
            const Real norm = std::sqrt(squares);
            for (int i = 0; norm > is.max_norm && i < is.n_in; i++) W[size_t(i * is.n_out + j)] *= is.max_norm / norm;
        }
    }

    const problems::Problem& problem_;
};

}  // namespace naive
