// Both phases of cascade training, on random nets and candidates. Arrays are just as long as they must be, so that a
// sanitizer sees what goes beyond. No number may depend on the number of threads or, where FANN's very numbers are
// asked for, on the instruction set; and what the phases tell must hold for what they leave.
#include "fann_random.hpp"

namespace {

using pellucid::FannCandidates;
using pellucid::FannNet;
using pellucid::FannSession;
using pellucid::Fault;
using testing::check;

constexpr PellucidFannPatience PATIENCE = {0.125, 2, 1};

// A shortcut net whose hidden neurons came one by one, and candidates for the next one.
struct Case {
    long long n_in, hidden, n_out, rows, candidates;
    std::vector<long long> n_inputs, activation, candidate_activation;
    std::vector<double> steepness, weights, X, Y, candidate_steepness, candidate_weights;
    PellucidFannRules rules{};

    long long n_seen() const { return n_in + 1 + hidden; }
    FannNet net() const {
        std::vector<long long> sizes(size_t(hidden), 1);
        sizes.insert(sizes.begin(), n_in + 1), sizes.push_back(n_out);
        return FannNet({sizes, false, false, n_inputs.data(), activation.data(), steepness.data(),
                        (long long)n_inputs.size(), nullptr, (long long)weights.size()});
    }
};

std::vector<double> reals(Random& random, long long n, double scale = 1) {
    std::vector<double> made;
    for (long long i = 0; i < n; i++) made.push_back(scale * real(random));
    return made;
}

// A run of equal curves, then of other ones.
std::vector<long long> curves(Random& random, long long n) {
    std::vector<long long> made;
    while ((long long)made.size() < n) {
        const long long count = whole(random, 1, 9);  // not as arguments: compilers differ in which is drawn first
        made.insert(made.end(), size_t(count), whole(random, 0, FANN_N_ACTIVATIONS - 1));
    }
    made.resize(size_t(n));
    return made;
}

Case random_case(Random& random) {
    Case made{whole(random, 1, 20),
              whole(random, 0, 12),
              whole(random, 1, random() % 3 ? 3 : 20),
              1,
              1,
              {},
              {},
              {},
              {},
              {},
              {},
              {},
              {},
              {}};
    made.rows = whole(random, 1, random() % 3 ? 20 : 100);
    made.candidates = whole(random, 1, random() % 3 ? 20 : 90);
    const long long neurons = made.n_seen() + made.n_out;
    for (long long j = 0; j < neurons; j++)
        made.n_inputs.push_back(j <= made.n_in ? 0 : (j < made.n_seen() ? j : made.n_seen()));
    long long connections = 0;
    for (long long n : made.n_inputs) connections += n;
    made.activation = curves(random, neurons);
    made.steepness.assign(size_t(neurons), 0.5);
    made.weights = reals(random, connections);
    made.X = reals(random, made.rows * made.n_in, random() % 8 ? 1 : 1e200);
    made.Y = reals(random, made.rows * made.n_out);
    made.candidate_activation = curves(random, made.candidates);
    made.candidate_steepness = reals(random, made.candidates, 2);
    made.candidate_weights = reals(random, made.candidates * (made.n_seen() + made.n_out), random() % 8 ? 1 : 1e200);
    made.rules = rules_from(random);
    made.rules.algorithm = int(whole(random, FANN_RPROP, FANN_SARPROP));
    made.rules.delta_zero = 0.125;
    return made;
}

// All that the two phases leave.
struct Grown {
    std::vector<double> weights, steps, slopes, seen, lacking, numbers, candidate;
};

PellucidFannCall call_for(unsigned& random, long long epochs) {
    PellucidFannCall call{};
    call.epochs = epochs, call.draw = next_number, call.host = &random;
    return call;
}

Grown grown(const Case& made, const pellucid::Level& level, bool strict, int members) {
    const FannNet net = made.net();
    const PellucidFannKernels& kernels = *pellucid::fann_kernels(level.name, strict);
    const size_t n = made.weights.size(), rows = size_t(made.rows), n_out = size_t(made.n_out);
    const size_t n_seen = size_t(made.n_seen());
    Grown out{made.weights,
              std::vector<double>(n, 0.1),
              std::vector<double>(n),
              std::vector<double>(rows * n_seen),
              std::vector<double>(rows * n_out),
              {},
              std::vector<double>(n_seen + n_out)};
    const PellucidFannState state{out.weights.data(), out.steps.data(), out.slopes.data(), nullptr};
    FannSession session(kernels, net, made.rules, {made.X.data(), made.Y.data(), made.rows}, state, members, &PATIENCE);
    unsigned random = 1;
    PellucidFannCall call = call_for(random, 6);
    session.train(call, 1e9);
    PellucidFannErrors errors = call.errors;
    session.leave(out.seen.data(), out.lacking.data(), errors);
    session.finish(state);
    const PellucidFannField field{int(made.candidates),
                                  int(made.n_seen()),
                                  int(made.n_out),
                                  0,
                                  made.candidate_activation.data(),
                                  made.candidate_steepness.data(),
                                  made.candidate_weights.data(),
                                  out.seen.data(),
                                  out.lacking.data(),
                                  made.rows,
                                  1e3,
                                  &pellucid::fann_library()};
    FannCandidates candidates(kernels, field, made.rules, PATIENCE, members);
    PellucidFannCall contest = call_for(random, 5);
    contest.errors = errors;
    candidates.train(contest, 1e9);
    double score = 0;
    const int best = candidates.best(out.candidate.data(), score);
    out.numbers = {double(call.done), double(errors.square_sum), double(errors.bit_fails), double(contest.done), score,
                   double(best)};
    return out;
}

bool same(const Grown& a, const Grown& b) {
    return same(a.weights, b.weights) && same(a.steps, b.steps) && same(a.slopes, b.slopes) && same(a.seen, b.seen) &&
           same(a.lacking, b.lacking) && same(a.numbers, b.numbers) && same(a.candidate, b.candidate);
}

// The errors that are told are those of what is lacking; hidden weights rest.
void check_left(const Case& made, const Grown& out, const std::string& name) {
    const size_t own = size_t(made.n_out * made.n_seen()), hidden = made.weights.size() - own;
    check(std::memcmp(out.weights.data(), made.weights.data(), hidden * sizeof(double)) == 0,
          name + ": a hidden neuron's weight moved");
    if (!made.rules.right || !(out.numbers[1] < 1e30)) return;
    float sum = 0;
    for (double e : out.lacking) sum += float(e * e);
    check(double(sum) == out.numbers[1], name + ": the errors are not those of what is lacking");
}

void random_cascades() {
    for (unsigned seed = 0; seed < 20u * testing::THOROUGHNESS; seed++) {
        Random random(seed);
        const Case made = random_case(random);
        std::vector<Grown> kept;
        kept.reserve(16);
        const Grown* first = nullptr;
        for (const pellucid::Level* level : testing::levels_here())
            for (bool strict : {false, true}) {
                kept.push_back(grown(made, *level, strict, 1));
                const Grown& one = kept.back();
                const std::string name = "case " + std::to_string(seed) + " " + std::string(level->name);
                check(same(one, grown(made, *level, strict, int(seed % 3) + 2)), name + ": threads change numbers");
                if (strict && first) check(same(one, *first), name + ": the instruction set changes FANN's numbers");
                if (strict && !first) first = &one;
                check_left(made, one, name);
            }
    }
}

// One output that is half the sum of three inputs and a bias. At targets of -1 RPROP lessens the error at once; at
// those of `solved` there is none.
Case sum_case(bool solved) {
    Case made{};
    made.n_in = 3, made.n_out = 1, made.rows = 4;
    made.n_inputs = {0, 0, 0, 0, 4}, made.activation.assign(5, 0), made.steepness.assign(5, 0.5);
    made.weights.assign(4, 1);
    made.X = {1, 0, 0.5, 0, 1, 0.5, 1, 1, 0, 0, 0, 1};
    made.Y = solved ? std::vector<double>{1.25, 1.25, 1.5, 1} : std::vector<double>(4, -1);
    made.rules.algorithm = FANN_RPROP, made.rules.right = 1;
    made.rules.increase = 1.25, made.rules.decrease = 0.5, made.rules.delta_max = 50;
    return made;
}

// How many epochs of 50 an output phase trains; 0 if it could go on. `goal`: of the MSE, or 0 for none.
long long epochs_of_phase(bool solved, const PellucidFannPatience& patience, double goal) {
    Case made = sum_case(solved);
    const FannNet net = made.net();
    const PellucidFannKernels& kernels = *pellucid::fann_kernels(testing::levels_here().front()->name, false);
    std::vector<double> steps(made.weights.size(), 1e-3), slopes(steps.size());
    const PellucidFannState state{made.weights.data(), steps.data(), slopes.data(), nullptr};
    FannSession session(kernels, net, made.rules, {made.X.data(), made.Y.data(), made.rows}, state, 1, &patience);
    unsigned drawn = 1;
    PellucidFannCall call = call_for(drawn, 50);
    call.stop_at_mse = goal > 0, call.goal_mse = goal;
    session.train(call, 1e9);
    check(call.reached == (goal > 0), "a goal is met that cannot be, or the other way round");
    check(call.over || call.done == 50, "a phase breaks off");
    return call.over ? call.done : 0;
}

void ends() {
    // The error falls in the second epoch; by so much again it never does.
    for (long long stagnation : {0, 3, 7})
        check(epochs_of_phase(false, {1e9, stagnation, 0}, 0) == 2 + stagnation,
              "an output phase has another patience");
    check(epochs_of_phase(false, {1e9, 0, 10}, 0) == 11, "an output phase is shorter than the least");
    check(epochs_of_phase(true, {1e9, 0, 0}, 0) == 0, "patience begins though the error never moved");
    check(epochs_of_phase(false, PATIENCE, 1e30) == 1, "a goal that is met at once does not end the phase");
}

template <class Wrong>
void check_refused(const std::string& name, Wrong wrong) {
    bool refused = false;
    try {
        wrong();
    } catch (const Fault&) {
        refused = true;
    }
    check(refused, name + " was taken");
}

void refusals() {
    Random random(4);
    Case made = random_case(random);
    const FannNet net = made.net();
    const PellucidFannKernels& kernels = *pellucid::fann_kernels(testing::levels_here().front()->name, false);
    const PellucidFannState state{made.weights.data(), made.weights.data(), made.weights.data(), nullptr};
    const PellucidFannData data{made.X.data(), made.Y.data(), made.rows};
    PellucidFannRules batch = made.rules;
    batch.algorithm = FANN_BATCH;
    check_refused("an output phase by BATCH", [&] { FannSession(kernels, net, batch, data, state, 1, &PATIENCE); });
    check_refused("an output phase without targets", [&] {
        FannSession(kernels, net, made.rules, {made.X.data(), nullptr, made.rows}, state, 1, &PATIENCE);
    });
    check_refused("leaving what is no output phase", [&] {
        PellucidFannErrors errors{};
        FannSession(kernels, net, made.rules, data, state, 1).leave(nullptr, nullptr, errors);
    });
    made.n_inputs.back()--, made.weights.pop_back();
    if (made.n_out > 1) {
        const FannNet odd = made.net();
        check_refused("outputs that see different neurons",
                      [&] { FannSession(kernels, odd, made.rules, data, state, 1, &PATIENCE); });
    }
    const PellucidFannField none{};
    check_refused("no candidates", [&] { FannCandidates(kernels, none, made.rules, PATIENCE, 1); });
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"random cascades", random_cascades}, {"ends", ends}, {"refusals", refusals}}, argc, argv);
}
