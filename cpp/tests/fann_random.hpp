// What random tests of FANN's engine are made of.
#pragma once

#include <cmath>
#include <cstring>
#include <random>

#include "fann.hpp"
#include "testing.hpp"

namespace {

using Random = std::mt19937;

long long whole(Random& random, long long low, long long high) {
    return low + (long long)(random() % (unsigned long long)(high - low + 1));
}

double real(Random& random) { return std::uniform_real_distribution<double>(-1, 1)(random); }

PellucidFannRules rules_from(Random& random) {
    PellucidFannRules rules{};
    rules.algorithm = int(random() % FANN_N_ALGORITHMS), rules.error_tanh = random() % 2, rules.right = random() % 2;
    rules.learning_rate = 0.0625, rules.momentum = random() % 2 ? 0.5 : 0, rules.bit_fail_limit = 0.35;
    rules.quickprop_mu = 1.75, rules.increase = 1.25, rules.decrease = 0.5, rules.delta_max = 50;
    rules.weight_decay_shift = -6.5, rules.step_error_threshold_factor = 0.125, rules.step_error_shift = 1.375;
    rules.temperature = 0.015625;
    return rules;
}

int next_number(void* state) {
    auto& at = *static_cast<unsigned*>(state);
    at = at * 1103515245u + 12345u;
    return int(at >> 1);
}

// Bit by bit, but one NaN is as good as another.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
    bool equal = a.size() == b.size();
    for (size_t i = 0; equal && i < a.size(); i++)
        equal = std::memcmp(&a[i], &b[i], sizeof(double)) == 0 || (std::isnan(a[i]) && std::isnan(b[i]));
    return equal;
}

}  // namespace
