// Trainings for tests: a network, a plan and data in one value, and a session that runs it at any level in either type.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "activations.hpp"
#include "session.hpp"

namespace problems {

struct Parameter {
    int layer, which;  // which: 0 W, 1 b
    std::vector<double> values;
};

// The numbers of X, Y and the parameters are exact in float, so that both types start from the same.
struct Problem {
    std::vector<PellucidLayer> layers;
    PellucidPlan plan{};
    std::vector<double> X, Y, weights;  // weights: empty where all are 1
    std::vector<Parameter> parameters;
    // What layers point to; shared by copies.
    std::vector<std::shared_ptr<std::vector<PellucidUnit>>> units;
    std::vector<std::shared_ptr<std::vector<unsigned char>>> masks;
    double numbers[3] = {0.125, 1, 1};  // as plan.hpp has them: the same at every step

    int n_in() const { return layers.front().n_in; }
    int n_out() const { return layers.back().n_out; }
    long long batches() const { return (plan.n_rows + plan.batch - 1) / plan.batch; }
};

inline PellucidLayer dense(int n_in, int n_out, int activation, bool bias = true) {
    PellucidLayer layer{};
    layer.rule = DENSE, layer.activation = activation;
    layer.n_in = n_in, layer.n_out = n_out, layer.bias = bias;
    return layer;
}

inline PellucidLayer dropout(int n, double rate, unsigned key) {
    PellucidLayer layer{};
    layer.rule = DROPOUT, layer.activation = LINEAR;
    layer.n_in = layer.n_out = n;
    layer.rate = rate;
    layer.key[0] = key, layer.key[1] = ~key;
    return layer;
}

// Sets an optimizer with options that train; the options are in the order of its table, without the learning rate.
inline void use_optimizer(PellucidPlan& plan, int optimizer) {
    static const std::vector<std::vector<double>> options = {
        {0.5, 1},                   // sgd: momentum, nesterov
        {0.9, 1e-4, 0.25},          // rmsprop: alpha, epsilon, momentum
        {1e-4},                     // adagrad: epsilon
        {0.9, 0.999, 1e-4},         // adam: beta1, beta2, epsilon
        {0.9, 0.999, 1e-4, 0.01},   // adamw: and the decay
        {0.01, 1.2, 0.5, 1e-6, 1},  // rprop: first, growth, shrinking, smallest and largest step
        {1.75, 1e-4},               // quickprop: growth, decay
        // sarprop: as rprop; temperature, decay, threshold, noise
        {0.01, 1.2, 0.5, 1e-6, 1, 0.015, 0.01, 1, 0.01},
    };
    plan.optimizer = optimizer;
    plan.n_slots = optimizer == SGD || optimizer == ADAGRAD ? 1 : 2;
    for (size_t i = 0; i < options[optimizer].size(); i++) plan.option[i] = options[optimizer][i];
}

using Random = std::mt19937_64;

inline int whole(Random& random, int low, int high) { return low + int(random() % unsigned(high - low + 1)); }

template <class Value>
Value one_of(Random& random, const std::vector<Value>& values) {
    return values[random() % values.size()];
}

inline bool chance(Random& random, double share) { return double(random() >> 11) * 0x1p-53 < share; }

// From -1 to 1, in steps of 2^-12.
inline double number(Random& random) { return double(whole(random, -4096, 4096)) / 4096; }

inline std::vector<double> numbers(Random& random, long long n, double scale = 1) {
    std::vector<double> made(size_t(n), 0.0);
    for (double& x : made) x = float(scale * number(random));
    return made;
}

// Targets that suit the loss: anything, shares, one-hot rows, signs or counts.
inline std::vector<double> targets(Random& random, const PellucidPlan& plan, int n_out) {
    std::vector<double> Y = numbers(random, plan.n_rows * n_out);
    for (double& y : Y) {
        if (plan.loss == BINARY_CROSS_ENTROPY) y = y > 0;
        if (plan.loss == HINGE) y = y > 0 ? 1 : -1;
        if (plan.loss == POISSON) y = double(whole(random, 0, 4));
        if (plan.loss == CROSS_ENTROPY) y = 0;
    }
    if (plan.loss == CROSS_ENTROPY)
        for (long long row = 0; row < plan.n_rows; row++) Y[size_t(row * n_out + whole(random, 0, n_out - 1))] = 1;
    return Y;
}

// Lets each unit of a layer have one of these activations, and a steepness.
inline void mix_units(Problem& problem, PellucidLayer& layer, Random& random, const std::vector<int>& kinds) {
    problem.units.push_back(std::make_shared<std::vector<PellucidUnit>>());
    for (int u = 0; u < layer.n_out; u++)
        problem.units.back()->push_back({one_of(random, kinds), 0, 0.25, one_of<double>(random, {-0.5, 0.5, 1, 1.5})});
    layer.activation = BY_UNIT, layer.unit = problem.units.back()->data();
}

// Takes away about this share of a layer's weights.
inline void thin_out(Problem& problem, PellucidLayer& layer, Random& random, double share) {
    problem.masks.push_back(std::make_shared<std::vector<unsigned char>>());
    for (long long i = 0; i < (long long)layer.n_in * layer.n_out; i++)
        problem.masks.back()->push_back(!chance(random, share));
    layer.mask = problem.masks.back()->data();
}

// Lets a layer see all before it, and those behind it follow: to be called before units and masks are chosen.
inline void see_all(Problem& problem, size_t k) {
    problem.layers[k].sees = 1;
    int seen = problem.layers[0].n_in;
    for (size_t i = 0; i < problem.layers.size(); i++) {
        PellucidLayer& layer = problem.layers[i];
        if (i > 0) layer.n_in = layer.sees ? seen : problem.layers[i - 1].n_out;
        if (layer.rule == DROPOUT) layer.n_out = layer.n_in;
        seen += layer.n_out;
    }
}

// Rows, targets and parameters for the layers and the plan that a problem already has.
inline void fill(Problem& problem, Random& random) {
    problem.plan.n_layers = int(problem.layers.size());
    problem.X = numbers(random, problem.plan.n_rows * problem.n_in());
    problem.Y = targets(random, problem.plan, problem.n_out());
    for (int k = 0; k < int(problem.layers.size()); k++) {
        const PellucidLayer& layer = problem.layers[size_t(k)];
        if (layer.rule != DENSE) continue;
        const double scale = std::sqrt(3.0 / layer.n_in);
        problem.parameters.push_back({k, 0, numbers(random, (long long)layer.n_in * layer.n_out, scale)});
        if (layer.bias) problem.parameters.push_back({k, 1, numbers(random, layer.n_out, 0.5)});
    }
}

// What one call of `run` said.
struct Outcome {
    long long steps, epochs;
    bool diverged;
    std::vector<double> losses, penalties;
};

// A session under way on a problem.
template <class T>
class Trainer {
 public:
    double numbers[3];

    Trainer(const Problem& problem, const pellucid::Level& level, int members)
        : numbers{problem.numbers[0], problem.numbers[1], problem.numbers[2]},
          problem_(problem),
          X_(as_type(problem.X)),
          Y_(as_type(problem.Y)),
          weights_(as_type(problem.weights)) {
        PellucidPlan plan = problem.plan;
        plan.members = members;
        const PellucidData data{X_.data(), Y_.data(), weights_.empty() ? nullptr : weights_.data()};
        session_ = std::make_unique<pellucid::Session>(level, std::is_same_v<T, double>, problem.layers, plan, data);
        for (const Parameter& parameter : problem.parameters) write(parameter, -1, as_type(parameter.values));
        if (plan.optimizer != RPROP && plan.optimizer != SARPROP) return;
        for (const Parameter& parameter : problem.parameters)
            write(parameter, 0, std::vector<T>(parameter.values.size(), T(plan.option[0])));
    }

    Outcome run(long long steps, long long epochs, long long epoch) {
        Outcome outcome{0, 0, false, std::vector<double>(size_t(epochs), NAN),
                        std::vector<double>(size_t(epochs), NAN)};
        PellucidRun run{};
        run.steps = steps, run.epochs = epochs;
        run.numbers = numbers, run.stride = 0;
        run.losses = outcome.losses.data(), run.penalties = outcome.penalties.data();
        session_->run(run, epoch);
        outcome.steps = run.steps_done, outcome.epochs = run.epochs_done, outcome.diverged = run.diverged;
        return outcome;
    }

    Outcome run_epochs(long long epochs, long long epoch = 0) {
        return run(epochs * problem_.batches(), epochs, epoch);
    }

    std::vector<T> read(int moment, const Parameter& parameter, int slot) {
        std::vector<T> values(parameter.values.size());
        session_->read(moment, parameter.layer, parameter.which, slot, values.data());
        return values;
    }

    void write(const Parameter& parameter, int slot, const std::vector<T>& values) {
        session_->write(parameter.layer, parameter.which, slot, values.data());
    }

    // All parameters and slots, one after the other.
    std::vector<T> state(int moment = 0) {
        std::vector<T> all;
        for (const Parameter& parameter : problem_.parameters)
            for (int slot = -1; slot < problem_.plan.n_slots; slot++) {
                const std::vector<T> values = read(moment, parameter, slot);
                all.insert(all.end(), values.begin(), values.end());
            }
        return all;
    }

    // The inverse of `state`.
    void set_state(const std::vector<T>& all) {
        auto from = all.begin();
        for (const Parameter& parameter : problem_.parameters)
            for (int slot = -1; slot < problem_.plan.n_slots; slot++) {
                const auto end = from + long(parameter.values.size());
                write(parameter, slot, std::vector<T>(from, end));
                from = end;
            }
    }

    pellucid::Session& session() { return *session_; }

    static std::vector<T> as_type(const std::vector<double>& values) {
        return std::vector<T>(values.begin(), values.end());
    }

 private:
    Problem problem_;
    std::vector<T> X_, Y_, weights_;
    std::unique_ptr<pellucid::Session> session_;
};

}  // namespace problems
