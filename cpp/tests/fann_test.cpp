// FANN's engine: nets made of random numbers, sensible and odd. Whatever FannNet lets through must be safe to train and
// to ask, and no number may depend on the number of threads or, where FANN's very numbers are asked for, on the
// instruction set.
#include "fann_random.hpp"

namespace {

using testing::check;

struct Case {
    std::vector<long long> layer_sizes, n_inputs, activation, sources;
    std::vector<double> steepness, weights, X, Y;
    bool layered, sparse;
    PellucidFannRules rules{};
    long long rows = 1;

    pellucid::FannGiven given() const {
        return {layer_sizes,
                layered,
                sparse,
                n_inputs.data(),
                activation.data(),
                steepness.data(),
                (long long)n_inputs.size(),
                sources.data(),
                (long long)sources.size()};
    }
    long long n_in() const { return layer_sizes.front() - 1; }
    long long n_out() const { return layer_sizes.back() - layered; }
};

void add_layer(Case& made, Random& random, long long start, long long from, long long size, bool bias) {
    for (long long j = 0; j < size; j++) {
        const bool connected = !(bias && j == size - 1) && random() % 40 > 0;
        const long long n = !connected ? 0 : made.sparse ? whole(random, 1, start - from) : start - from;
        made.n_inputs.push_back(n);
        for (long long k = 0; k < n; k++)
            made.sources.push_back(made.sparse ? whole(random, from, start - 1) : from + k);
    }
}

Case sensible(Random& random) {
    Case made;
    made.layered = random() % 2, made.sparse = random() % 3 == 0;
    const int depth = int(whole(random, 2, 4));
    long long start = 0;
    for (int k = 0; k < depth; k++) {
        const long long before = k ? made.layer_sizes.back() : 0;
        const bool bias = k == 0 || made.layered;
        made.layer_sizes.push_back(whole(random, 1, random() % 4 ? 9 : 40) + bias);
        if (k == 0)
            made.n_inputs.assign(size_t(made.layer_sizes[0]), 0);
        else
            add_layer(made, random, start, made.layered ? start - before : 0, made.layer_sizes.back(), bias);
        start += made.layer_sizes.back();
    }
    const bool one_curve = random() % 2;
    const long long curve = whole(random, 0, FANN_N_ACTIVATIONS - 1);
    for (size_t j = 0; j < made.n_inputs.size(); j++) {
        made.activation.push_back(one_curve ? curve : whole(random, 0, FANN_N_ACTIVATIONS - 1));
        made.steepness.push_back(random() % 30 ? 0.5 : real(random));
    }
    for (size_t c = 0; c < made.sources.size(); c++) made.weights.push_back(real(random));
    made.rules = rules_from(random);
    made.rows = whole(random, 1, random() % 3 ? 20 : 300);
    for (long long i = 0; i < made.rows * made.n_in(); i++) made.X.push_back(random() % 3 ? real(random) : 0);
    for (long long i = 0; i < made.rows * made.n_out(); i++) made.Y.push_back(real(random));
    return made;
}

// One number of a net becomes an odd one.
void spoil(Case& made, Random& random) {
    static const long long odd[] = {-1, 0, 1, 17, 18, 1 << 24, (1 << 24) + 1, 1ll << 40, -(1ll << 62), 1ll << 62};
    std::vector<long long>* all[] = {&made.layer_sizes, &made.n_inputs, &made.activation, &made.sources};
    std::vector<long long>& chosen = *all[random() % 4];
    if (chosen.empty()) return;
    chosen[random() % chosen.size()] = odd[random() % 10];
    if (random() % 4 == 0) chosen.pop_back();
}

bool accepted(const Case& made) {
    if (made.activation.size() != made.n_inputs.size()) return false;  // the binding's part
    try {
        pellucid::FannNet net(made.given());
        return true;
    } catch (const pellucid::Fault&) {
        return false;
    }
}

struct Trained {
    std::vector<double> weights, steps, slopes, deltas, mse, answers;
};

Trained trained(const Case& made, const pellucid::Level& level, bool strict, int members) {
    const pellucid::FannNet net(made.given());
    const PellucidFannKernels& kernels = *pellucid::fann_kernels(level.name, strict);
    const size_t n = made.weights.size();
    Trained out{made.weights,           std::vector<double>(n, 0.1), std::vector<double>(n),
                std::vector<double>(n), std::vector<double>(6),      std::vector<double>(made.Y.size())};
    const PellucidFannState state{out.weights.data(), out.steps.data(), out.slopes.data(), out.deltas.data()};
    pellucid::FannSession session(kernels, net, made.rules, {made.X.data(), made.Y.data(), made.rows}, state, members);
    std::vector<long long> bit_fails(6);
    unsigned random = 1;
    PellucidFannCall call{};
    call.epochs = 6, call.mse = out.mse.data(), call.bit_fails = bit_fails.data();
    call.draw = next_number, call.host = &random;
    session.train(call, 1e9);
    check(call.done == 6 && !call.reached, "6 epochs without a goal are 6 epochs");
    PellucidFannErrors errors{};
    session.measure(out.answers.data(), errors);
    session.finish(state);
    return out;
}

bool same(const Trained& a, const Trained& b) {
    return same(a.weights, b.weights) && same(a.steps, b.steps) && same(a.slopes, b.slopes) &&
           same(a.deltas, b.deltas) && same(a.mse, b.mse) && same(a.answers, b.answers);
}

// Rows one by one: every array is just as long as it must be, so that a sanitizer sees what goes beyond.
void ask(const Case& made, const pellucid::Level& level, bool strict) {
    const pellucid::FannNet net(made.given());
    const PellucidFannKernels& kernels = *pellucid::fann_kernels(level.name, strict);
    std::vector<double> weights(made.weights), deltas(weights.size()), out(size_t(made.n_out())), again(out);
    const pellucid::Block scratch = pellucid::zeroed(kernels.row_bytes(&net.record()));
    const std::vector<double> x(made.X.begin(), made.X.begin() + made.n_in());
    const std::vector<double> y(made.Y.begin(), made.Y.begin() + made.n_out());
    PellucidFannErrors errors{};
    kernels.answer(&net.record(), weights.data(), scratch.get(), x.data(), out.data());
    kernels.step(&net.record(), &made.rules, weights.data(), nullptr, scratch.get(), x.data(), y.data(), again.data(),
                 &errors);
    check(same(out, again) && same(weights, made.weights), "testing a row is answering it");
    for (int i = 0; i < 3; i++)
        kernels.step(&net.record(), &made.rules, weights.data(), deltas.data(), scratch.get(), x.data(), y.data(),
                     nullptr, &errors);
    check(errors.count == 4 * made.n_out(), "every output counts");
}

void random_nets() {
    for (unsigned seed = 0; seed < 60u * testing::THOROUGHNESS; seed++) {
        Random random(seed);
        const Case made = sensible(random);
        if (!accepted(made)) continue;
        const Trained* first = nullptr;
        std::vector<Trained> kept;
        kept.reserve(16);
        for (const pellucid::Level* level : testing::levels_here()) {
            for (bool strict : {false, true}) {
                kept.push_back(trained(made, *level, strict, 1));
                const Trained& one = kept.back();
                const std::string name = "net " + std::to_string(seed) + " " + std::string(level->name);
                check(same(one, trained(made, *level, strict, int(seed % 3) + 2)), name + ": threads change numbers");
                if (strict && first) check(same(one, *first), name + ": the instruction set changes FANN's numbers");
                if (strict && !first) first = &one;
                ask(made, *level, strict);
            }
        }
    }
}

void odd_nets() {
    int taken = 0;
    for (unsigned seed = 0; seed < 2000u * testing::THOROUGHNESS; seed++) {
        Random random(seed + 1000000);
        Case made = sensible(random);
        for (int i = int(random() % 3); i >= 0; i--) spoil(made, random);
        if (!accepted(made)) continue;
        taken++;
        made.weights.resize(made.sources.size());
        made.rows = 2;
        made.X.assign(size_t(2 * made.n_in()), 0.5), made.Y.assign(size_t(2 * made.n_out()), 0.5);
        trained(made, *testing::levels_here().front(), seed % 2, 1);
        ask(made, *testing::levels_here().front(), seed % 2);
    }
    check(taken > 100, "hardly an odd net was taken: " + std::to_string(taken));
}

void goals() {
    Random random(5);
    Case made = sensible(random);
    while (!accepted(made)) made = sensible(random);
    const pellucid::FannNet net(made.given());
    made.rules.algorithm = FANN_BATCH, made.rules.right = 1;
    for (bool strict : {false, true}) {
        std::vector<double> weights(made.weights), mse(10);
        std::vector<long long> bit_fails(10);
        const PellucidFannState state{weights.data(), nullptr, nullptr, nullptr};
        pellucid::FannSession session(*pellucid::fann_kernels(testing::levels_here().front()->name, strict), net,
                                      made.rules, {made.X.data(), made.Y.data(), made.rows}, state, 1);
        PellucidFannCall call{};
        call.epochs = 10, call.mse = mse.data(), call.bit_fails = bit_fails.data();
        call.stop_at_mse = 1, call.goal_mse = 1e30;
        session.train(call, 1e9);
        session.finish(state);
        check(call.done == 1 && call.reached, "a goal that is met at once ends training");
        check(same(weights, made.weights), "and leaves the weights that were measured");
    }
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"random nets", random_nets}, {"odd nets", odd_nets}, {"goals", goals}}, argc, argv);
}
