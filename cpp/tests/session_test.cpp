// Sessions on random trainings: nothing may depend on the number of members or on where a run is cut, and state comes back.
//
// Numbers are compared bit by bit: -0 is not 0 here, and NaN is itself.
#include <cstring>
#include <thread>

#include "random_problems.hpp"
#include "testing.hpp"

namespace {

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

// Calls test(problem, level, type) on random problems: each with one level and one type, in turn.
template <class Test>
void on_random_problems(unsigned seed, Test test) {
    Random random(seed);
    const auto levels = testing::levels_here();
    for (int i = 0; i < PROBLEMS; i++) {
        const Problem problem = problems::random_problem(random);
        const pellucid::Level& level = *levels[size_t(i) % levels.size()];
        const bool wide = i / levels.size() % 2;
        const std::string where = std::string(level.name) + (wide ? " float64 " : " float32 ") + problems::described(problem);
        if (wide) test(problem, level, where, random, double());
        else test(problem, level, where, random, float());
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

void members_agree() {
    on_random_problems(1, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        const auto alone = trained<decltype(type)>(problem, level, 1);
        for (int members : {2, 3, 5})
            check(trained<decltype(type)>(problem, level, members) == alone, where + ": " + std::to_string(members) + " members");
    });
}

// Few rows for the last member, and a single output: there vectors of several lengths go through the same numbers.
void members_agree_on_few_rows() {
    Random random(2);
    const auto levels = testing::levels_here();
    for (int rows = 1; rows <= 52; rows++) {
        Problem problem = problems::random_problem(random, 1, 20);
        problem.plan.n_rows = problem.plan.batch = rows;
        problem.layers.back() = problems::dense(problem.layers.back().n_in, 1, problem.layers.back().activation);
        problem.parameters.clear(), problem.weights.clear();
        problems::fill(problem, random);
        for (const pellucid::Level* level : levels)
            for (int members : {2, 4}) {
                const std::string where = std::string(level->name) + " " + problems::described(problem);
                check(trained<float>(problem, *level, 1) == trained<float>(problem, *level, members), where + ": float32");
                check(trained<double>(problem, *level, 1) == trained<double>(problem, *level, members), where + ": float64");
            }
    }
}

// Runs of random numbers of steps, which end anywhere in an epoch.
void chunks_agree() {
    on_random_problems(3, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random& random,
                             auto type) {
        const auto at_once = trained<decltype(type)>(problem, level, 1);
        Trainer<decltype(type)> trainer(problem, level, 2);
        Everything<decltype(type)> everything;
        long long left = EPOCHS * problem.batches(), epoch = 0;
        while (left > 0) {
            const long long steps = std::min<long long>(left, problems::whole(random, 0, 5));
            const Outcome outcome = trainer.run(steps, problems::whole(random, 0, 3), epoch);
            everything.add(outcome);
            if (outcome.diverged) break;
            left -= outcome.steps, epoch += outcome.epochs;
        }
        everything.look(trainer);
        check(everything == at_once, where + ": in chunks");
    });
}

// What was read and is written into a new session goes on as if nothing had happened.
void state_goes_on() {
    on_random_problems(4, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        using T = decltype(type);
        Trainer<T> first(problem, level, 1);
        if (first.run_epochs(2).diverged) return;
        Trainer<T> second(problem, level, 2);
        second.set_state(first.state());
        check(same_bits(second.state(), first.state()), where + ": the state that was written");
        const Outcome a = first.run_epochs(2, 2), b = second.run_epochs(2, 2);
        check(same_bits(a.losses, b.losses) && same_bits(first.state(), second.state()), where + ": gone on from a state");
    });
}

// Parameters that are changed between two runs, as an editor or a callback may, are those that the next run uses.
void a_write_counts_at_once() {
    on_random_problems(5, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        using T = decltype(type);
        Trainer<T> fresh(problem, level, 1), used(problem, level, 1);
        const std::vector<T> start = fresh.state();
        if (used.run_epochs(1, 7).diverged) return;
        used.set_state(start);
        const Outcome a = fresh.run_epochs(2), b = used.run_epochs(2);
        check(same_bits(a.losses, b.losses) && same_bits(fresh.state(), used.state()), where + ": written between two runs");
    });
}

void moments() {
    on_random_problems(6, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        using T = decltype(type);
        Trainer<T> trainer(problem, level, 2);
        std::vector<std::vector<T>> starts;
        for (long long epoch = 0; epoch < EPOCHS; epoch++) {
            starts.push_back(trainer.state());
            const bool several = problem.batches() > 1;
            if (several) trainer.run(1, 1, epoch);
            const std::string when = where + ": in epoch " + std::to_string(epoch);
            if (several) check(same_bits(trainer.state(1), starts.back()), when + ", its start");
            if (several && epoch > 0) check(same_bits(trainer.state(2), starts[size_t(epoch - 1)]), when + ", the start before");
            if (trainer.run(problem.batches() - several, 1, epoch).diverged) return;
            check(same_bits(trainer.state(1), starts.back()), when + " (over), its start");
            if (epoch > 0) check(same_bits(trainer.state(2), starts[size_t(epoch - 1)]), when + " (over), the start before");
        }
    });
}

// An epoch that is given up leaves nothing behind.
void taking_back() {
    on_random_problems(7, [](const Problem& given, const pellucid::Level& level, const std::string& where, Random& random,
                             auto type) {
        using T = decltype(type);
        Problem problem = given;
        problem.plan.batch = int((problem.plan.n_rows + 3) / 4);
        if (problem.batches() < 2) return;
        Trainer<T> straight(problem, level, 1), stumbling(problem, level, 2);
        if (straight.run_epochs(2).diverged) return;
        stumbling.run_epochs(1, 0);
        const std::vector<T> start = stumbling.state(), first = stumbling.state(1);
        for (int times = 0; times < 2; times++) {
            stumbling.run(problems::whole(random, 1, int(problem.batches()) - 1), 1, 1);
            stumbling.session().take_back();
            check(same_bits(stumbling.state(), start), where + ": the state after an epoch was taken back");
        }
        stumbling.run_epochs(1, 1);
        check(same_bits(stumbling.state(), straight.state()), where + ": trained again after an epoch was taken back");
        check(same_bits(stumbling.state(1), start), where + ": the start of that epoch");
        check(same_bits(stumbling.state(2), first), where + ": the start of the epoch before it");
    });
}

// A rate that no network survives.
void divergence() {
    on_random_problems(8, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        using T = decltype(type);
        Problem wild = problem;
        wild.numbers[0] = sizeof(T) == 8 ? 1e300 : 1e38;
        Trainer<T> calm(problem, level, 1), trainer(wild, level, 2);
        std::vector<T> before = trainer.state();
        for (long long epoch = 0; epoch < 6; epoch++) {
            const Outcome outcome = trainer.run_epochs(1, epoch);
            check(outcome.epochs == !outcome.diverged, where + ": an epoch that diverged is not among those that are done");
            if (outcome.diverged) {
                check(same_bits(trainer.state(), before), where + ": an epoch that diverged is taken back");
                return;
            }
            check(std::isfinite(outcome.losses[0] + outcome.penalties[0]), where + ": a loss that is not finite");
            before = trainer.state();
            for (T x : before) check(std::isfinite(x), where + ": a state that is not finite");
        }
    });
}

// After a divergence the session is as good as a new one.
void going_on_after_divergence() {
    on_random_problems(9, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        using T = decltype(type);
        Trainer<T> trainer(problem, level, 2), fresh(problem, level, 1);
        if (trainer.run_epochs(1).diverged) return;
        const std::vector<T> good = trainer.state();
        std::vector<T> bad = good;
        if (bad.empty()) return;
        for (T& x : bad) x = T(NAN);
        trainer.set_state(bad);
        const Outcome broken = trainer.run_epochs(1, 1);
        check(broken.diverged && broken.epochs == 0, where + ": NaN in every weight is not noticed");
        trainer.set_state(good);
        fresh.set_state(good);
        const Outcome a = trainer.run_epochs(2, 1), b = fresh.run_epochs(2, 1);
        check(same_bits(a.losses, b.losses) && same_bits(trainer.state(), fresh.state()), where + ": after a divergence");
    });
}

// Where no epoch is under way there is none to take back.
void nothing_to_take_back() {
    on_random_problems(10, [](const Problem& problem, const pellucid::Level& level, const std::string& where, Random&, auto type) {
        Trainer<decltype(type)> trainer(problem, level, 1);
        check(!trainer.session().take_back(), where + ": an epoch was taken back before the first one");
        trainer.run_epochs(1);
        const auto after = trainer.state();
        check(!trainer.session().take_back(), where + ": an epoch was taken back that was over");
        check(same_bits(trainer.state(), after), where + ": the state after nothing was taken back");
    });
}

// A session asks for memory by what it holds: parameters, slots, rows; a dropout layer has none of the first two.
void memory() {
    for (const pellucid::Level* level : testing::levels_here())
        for (bool wide : {false, true}) {
            Problem problem;
            problem.layers = {problems::dropout(100000, 0.5, 1), problems::dense(100000, 2, SOFTMAX)};
            problem.plan.loss = CROSS_ENTROPY, problem.plan.n_rows = problem.plan.batch = 8;
            problem.plan.members = 1;
            problems::use_optimizer(problem.plan, ADAM);
            problem.plan.n_layers = int(problem.layers.size()), problem.plan.layer = problem.layers.data();
            const unsigned long long bytes = level->kernels(wide)->session_bytes(&problem.plan);
            check(bytes < 200ull << 20, std::string(level->name) + (wide ? " float64" : " float32") +
                                            ": 100000 inputs and 2 outputs take " + std::to_string(bytes >> 20) + " MiB");
        }
}

// --- Several threads, and what is refused --------------------------------------------------------------------------

void sessions_side_by_side() {
    Random random(14);
    const pellucid::Level& level = *testing::levels_here().front();
    std::vector<Problem> made;
    for (int i = 0; i < 6; i++) made.push_back(problems::random_problem(random, 60, 20));
    std::vector<Everything<double>> together(made.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < made.size(); i++)
        threads.emplace_back([&, i] { together[i] = trained<double>(made[i], level, int(i % 3 + 1)); });
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 0; i < made.size(); i++)
        check(together[i] == trained<double>(made[i], level, 1), problems::described(made[i]) + ": beside other sessions");
}

template <class Action>
bool refuses(Action action) {
    try {
        action();
    } catch (const pellucid::Fault&) {
        return true;
    }
    return false;
}

// A session that is used twice at once refuses one of the two, whichever it is.
void one_user_at_a_time() {
    Random random(11);
    Problem problem = problems::random_problem(random, 60, 20);
    Trainer<float> trainer(problem, *testing::levels_here().front(), 1);
    std::atomic<long long> steps{0}, refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            for (int round = 0; round < 50; round++)
                if (refuses([&] { steps += trainer.run(1, 1, 0).steps; })) refused++;
        });
    for (std::thread& thread : threads) thread.join();
    check(steps + refused == 200, "runs that were neither done nor refused: " + std::to_string(200 - steps - refused));
}

void answers_side_by_side() {
    Random random(12);
    for (const pellucid::Level* level : testing::levels_here()) {
        const Problem problem = problems::random_problem(random, 150, 40);
        pellucid::Answerer answerer(*level, true, problem.layers);
        for (const auto& parameter : problem.parameters)
            answerer.write(parameter.layer, parameter.which, parameter.values.data());
        const long long rows = problem.plan.n_rows, n_out = problem.n_out();
        std::vector<std::vector<double>> out(4, std::vector<double>(size_t(rows * n_out)));
        std::vector<std::thread> threads;
        for (auto& mine : out) threads.emplace_back([&] { answerer.answer(problem.X.data(), rows, mine.data()); });
        for (std::thread& thread : threads) thread.join();
        for (const auto& mine : out) check(same_bits(mine, out[0]), "answers to several threads at once");
    }
}

void what_is_refused() {
    Random random(13);
    Problem problem = problems::random_problem(random, 20, 8);
    Trainer<double> trainer(problem, *testing::levels_here().front(), 1);
    pellucid::Session& session = trainer.session();
    std::vector<double> room(4096);
    check(refuses([&] { session.read(3, 0, 0, -1, room.data()); }), "moment 3 is not refused");
    check(refuses([&] { session.read(-1, 0, 0, -1, room.data()); }), "moment -1 is not refused");
    check(refuses([&] { session.size_of(-1, 0, -1); }), "layer -1 is not refused");
    check(refuses([&] { session.size_of(int(problem.layers.size()), 0, -1); }), "a layer too many is not refused");
    check(refuses([&] { session.size_of(0, 2, -1); }), "parameter 2 is not refused");
    check(refuses([&] { session.size_of(0, 0, -2); }), "slot -2 is not refused");
    check(refuses([&] { session.size_of(0, 0, problem.plan.n_slots); }), "a slot too many is not refused");
    check(refuses([&] { trainer.run(-1, 0, 0); }), "-1 steps are not refused");
    check(refuses([&] { trainer.run(1, 1, -1); }), "epoch -1 is not refused");
    const std::vector<double> before = trainer.state();
    check(trainer.run(0, 5, 0).steps == 0 && trainer.run(5, 0, 0).steps == 0, "no steps, or no epochs, is nothing to do");
    check(same_bits(trainer.state(), before), "doing nothing changes nothing");
    problem.plan.batch = 0;
    check(refuses([&] { Trainer<double> none(problem, *testing::levels_here().front(), 1); }), "batch 0 is not refused");
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"members agree", members_agree},
                             {"members agree on few rows", members_agree_on_few_rows},
                             {"chunks agree", chunks_agree},
                             {"state goes on", state_goes_on},
                             {"a write counts at once", a_write_counts_at_once},
                             {"moments", moments},
                             {"taking back", taking_back},
                             {"divergence", divergence},
                             {"going on after divergence", going_on_after_divergence},
                             {"nothing to take back", nothing_to_take_back},
                             {"memory", memory},
                             {"sessions side by side", sessions_side_by_side},
                             {"one user at a time", one_user_at_a_time},
                             {"answers side by side", answers_side_by_side},
                             {"what is refused", what_is_refused}},
                            argc, argv);
}
