// What the kernels make of a problem, compared with the naive network: sizes to try, bounds, and the comparison.
#pragma once

#include "naive.hpp"
#include "problems.hpp"
#include "testing.hpp"

namespace comparing {

using naive::Real;
using naive::Row;
using problems::Parameter;
using problems::Problem;
using problems::Trainer;
using testing::check;

// The largest difference may be this share of the array's largest number (or of a larger one, of which it is a part).
template <class T>
constexpr Real BOUND = sizeof(T) == 8 ? 1e-13L : 2e-5L;

inline std::string at(const pellucid::Level& level, bool wide, const Problem& problem) {
    std::string text = std::string(level.name) + (wide ? " float64" : " float32") + " rows " +
                       std::to_string(problem.plan.n_rows) + " batch " + std::to_string(problem.plan.batch) + " layers";
    for (const PellucidLayer& is : problem.layers)
        text += (is.rule == DROPOUT ? " dropout " : " ") + std::to_string(is.n_in) + "-" + std::to_string(is.n_out) +
                (is.bias ? "b" : "");
    return text;
}

template <class T>
void compare(const std::vector<T>& got, const Row& want, const std::string& what, Real largest = 0) {
    Real worst = 0;
    for (size_t i = 0; i < want.size(); i++) {
        largest = std::max(largest, std::fabs(want[i]));
        const Real error = std::fabs(Real(got[i]) - want[i]);
        worst = error <= worst ? worst : error;  // NaN stays
    }
    check(worst <= BOUND<T> * largest,
          what + " is off by " + std::to_string(double(worst / largest)) + " of its largest");
}

template <class T>
void compare(double got, Real want, const std::string& what) {
    check(std::fabs(got - want) <= 3 * BOUND<T> * std::fabs(want), what + " is " + std::to_string(got));
}

inline std::string named(const Parameter& parameter) {
    return (parameter.which ? "b" : "W") + std::to_string(parameter.layer + 1);
}

// Plain gradient descent: then the slot holds the gradient itself.
inline void use_plain_sgd(Problem& problem) {
    problem.plan.optimizer = SGD, problem.plan.n_slots = 1;
    problem.plan.option[0] = problem.plan.option[1] = 0;
}

inline std::vector<long long> order_of(const Problem& problem, long long epoch) {
    const PellucidPlan& plan = problem.plan;
    std::vector<long long> order(size_t(plan.n_rows), 0);
    for (long long i = 0; i < plan.n_rows; i++) order[size_t(i)] = i;
    if (!plan.shuffle || plan.batch >= plan.n_rows) return order;
    return naive::permutation(naive::fold({plan.shuffle_key[0], plan.shuffle_key[1]}, std::uint64_t(epoch)),
                              plan.n_rows);
}

// --- Whole epochs of plain gradient descent -------------------------------------------------------------------------

struct Expected {
    std::vector<Row> gradients, parameters;
    Real loss = 0, penalty = 0;
};

// One epoch, `steps` of its batches; the loss is that of the epoch if it ends.
inline Expected expected_of(const Problem& problem, long long steps, long long epoch) {
    const PellucidPlan& plan = problem.plan;
    naive::Network network(problem);
    const std::vector<long long> order = order_of(problem, epoch);
    Expected expected;
    Real counts = 0;
    for (long long place = 0; place < plan.n_rows && steps-- > 0; place += plan.batch) {
        const long long rows = std::min<long long>(plan.batch, plan.n_rows - place);
        const auto step = network.step(order, place, rows, epoch);
        network.update(step, problem.numbers[0]);
        Real weight = 0;
        for (long long i = 0; i < rows; i++)
            weight += problem.weights.empty() ? 1 : problem.weights[size_t(order[size_t(place + i)])];
        const Real count = plan.mean ? weight : 1;
        expected.loss += step.loss * count, expected.penalty += step.penalty * count, counts += count;
        expected.gradients = step.gradients;
    }
    if (plan.mean) expected.loss /= counts, expected.penalty /= counts;
    expected.parameters = network.parameters;
    return expected;
}

template <class T>
void compare_epoch(const Problem& problem, const Expected& expected, const pellucid::Level& level, int members,
                   long long epoch) {
    const std::string where = at(level, sizeof(T) == 8, problem) + ", members " + std::to_string(members) + ": ";
    Trainer<T> trainer(problem, level, members);
    const auto outcome = trainer.run_epochs(1, epoch);
    check(outcome.epochs == 1 && !outcome.diverged, where + "the epoch did not end");
    compare<T>(outcome.losses[0], expected.loss, where + "the loss");
    if (expected.penalty > 0) compare<T>(outcome.penalties[0], expected.penalty, where + "the penalty");
    for (size_t i = 0; i < problem.parameters.size(); i++) {
        const Parameter& parameter = problem.parameters[i];
        compare(trainer.read(0, parameter, 0), expected.gradients[i], where + "the gradient of " + named(parameter));
        compare(trainer.read(0, parameter, -1), expected.parameters[i], where + named(parameter));
    }
}

// Everywhere, with one member and with two.
inline void compare_everywhere(const Problem& problem, long long epoch = 0) {
    const Expected expected = expected_of(problem, problem.batches(), epoch);
    for (const pellucid::Level* level : testing::levels_here())
        for (int members : {1, 2}) {
            compare_epoch<float>(problem, expected, *level, members, epoch);
            compare_epoch<double>(problem, expected, *level, members, epoch);
        }
}

// Sizes around the borders of vectors and panels at all levels, and around full tiles of rows.
inline const std::vector<int> WIDTHS = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 49, 64, 65, 130};
inline const std::vector<int> ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 70, 130};

}  // namespace comparing
