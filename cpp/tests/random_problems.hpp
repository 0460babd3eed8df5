// Random trainings of every kind that the core has: all layers, activations, losses and optimizers, all options of a
// plan.
#pragma once

#include <algorithm>

#include "problems.hpp"

namespace problems {

// A loss, and an activation of the last layer that goes with it.
inline int output_for(Random& random, int loss) {
    switch (loss) {
        case BINARY_CROSS_ENTROPY: return SIGMOID;
        case CROSS_ENTROPY: return SOFTMAX;
        case POISSON: return one_of<int>(random, {SOFTPLUS, SOFTPLUS, SIGMOID});
        default: return one_of<int>(random, {LINEAR, SIGMOID, TANH, SOFTSIGN});
    }
}

inline std::vector<PellucidLayer> random_layers(Random& random, int loss, int widest) {
    std::vector<PellucidLayer> layers;
    int width = whole(random, 1, widest);
    const int depth = whole(random, 1, 4);
    for (int k = 0; k < depth; k++) {
        const double rate = one_of<double>(random, {0, 0.25, 0.3});
        if (chance(random, 0.25)) layers.push_back(dropout(width, rate, unsigned(random())));
        const int next = whole(random, 1, widest);
        static const std::vector<int> elementwise_or_softmax = [] {
            std::vector<int> all;
            for (int a = 0; a < BY_UNIT; a++)
                if (!is_flat(a)) all.push_back(a);
            return all;
        }();
        PellucidLayer layer = dense(width, next, one_of(random, elementwise_or_softmax), chance(random, 0.75));
        layer.alpha = 0.25;
        if (k == depth - 1) layer.activation = output_for(random, loss);
        if (chance(random, 0.2)) layer.l1 = 1.0 / 256;
        if (chance(random, 0.2)) layer.l2 = 1.0 / 64;
        if (chance(random, 0.2)) layer.max_norm = 0.75;
        layers.push_back(layer);
        width = next;
    }
    return layers;
}

// Some layers see all, lack weights, or have units of several kinds.
inline void rewire(Problem& problem, Random& random, const std::vector<int>& kinds) {
    for (size_t k = 1; k < problem.layers.size(); k++)
        if (chance(random, 0.3)) see_all(problem, k);
    for (size_t k = 0; k < problem.layers.size(); k++) {
        PellucidLayer& layer = problem.layers[k];
        if (layer.rule == DENSE && chance(random, 0.25)) thin_out(problem, layer, random, 0.4);
        if (k + 1 < problem.layers.size() && chance(random, 0.25)) mix_units(problem, layer, random, kinds);
    }
}

inline Problem random_problem(Random& random, int most_rows = 150, int widest = 40, bool rewired = true) {
    Problem problem;
    PellucidPlan& plan = problem.plan;
    plan.loss = whole(random, 0, N_LOSSES - 1);
    use_optimizer(plan, whole(random, 0, N_OPTIMIZERS - 1));
    problem.layers = random_layers(random, plan.loss, widest);
    if (rewired && chance(random, 0.6)) rewire(problem, random, {LINEAR, TANH, GELU, ELU, SINE, LINEAR_PIECE});
    plan.n_rows = whole(random, 1, most_rows);
    plan.batch =
        chance(random, 0.3) ? int(plan.n_rows) : whole(random, std::max(1, int(plan.n_rows) / 8), int(plan.n_rows));
    plan.shuffle = chance(random, 0.7);
    plan.shuffle_key[0] = unsigned(random()), plan.shuffle_key[1] = unsigned(random());
    plan.mean = chance(random, 0.7);
    plan.delta = 0.5;
    if (chance(random, 0.3)) plan.clip = 0.5;
    fill(problem, random);
    if (chance(random, 0.3))
        for (long long row = 0; row < plan.n_rows; row++)
            problem.weights.push_back(double(whole(random, row > 0 ? 0 : 1, 3)) / 2);
    problem.numbers[0] = plan.mean ? 1.0 / 32 : 1.0 / 2048;
    if (plan.optimizer == ADAM || plan.optimizer == ADAMW) problem.numbers[1] = 0.75, problem.numbers[2] = 0.5;
    return problem;
}

// In words, for what a test says where it fails.
inline std::string described(const Problem& problem) {
    const PellucidPlan& plan = problem.plan;
    std::string text = "loss " + std::to_string(plan.loss) + " optimizer " + std::to_string(plan.optimizer) + " rows " +
                       std::to_string(plan.n_rows) + " batch " + std::to_string(plan.batch) +
                       (plan.shuffle ? " shuffled" : "") + (plan.clip > 0 ? " clipped" : "") +
                       (problem.weights.empty() ? "" : " weighted") + " layers";
    for (const PellucidLayer& is : problem.layers)
        text += (is.rule == DROPOUT ? " dropout " : " ") + std::to_string(is.n_in) + "-" + std::to_string(is.n_out) +
                "/" + std::to_string(is.activation) + (is.bias ? "b" : "") + (is.max_norm > 0 ? "m" : "") +
                (is.sees ? "s" : "") + (is.mask ? "t" : "");
    return text;
}

}  // namespace problems
