// measure WORK [STEPS [MEMBERS [LEVEL]]]: microseconds a step, and the last loss. For profilers and counts of
// instructions.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "works.hpp"

namespace {

template <class Run>
double microseconds(Run run) {
    const auto began = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    return took.count();
}

template <class T>
void measure(const works::Work& work, const pellucid::Level& level, long long steps, int members) {
    works::Training<T> training(work, level, members);
    training.run(training.steps_per_epoch);
    double loss = 0;
    const double took = microseconds([&] { loss = training.run(steps, 1); });
    std::printf("%s %s members %d: %.4f us a step, loss %.6f\n", work.name.c_str(), level.name.data(), members,
                took / double(steps), loss);
}

// One row through 4-16-16-2 with tanh, again and again.
void measure_answers(const pellucid::Level& level, long long times) {
    const int sizes[] = {4, 16, 16, 2};
    std::vector<PellucidLayer> layers;
    for (int k = 0; k < 3; k++) {
        PellucidLayer layer{};
        layer.n_in = sizes[k], layer.n_out = sizes[k + 1];
        layer.activation = TANH, layer.bias = 1;
        layers.push_back(layer);
    }
    pellucid::Answerer answerer(level, true, layers);
    for (int k = 0; k < 3; k++) {
        std::vector<double> W(size_t(answerer.size_of(k, 0)));
        for (size_t i = 0; i < W.size(); i++) W[i] = std::sin(double(i + 1)) / 2;
        answerer.write(k, 0, W.data());
    }
    double x[4] = {0.5, -1, 0.25, 2}, out[2] = {};
    const double took = microseconds([&] {
        for (long long i = 0; i < times; i++) {
            answerer.answer(x, 1, out);
            x[0] = out[0];
        }
    });
    std::printf("answers %s: %.4f us a row, answer %.6f\n", level.name.data(), took / double(times), out[0]);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::puts("measure WORK [STEPS [MEMBERS [LEVEL]]]\n  answers");
        for (const works::Work& work : works::all()) std::printf("  %s\n", work.name.c_str());
        return 2;
    }
    const std::string name = argv[1];
    const long long steps = argc > 2 ? std::atoll(argv[2]) : 100;
    const int members = argc > 3 ? std::atoi(argv[3]) : 1;
    const pellucid::Level* level = argc > 4 ? pellucid::level_named(argv[4]) : &pellucid::best_level();
    if (!level) return std::puts("no such level here"), 2;
    if (name == "answers") return measure_answers(*level, steps), 0;
    const works::Work& work = works::named(name);
    work.wide ? measure<double>(work, *level, steps, members) : measure<float>(work, *level, steps, members);
}
