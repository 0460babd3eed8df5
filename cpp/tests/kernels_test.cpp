// Gradients and single steps at every level and in both number types, against plain loops in long double.
//
// Everything goes through the table of kernels (plan.hpp), as it does in a host: the tests know nothing of tiles,
// panels or fused steps, only at which sizes those have their borders.
#include "comparing.hpp"

namespace {

using namespace comparing;
using problems::Random;

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
        problem.layers = {problems::dense(200, 401, TANH), problems::dense(401, 7, LINEAR),
                          problems::dense(7, 1, SIGMOID)};
        problem.plan.loss = SQUARED_ERROR, problem.plan.mean = 0;
        problem.plan.n_rows = problem.plan.batch = rows;
        use_plain_sgd(problem);
        problem.numbers[0] = 1.0 / 1024;
        problems::fill(problem, random);
        compare_everywhere(problem);
    }
}

// --- Softmax, losses, weights, penalties, limits, dropout
// --------------------------------------------------------------

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
            problem.weights.push_back(row > 0 && random() % 5 == 0 ? 0 : std::fabs(problems::number(random)) + 0.125);
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
        problem.plan.clip = problems::one_of<double>(random, {0.0625, 0.25, 0.5, 1, 2, 1e6});
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
        const int n_in = problem.n_in();
        if (i % 2) problem.layers.insert(problem.layers.begin(), problems::dropout(n_in, 0.125, unsigned(random())));
        if (i % 7 == 0) problem.layers.push_back(problems::dropout(problem.n_out(), 0.25, unsigned(random())));
        problem.plan.batch = std::max(1, problem.plan.batch / problems::whole(random, 1, 4));
        problem.plan.shuffle = 1;
        problem.plan.shuffle_key[1] = unsigned(random());
        fill_and_compare(problem, random, (long long)(random() >> 34));
    }
}

// Layers that see all, lack weights, and have units of several kinds; penalties, limits and dropout among them.
void wiring() {
    Random random(11);
    for (int i = 0; i < 15 * testing::THOROUGHNESS; i++) {
        Problem problem = problem_with(random, i % 3 ? HALF_SQUARED_ERROR : CROSS_ENTROPY, i % 3 ? TANH : SOFTMAX);
        const int depth = problems::whole(random, 0, 3), width = problem.layers[0].n_out;
        for (int k = 0; k < depth; k++)
            problem.layers.insert(problem.layers.begin() + 1,
                                  random() % 4
                                      ? problems::dense(width, width, problems::one_of<int>(random, {TANH, SINE}))
                                      : problems::dropout(width, 0.25, unsigned(random())));
        if (i % 5 == 0) problem.layers.insert(problem.layers.begin(), problems::dropout(problem.n_in(), 0.25, 7));
        for (size_t k = 1; k < problem.layers.size(); k++)
            if (random() % 2) problems::see_all(problem, k);
        for (PellucidLayer& layer : problem.layers) {
            if (layer.rule == DENSE && random() % 3 == 0) problems::thin_out(problem, layer, random, 0.4);
            if (layer.rule == DENSE && random() % 4 == 0) layer.max_norm = 0.75;
            if (layer.rule == DENSE && random() % 4 == 0) layer.l2 = 0.125, layer.l1 = 0.01;
            if (layer.activation != SOFTMAX && random() % 3 == 0)
                problems::mix_units(problem, layer, random, {LINEAR, TANH, SIGMOID, GAUSSIAN, SINE});
        }
        if (i % 4 == 0) problem.plan.clip = 0.25;
        problem.plan.shuffle = 1;
        fill_and_compare(problem, random, i);
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
    for (size_t i = 0; i < problem.parameters[0].values.size(); i++)
        problem.parameters[0].values[i] = i % 2 ? size : -size;
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

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"products", products},
                             {"large layers", large_layers},
                             {"softmax and cross entropy", softmax_and_cross_entropy},
                             {"sample weights", sample_weights},
                             {"penalties", penalties},
                             {"clipping", clipping},
                             {"max norm", max_norm},
                             {"dropout and shuffling", dropout_and_shuffling},
                             {"wiring", wiring},
                             {"extreme logits", extreme_logits}},
                            argc, argv);
}
