// Forward passes, gradients and single steps at every level and in both number types, against plain loops in long double.
//
// Everything goes through the table of kernels (plan.hpp), as it does in a host: the tests know nothing of tiles, panels
// or fused steps, only at which sizes those have their borders.
#include "naive.hpp"
#include "problems.hpp"
#include "testing.hpp"

namespace {

using naive::Real;
using naive::Row;
using problems::Parameter;
using problems::Problem;
using problems::Random;
using problems::Trainer;
using testing::check;

// The largest difference may be this share of the array's largest number.
template <class T>
constexpr Real BOUND = sizeof(T) == 8 ? 1e-13L : 2e-5L;

std::string at(const pellucid::Level& level, bool wide, const Problem& problem) {
    std::string text = std::string(level.name) + (wide ? " float64" : " float32") + " rows " +
                       std::to_string(problem.plan.n_rows) + " batch " + std::to_string(problem.plan.batch) + " layers";
    for (const PellucidLayer& is : problem.layers)
        text += (is.rule == DROPOUT ? " dropout " : " ") + std::to_string(is.n_in) + "-" + std::to_string(is.n_out) +
                (is.bias ? "b" : "");
    return text;
}

template <class T>
void compare(const std::vector<T>& got, const Row& want, const std::string& what) {
    Real largest = 0, worst = 0;
    for (size_t i = 0; i < want.size(); i++) {
        largest = std::max(largest, std::fabs(want[i]));
        const Real error = std::fabs(Real(got[i]) - want[i]);
        worst = error <= worst ? worst : error;  // NaN stays
    }
    check(worst <= BOUND<T> * largest, what + " is off by " + std::to_string(double(worst / largest)) + " of its largest");
}

template <class T>
void compare(double got, Real want, const std::string& what) {
    check(std::fabs(got - want) <= 3 * BOUND<T> * std::fabs(want), what + " is " + std::to_string(got));
}

std::string named(const Parameter& parameter) {
    return (parameter.which ? "b" : "W") + std::to_string(parameter.layer + 1);
}

// Plain gradient descent: then the slot holds the gradient itself.
void use_plain_sgd(Problem& problem) {
    problem.plan.optimizer = SGD, problem.plan.n_slots = 1;
    problem.plan.option[0] = problem.plan.option[1] = 0;
}

std::vector<long long> order_of(const Problem& problem, long long epoch) {
    const PellucidPlan& plan = problem.plan;
    std::vector<long long> order(size_t(plan.n_rows), 0);
    for (long long i = 0; i < plan.n_rows; i++) order[size_t(i)] = i;
    if (!plan.shuffle || plan.batch >= plan.n_rows) return order;
    return naive::permutation(naive::fold({plan.shuffle_key[0], plan.shuffle_key[1]}, std::uint64_t(epoch)), plan.n_rows);
}

// --- Whole epochs of plain gradient descent -------------------------------------------------------------------------

struct Expected {
    std::vector<Row> gradients, parameters;
    Real loss = 0, penalty = 0;
};

// One epoch, `steps` of its batches; the loss is that of the epoch if it ends.
Expected expected_of(const Problem& problem, long long steps, long long epoch) {
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
void compare_everywhere(const Problem& problem, long long epoch = 0) {
    const Expected expected = expected_of(problem, problem.batches(), epoch);
    for (const pellucid::Level* level : testing::levels_here())
        for (int members : {1, 2}) {
            compare_epoch<float>(problem, expected, *level, members, epoch);
            compare_epoch<double>(problem, expected, *level, members, epoch);
        }
}

// Sizes around the borders of vectors and panels at all levels, and around full tiles of rows.
const std::vector<int> WIDTHS = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 49, 64, 65, 130};
const std::vector<int> ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 70, 130};

// A hidden layer before each pair of widths, so that the error goes back through the turned weights of the second.
void products() {
    Random random(1);
    for (int n_in : WIDTHS)
        for (int n_out : WIDTHS) {
            if (int(random() % 8) >= testing::THOROUGHNESS) continue;
            Problem problem;
            problem.layers = {problems::dense(problems::one_of(random, WIDTHS) / 2 + 1, n_in, TANH, random() % 2),
                              problems::dense(n_in, n_out, LINEAR, random() % 2)};
            problem.plan.loss = HALF_SQUARED_ERROR, problem.plan.mean = 1;
            problem.plan.n_rows = problem.plan.batch = problems::one_of(random, ROWS);
            use_plain_sgd(problem);
            problems::fill(problem, random);
            compare_everywhere(problem);
        }
}

// More weights than the second cache holds beside the rows: then more rows go through the layers together.
void large_layers() {
    Random random(2);
    for (int rows : {65, 257, 300}) {
        Problem problem;
        problem.layers = {problems::dense(200, 401, TANH), problems::dense(401, 7, LINEAR), problems::dense(7, 1, SIGMOID)};
        problem.plan.loss = SQUARED_ERROR, problem.plan.mean = 0;
        problem.plan.n_rows = problem.plan.batch = rows;
        use_plain_sgd(problem);
        problem.numbers[0] = 1.0 / 1024;
        problems::fill(problem, random);
        compare_everywhere(problem);
    }
}

// --- Answers ---------------------------------------------------------------------------------------------------------

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
    for (long long row = 0; row < problem.plan.n_rows; row += 7) {
        answerer.answer(&X[size_t(row * problem.n_in())], 1, one.data());
        const auto from = expected.begin() + row * problem.n_out();
        compare(one, Row(from, from + problem.n_out()), where + ": one row's answer");
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
            problem.layers.push_back(problems::dense(width, next, problems::one_of<int>(random, {LINEAR, TANH, SOFTMAX}),
                                                     random() % 2));
            width = next;
            if (problems::chance(random, 0.2)) problem.layers.push_back(problems::dropout(width, 0.5, 1));
        }
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
void one_row_overflows(const pellucid::Level& level, const std::vector<int>& sizes) {
    Problem problem;
    for (size_t k = 1; k < sizes.size(); k++) problem.layers.push_back(problems::dense(sizes[k - 1], sizes[k], LINEAR));
    problem.plan.n_rows = 130;
    Random random(4);
    problems::fill(problem, random);
    const double huge = sizeof(T) == 8 ? 1e308 : 3e38;
    for (int i = 0; i < problem.n_in(); i++) problem.X[size_t(i)] = problem.parameters[0].values[size_t(i)] < 0 ? -huge : huge;
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
            one_row_overflows<float>(*level, sizes);
            one_row_overflows<double>(*level, sizes);
        }
}

// --- Softmax, losses, weights, penalties, limits, dropout --------------------------------------------------------------

// A random network with one thing or another about it.
Problem problem_with(Random& random, int loss, int output) {
    Problem problem;
    const int n_in = problems::one_of(random, WIDTHS) / 3 + 1, hidden = problems::one_of(random, WIDTHS) / 2 + 1;
    const int n_out = problems::one_of(random, WIDTHS) / 2 + 1;
    problem.layers = {problems::dense(n_in, hidden, problems::one_of<int>(random, {TANH, SIGMOID, SOFTMAX})),
                      problems::dense(hidden, n_out, output, random() % 2)};
    problem.plan.loss = loss;
    problem.plan.mean = int(random() % 2);
    problem.plan.n_rows = problems::one_of(random, ROWS);
    problem.plan.batch = int(problem.plan.n_rows);
    use_plain_sgd(problem);
    return problem;
}

void fill_and_compare(Problem& problem, Random& random, long long epoch = 0) {
    problem.numbers[0] = problem.plan.mean ? 0.125 : 1.0 / 1024;
    problems::fill(problem, random);
    compare_everywhere(problem, epoch);
}

void softmax_and_cross_entropy() {
    Random random(4);
    for (int i = 0; i < 5 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, i % 2 ? CROSS_ENTROPY : SQUARED_ERROR, SOFTMAX);
        fill_and_compare(problem, random);
    }
}

void sample_weights() {
    Random random(5);
    for (int i = 0; i < 5 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, BINARY_CROSS_ENTROPY, SIGMOID);
        if (i % 2) problem.plan.batch = std::max(1, problem.plan.batch / 2);
        for (long long row = 0; row < problem.plan.n_rows; row++)
            problem.weights.push_back(problems::chance(random, 0.2) && row ? 0 : std::fabs(problems::number(random)) + 0.125);
        problem.plan.shuffle = 1;
        problem.plan.shuffle_key[0] = unsigned(random());
        fill_and_compare(problem, random, 3);
    }
}

void penalties() {
    Random random(6);
    for (int i = 0; i < 5 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, HALF_SQUARED_ERROR, LINEAR);
        problem.layers[0].l1 = 0.01, problem.layers[1].l2 = 0.125;
        fill_and_compare(problem, random);
    }
}

void clipping() {
    Random random(7);
    for (int i = 0; i < 5 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, HALF_SQUARED_ERROR, LINEAR);
        problem.plan.clip = i % 4 ? 0.0625 : 1e6;
        if (i % 3 == 0) problem.layers[1].l2 = 0.125;
        fill_and_compare(problem, random);
    }
}

void max_norm() {
    Random random(8);
    for (int i = 0; i < 5 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, HALF_SQUARED_ERROR, LINEAR);
        problem.layers[size_t(i % 2)].max_norm = 0.75;
        if (i % 3 == 0) problem.plan.clip = 0.0625;
        fill_and_compare(problem, random);
    }
}

void dropout_and_shuffling() {
    Random random(9);
    for (int i = 0; i < 5 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, HALF_SQUARED_ERROR, TANH);
        const auto second = problem.layers.begin() + 1;
        problem.layers.insert(second, problems::dropout(second->n_in, i % 5 ? 0.375 : 1.0 / 3, unsigned(random())));
        if (i % 2) problem.layers.insert(problem.layers.begin(), problems::dropout(problem.n_in(), 0.125, unsigned(random())));
        if (i % 7 == 0) problem.layers.push_back(problems::dropout(problem.n_out(), 0.25, unsigned(random())));
        problem.plan.batch = std::max(1, problem.plan.batch / problems::whole(random, 1, 4));
        problem.plan.shuffle = 1;
        problem.plan.shuffle_key[1] = unsigned(random());
        fill_and_compare(problem, random, (long long)(random() >> 34));
    }
}

// Logits that a naive formula would answer with infinity or NaN.
template <class T>
void compare_extremes(const pellucid::Level& level, int loss, int output, int n_out, double size) {
    Problem problem;
    problem.layers = {problems::dense(1, n_out, output)};
    problem.plan.loss = loss, problem.plan.mean = 1;
    problem.plan.n_rows = problem.plan.batch = 2;
    use_plain_sgd(problem);
    Random random(10);
    problems::fill(problem, random);
    problem.X = {1, -1};
    for (size_t i = 0; i < problem.parameters[0].values.size(); i++) problem.parameters[0].values[i] = i % 2 ? size : -size;
    for (size_t i = 0; i < problem.Y.size(); i++) problem.Y[i] = i % size_t(n_out) == 0;
    problem.numbers[0] = 0;
    Trainer<T> trainer(problem, level, 1);
    const auto outcome = trainer.run_epochs(1);
    check(outcome.epochs == 1 && std::isfinite(outcome.losses[0]),
          at(level, sizeof(T) == 8, problem) + ": the loss at logits of " + std::to_string(size));
}

void extreme_logits() {
    for (const pellucid::Level* level : testing::levels_here())
        for (int n_out : {1, 2, 5, 40})
            for (double size : {100.0, 1e4, 1e30}) {
                compare_extremes<float>(*level, CROSS_ENTROPY, SOFTMAX, n_out, size);
                compare_extremes<double>(*level, CROSS_ENTROPY, SOFTMAX, n_out, size);
                compare_extremes<float>(*level, BINARY_CROSS_ENTROPY, SIGMOID, n_out, size);
                compare_extremes<double>(*level, BINARY_CROSS_ENTROPY, SIGMOID, n_out, size);
            }
}

// --- Memory --------------------------------------------------------------------------------------------------------------

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
    return testing::run_all({{"products", products},
                             {"large layers", large_layers},
                             {"answers", answers},
                             {"overflowing rows", overflowing_rows},
                             {"softmax and cross entropy", softmax_and_cross_entropy},
                             {"sample weights", sample_weights},
                             {"penalties", penalties},
                             {"clipping", clipping},
                             {"max norm", max_norm},
                             {"dropout and shuffling", dropout_and_shuffling},
                             {"extreme logits", extreme_logits},
                             {"layout", layout},
                             {"activation table", activation_table}},
                            argc, argv);
}
