// A few trainings, by name, for tests and measurements: networks like those of the benchmarks, on made-up data.
#pragma once

#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "activations.hpp"
#include "session.hpp"

namespace works {

struct Work {
    std::string name;
    bool wide;               // float64
    std::vector<int> sizes;  // inputs, then the units of each layer
    int hidden, output, loss, optimizer;
    long long rows, batch;
    bool bias;
};

inline const std::vector<Work>& all() {
    static const std::vector<Work> works = {
        {"tutorial", true, {3, 4, 1}, SIGMOID, SIGMOID, HALF_SQUARED_ERROR, SGD, 4, 4, false},
        {"online", true, {8, 16, 1}, TANH, SIGMOID, BINARY_CROSS_ENTROPY, SGD, 64, 1, true},
        {"digits", false, {64, 64, 10}, RELU, SOFTMAX, CROSS_ENTROPY, ADAM, 512, 32, true},
        {"mnist-32", false, {784, 128, 10}, RELU, SOFTMAX, CROSS_ENTROPY, ADAM, 512, 32, true},
        {"mnist-128", false, {784, 128, 10}, RELU, SOFTMAX, CROSS_ENTROPY, ADAM, 1024, 128, true},
        {"wide-256", false, {1024, 1024, 10}, RELU, SOFTMAX, CROSS_ENTROPY, ADAM, 1024, 256, true},
    };
    return works;
}

inline const Work& named(const std::string& name) {
    for (const Work& work : all())
        if (work.name == name) return work;
    throw std::runtime_error("no work named " + name);
}

// A session on made-up data, ready to run.
template <class T>
struct Training {
    std::vector<T> X, Y;
    std::unique_ptr<pellucid::Session> session;
    long long steps_per_epoch;

    Training(const Work& work, const pellucid::Level& level, int members) {
        std::mt19937 random(1);
        std::normal_distribution<double> normal;
        const int n_in = work.sizes.front(), n_out = work.sizes.back();
        X.resize(size_t(work.rows * n_in));
        Y.assign(size_t(work.rows * n_out), T(0));
        for (T& x : X) x = T(normal(random));
        for (long long row = 0; row < work.rows; row++) Y[size_t(row * n_out + (n_out > 1 ? random() % n_out : 0))] = 1;
        std::vector<PellucidLayer> layers;
        for (size_t k = 1; k < work.sizes.size(); k++) {
            PellucidLayer layer{};
            layer.n_in = work.sizes[k - 1], layer.n_out = work.sizes[k];
            layer.activation = k + 1 == work.sizes.size() ? work.output : work.hidden;
            layer.bias = work.bias;
            layers.push_back(layer);
        }
        PellucidPlan plan{};
        plan.loss = work.loss, plan.optimizer = work.optimizer;
        plan.n_slots = work.optimizer == SGD || work.optimizer == ADAGRAD ? 1 : 2;
        plan.n_rows = work.rows, plan.batch = int(work.batch);
        plan.mean = 1, plan.shuffle = 1, plan.members = members;
        if (work.optimizer == ADAM) plan.option[0] = 0.9, plan.option[1] = 0.999, plan.option[2] = 1e-8;
        steps_per_epoch = (work.rows + work.batch - 1) / work.batch;
        const PellucidData data{X.data(), Y.data(), nullptr};
        session = std::make_unique<pellucid::Session>(level, std::is_same_v<T, double>, layers, plan, data);
        for (size_t k = 0; k < layers.size(); k++) {
            const double scale = std::sqrt(2.0 / layers[k].n_in);
            std::vector<T> W(size_t(layers[k].n_in) * size_t(layers[k].n_out));
            for (T& w : W) w = T(scale * normal(random));
            session->write(int(k), 0, -1, W.data());
        }
    }

    // The loss of the last epoch that ended.
    double run(long long steps, long long epoch = 0) {
        const double numbers[3] = {1e-3, 0.9, 0.9};
        std::vector<double> losses(size_t(steps / steps_per_epoch + 2)), penalties(losses.size());
        PellucidRun run{};
        run.steps = steps, run.epochs = (long long)losses.size();
        run.numbers = numbers, run.stride = 0;
        run.losses = losses.data(), run.penalties = penalties.data();
        session->run(run, epoch);
        return run.epochs_done ? losses[size_t(run.epochs_done - 1)] : 0;
    }
};

}  // namespace works
