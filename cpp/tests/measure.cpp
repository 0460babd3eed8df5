// measure WORK [STEPS [MEMBERS [LEVEL]]]: microseconds a step, and the last loss. For profilers, and for counting instructions.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "works.hpp"

template <class T>
void measure(const works::Work& work, const pellucid::Level& level, long long steps, int members) {
    works::Training<T> training(work, level, members);
    training.run(training.steps_per_epoch);
    const auto began = std::chrono::steady_clock::now();
    const double loss = training.run(steps, 1);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    std::printf("%s %s members %d: %.4f us a step, loss %.6f\n", work.name.c_str(), level.name.data(), members,
                took.count() / double(steps), loss);
}

int main(int argc, char** argv) {
    if (argc < 2) {
        std::puts("measure WORK [STEPS [MEMBERS [LEVEL]]]");
        for (const works::Work& work : works::all()) std::printf("  %s\n", work.name.c_str());
        return 2;
    }
    const works::Work& work = works::named(argv[1]);
    const long long steps = argc > 2 ? std::atoll(argv[2]) : 100;
    const int members = argc > 3 ? std::atoi(argv[3]) : 1;
    const pellucid::Level* level = argc > 4 ? pellucid::level_named(argv[4]) : &pellucid::best_level();
    if (!level) return std::puts("no such level here"), 2;
    work.wide ? measure<double>(work, *level, steps, members) : measure<float>(work, *level, steps, members);
}
