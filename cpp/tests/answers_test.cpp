// Answers, at every level and in both number types, against plain loops in long double; and what is written and read.
#include "comparing.hpp"
#include "random_problems.hpp"

namespace {

using namespace comparing;
using problems::Random;

template <class T>
void compare_answers(const Problem& problem, const Row& expected, const pellucid::Level& level) {
    pellucid::Answerer answerer(level, sizeof(T) == 8, problem.layers);
    for (const Parameter& parameter : problem.parameters)
        answerer.write(parameter.layer, parameter.which, Trainer<T>::as_type(parameter.values).data());
    const std::vector<T> X = Trainer<T>::as_type(problem.X);
    std::vector<T> out(expected.size());
    answerer.answer(X.data(), problem.plan.n_rows, out.data());
    const std::string where = at(level, sizeof(T) == 8, problem);
    compare(out, expected, where + ": the answer");
    std::vector<T> one(size_t(problem.n_out()));
    Real largest = 0;
    for (Real a : expected) largest = std::max(largest, std::fabs(a));
    for (long long row = 0; row < problem.plan.n_rows; row += 7) {
        answerer.answer(&X[size_t(row * problem.n_in())], 1, one.data());
        const auto from = expected.begin() + row * problem.n_out();
        compare(one, Row(from, from + problem.n_out()), where + ": one row's answer", largest);
    }
}

void answers() {
    Random random(3);
    for (int i = 0; i < 20 * testing::THOROUGHNESS; i++) {
        Problem problem;
        const int depth = problems::whole(random, 1, 4);
        int width = problems::one_of(random, WIDTHS);
        for (int k = 0; k < depth; k++) {
            const int next = problems::one_of(random, WIDTHS);
            problem.layers.push_back(
                problems::dense(width, next, problems::one_of<int>(random, {LINEAR, TANH, SOFTMAX}), random() % 2));
            width = next;
            if (problems::chance(random, 0.2)) problem.layers.push_back(problems::dropout(width, 0.5, 1));
        }
        if (i % 2) problems::rewire(problem, random, {LINEAR, TANH, SINE, GAUSSIAN});
        problem.plan.n_rows = problems::one_of<int>(random, {1, 2, 5, 63, 64, 65, 127, 200});
        problems::fill(problem, random);
        naive::Network network(problem);
        Row expected;
        for (long long row = 0; row < problem.plan.n_rows; row++)
            for (Real a : network.answer(&problem.X[size_t(row * problem.n_in())])) expected.push_back(a);
        for (const pellucid::Level* level : testing::levels_here()) {
            compare_answers<float>(problem, expected, *level);
            compare_answers<double>(problem, expected, *level);
        }
    }
}

// A row whose sums overflow spoils its own answer, and no other: not one that stands where it stood in an earlier block
// of rows either.
template <class T>
void one_row_overflows(const pellucid::Level& level, const std::vector<int>& sizes, bool sees) {
    Problem problem;
    for (size_t k = 1; k < sizes.size(); k++) problem.layers.push_back(problems::dense(sizes[k - 1], sizes[k], LINEAR));
    for (size_t k = 1; sees && k < problem.layers.size(); k++) problems::see_all(problem, k);
    problem.plan.n_rows = 130;
    Random random(4);
    problems::fill(problem, random);
    const double huge = sizeof(T) == 8 ? 1e308 : 3e38;
    for (size_t i = 0; i < size_t(problem.n_in()); i++)
        problem.X[i] = problem.parameters[0].values[i] < 0 ? -huge : huge;
    for (Parameter& parameter : problem.parameters)
        for (double& w : parameter.values) w *= 4;
    pellucid::Answerer answerer(level, sizeof(T) == 8, problem.layers);
    for (const Parameter& parameter : problem.parameters)
        answerer.write(parameter.layer, parameter.which, Trainer<T>::as_type(parameter.values).data());
    const std::vector<T> X = Trainer<T>::as_type(problem.X);
    std::vector<T> out(size_t(problem.plan.n_rows * problem.n_out()));
    answerer.answer(X.data(), problem.plan.n_rows, out.data());
    size_t i = size_t(problem.n_out());
    while (i < out.size() && std::isfinite(out[i])) i++;
    check(i == out.size(), at(level, sizeof(T) == 8, problem) + ": row " + std::to_string(i / size_t(problem.n_out())) +
                               " is spoilt by row 0, which overflows");
}

void overflowing_rows() {
    for (const pellucid::Level* level : testing::levels_here())
        for (const auto& sizes : {std::vector<int>{3, 1, 5}, {3, 5, 1}, {9, 1, 1}, {5, 1, 40, 1}}) {
            for (bool sees : {false, true}) {
                one_row_overflows<float>(*level, sizes, sees);
                one_row_overflows<double>(*level, sizes, sees);
            }
        }
}

// What is written is read again, whatever the shape, and nothing else is changed by it.
template <class T>
void round_trip(const pellucid::Level& level, int n_in, int n_out) {
    Problem problem;
    problem.layers = {problems::dense(n_in, n_out, LINEAR), problems::dense(n_out, n_in, LINEAR)};
    problem.plan.n_rows = problem.plan.batch = 1;
    problem.plan.loss = HALF_SQUARED_ERROR;
    problems::use_optimizer(problem.plan, ADAM);
    Random random(11);
    problems::fill(problem, random);
    Trainer<T> trainer(problem, level, 1);
    const size_t size = trainer.state().size();
    std::vector<T> state(size);
    for (size_t i = 0; i < size; i++) state[i] = T(i + 1);
    trainer.set_state(state);
    check(trainer.state() == state, at(level, sizeof(T) == 8, problem) + ": not what was written");
}

void layout() {
    for (const pellucid::Level* level : testing::levels_here())
        for (int n_in : WIDTHS)
            for (int n_out : WIDTHS) {
                round_trip<float>(*level, n_in, n_out);
                round_trip<double>(*level, n_in, n_out);
            }
}

// The table's activation on arrays of any length, of which a sanitizer knows the ends.
template <class T>
void lengths(const pellucid::Level& level) {
    for (int n = 0; n < 40; n++) {
        std::vector<T> x(size_t(n), T(0)), out(size_t(n), T(0));
        for (int i = 0; i < n; i++) x[size_t(i)] = T(i - 20) / 8;
        level.kernels(sizeof(T) == 8)->activation(TANH, 0, 0, x.data(), out.data(), n);
        Row expected;
        for (T value : x) expected.push_back(std::tanh(Real(value)));
        if (n) compare(out, expected, std::string(level.name) + ": tanh of " + std::to_string(n));
        level.kernels(sizeof(T) == 8)->activation(TANH, 1, 0, x.data(), out.data(), n);
        for (Real& value : expected) value = 1 - value * value;
        if (n) compare(out, expected, std::string(level.name) + ": tanh's slope of " + std::to_string(n));
    }
}

void activation_table() {
    for (const pellucid::Level* level : testing::levels_here()) {
        lengths<float>(*level);
        lengths<double>(*level);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"answers", answers},
                             {"overflowing rows", overflowing_rows},
                             {"layout", layout},
                             {"activation table", activation_table}},
                            argc, argv);
}
