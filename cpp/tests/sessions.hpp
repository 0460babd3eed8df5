// For tests of sessions: random trainings, and everything that can be read of one. Numbers are compared bit by bit: -0
// is not 0 here, and NaN is itself.
#pragma once

#include <cstring>

#include "random_problems.hpp"
#include "testing.hpp"

namespace sessions {

using problems::Outcome;
using problems::Problem;
using problems::Random;
using problems::Trainer;
using testing::check;

constexpr int PROBLEMS = 10 * testing::THOROUGHNESS;

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// A problem, where it is to be run, and that in words.
struct Drawn {
    Problem problem;
    const pellucid::Level& level;
    std::string where;
    Random& random;
};

// Calls test(drawn, type) on random problems: each with one level and one type, in turn.
template <class Test>
void on_random_problems(unsigned seed, Test test) {
    Random random(seed);
    const auto levels = testing::levels_here();
    for (int i = 0; i < PROBLEMS; i++) {
        const Problem problem = problems::random_problem(random);
        const pellucid::Level& level = *levels[size_t(i) % levels.size()];
        const bool wide = i / levels.size() % 2;
        const std::string kind = std::string(level.name) + (wide ? " float64 " : " float32 ");
        const Drawn drawn{problem, level, kind + problems::described(problem), random};
        if (wide)
            test(drawn, double());
        else
            test(drawn, float());
    }
}

// Everything that can be read: what the runs said, and the state at all three moments.
template <class T>
struct Everything {
    std::vector<double> figures;
    std::vector<T> moments[3];

    void add(const Outcome& outcome) {
        for (long long e = 0; e < outcome.epochs; e++) {
            figures.push_back(outcome.losses[size_t(e)]);
            figures.push_back(outcome.penalties[size_t(e)]);
        }
        if (outcome.diverged) figures.push_back(-1);
    }

    void look(Trainer<T>& trainer) {
        for (int moment = 0; moment < 3; moment++) moments[moment] = trainer.state(moment);
    }

    bool operator==(const Everything& other) const {
        bool same = same_bits(figures, other.figures);
        for (int moment = 0; moment < 3; moment++) same = same && same_bits(moments[moment], other.moments[moment]);
        return same;
    }
};

constexpr int EPOCHS = 4;

template <class T>
Everything<T> trained(const Problem& problem, const pellucid::Level& level, int members) {
    Trainer<T> trainer(problem, level, members);
    Everything<T> everything;
    everything.add(trainer.run_epochs(EPOCHS));
    everything.look(trainer);
    return everything;
}

}  // namespace sessions
