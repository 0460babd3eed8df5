// Sessions on random trainings: nothing may depend on the number of members or on where a run is cut, and state comes
// back.
#include "sessions.hpp"

namespace {

using namespace sessions;

void members_agree() {
    on_random_problems(1, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
        const auto alone = trained<decltype(type)>(problem, level, 1);
        for (int members : {2, 3, 5})
            check(trained<decltype(type)>(problem, level, members) == alone,
                  where + ": " + std::to_string(members) + " members");
    });
}

// Few rows for the last member, and a single output: there vectors of several lengths go through the same numbers.
void members_agree_on_few_rows() {
    Random random(2);
    const auto levels = testing::levels_here();
    for (int rows = 1; rows <= 52; rows++) {
        Problem problem = problems::random_problem(random, 1, 20);
        problem.plan.n_rows = problem.plan.batch = rows;
        const PellucidLayer last = problem.layers.back();
        problem.layers.back() = problems::dense(last.n_in, 1, last.activation);
        problem.layers.back().sees = last.sees;
        problem.parameters.clear(), problem.weights.clear();
        problems::fill(problem, random);
        for (const pellucid::Level* level : levels)
            for (int members : {2, 4}) {
                const std::string where = std::string(level->name) + " " + problems::described(problem);
                check(trained<float>(problem, *level, 1) == trained<float>(problem, *level, members),
                      where + ": float32");
                check(trained<double>(problem, *level, 1) == trained<double>(problem, *level, members),
                      where + ": float64");
            }
    }
}

// Layers so large that the members divide their units or weights in other ways than those of small ones.
void members_agree_on_large_layers() {
    Random random(15);
    const auto levels = testing::levels_here();
    for (size_t i = 0; i < levels.size() + size_t(testing::THOROUGHNESS); i++) {
        Problem problem = problems::random_problem(random, 70, 20, false);
        const int outputs = problems::whole(random, 100, 160), hidden = problem.layers.front().activation;
        problem.layers.insert(problem.layers.begin(), problems::dense(34000 / outputs + 1, outputs, hidden, i % 3));
        problem.layers[1] = problems::dense(outputs, problem.layers[1].n_out, problem.layers[1].activation);
        if (i % 2) problems::see_all(problem, problem.layers.size() - 1);
        problem.parameters.clear();
        problems::fill(problem, random);
        const pellucid::Level& level = *levels[i % levels.size()];
        const std::string where = std::string(level.name) + " " + problems::described(problem);
        for (int members : {2, 3}) {
            check(trained<float>(problem, level, 1) == trained<float>(problem, level, members), where + ": float32");
            check(trained<double>(problem, level, 1) == trained<double>(problem, level, members), where + ": float64");
        }
    }
}

// Runs of random numbers of steps, which end anywhere in an epoch.
void chunks_agree() {
    on_random_problems(3, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
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
    on_random_problems(4, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
        using T = decltype(type);
        Trainer<T> first(problem, level, 1);
        if (first.run_epochs(2).diverged) return;
        Trainer<T> second(problem, level, 2);
        second.set_state(first.state());
        check(same_bits(second.state(), first.state()), where + ": the state that was written");
        const Outcome a = first.run_epochs(2, 2), b = second.run_epochs(2, 2);
        check(same_bits(a.losses, b.losses) && same_bits(first.state(), second.state()),
              where + ": gone on from a state");
    });
}

// Parameters that are changed between two runs, as an editor or a callback may, are those that the next run uses.
void a_write_counts_at_once() {
    on_random_problems(5, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
        using T = decltype(type);
        Trainer<T> fresh(problem, level, 1), used(problem, level, 1);
        const std::vector<T> start = fresh.state();
        if (used.run_epochs(1, 7).diverged) return;
        used.set_state(start);
        const Outcome a = fresh.run_epochs(2), b = used.run_epochs(2);
        check(same_bits(a.losses, b.losses) && same_bits(fresh.state(), used.state()),
              where + ": written between two runs");
    });
}

void moments() {
    on_random_problems(6, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
        using T = decltype(type);
        Trainer<T> trainer(problem, level, 2);
        std::vector<std::vector<T>> starts;
        for (long long epoch = 0; epoch < EPOCHS; epoch++) {
            starts.push_back(trainer.state());
            const bool several = problem.batches() > 1;
            if (several) trainer.run(1, 1, epoch);
            const std::string when = where + ": in epoch " + std::to_string(epoch);
            if (several) check(same_bits(trainer.state(1), starts.back()), when + ", its start");
            if (several && epoch > 0)
                check(same_bits(trainer.state(2), starts[size_t(epoch - 1)]), when + ", the start before");
            if (trainer.run(problem.batches() - several, 1, epoch).diverged) return;
            check(same_bits(trainer.state(1), starts.back()), when + " (over), its start");
            if (epoch > 0)
                check(same_bits(trainer.state(2), starts[size_t(epoch - 1)]), when + " (over), the start before");
        }
    });
}

// An epoch that is given up leaves nothing behind.
void taking_back() {
    on_random_problems(7, [](const Drawn& drawn, auto type) {
        const auto& [given, level, where, random] = drawn;
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

// A rate that no network survives; then the usual one again, with which it goes on as a new session would.
void divergence() {
    int diverged = 0;
    on_random_problems(8, [&](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
        using T = decltype(type);
        Trainer<T> trainer(problem, level, 2), fresh(problem, level, 1);
        trainer.numbers[0] = sizeof(T) == 8 ? 1e300 : 1e38;
        std::vector<T> before = trainer.state();
        long long epoch = 0;
        Outcome outcome = trainer.run_epochs(1, epoch);
        for (; !outcome.diverged && epoch < 5; outcome = trainer.run_epochs(1, ++epoch)) {
            check(outcome.epochs == 1 && std::isfinite(outcome.losses[0] + outcome.penalties[0]),
                  where + ": its figures");
            before = trainer.state();
            for (T x : before) check(std::isfinite(x), where + ": a state that is not finite");
        }
        if (!outcome.diverged) return;
        diverged++;
        check(outcome.epochs == 0, where + ": an epoch that diverged is not among those that are done");
        check(same_bits(trainer.state(), before), where + ": an epoch that diverged is taken back");
        trainer.numbers[0] = problem.numbers[0];
        fresh.set_state(before);
        const Outcome a = trainer.run_epochs(2, epoch), b = fresh.run_epochs(2, epoch);
        check(a.diverged == b.diverged && same_bits(a.losses, b.losses) && same_bits(trainer.state(), fresh.state()),
              where + ": gone on after a divergence");
    });
    check(diverged > PROBLEMS / 4, "only " + std::to_string(diverged) + " trainings diverged");
}

// Weights that were NaN, noticed, and written anew leave nothing behind.
void nothing_of_nan_stays() {
    on_random_problems(9, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
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
        check(same_bits(a.losses, b.losses) && same_bits(trainer.state(), fresh.state()),
              where + ": after a divergence");
    });
}

// Where no epoch is under way there is none to take back.
void nothing_to_take_back() {
    on_random_problems(10, [](const Drawn& drawn, auto type) {
        const auto& [problem, level, where, random] = drawn;
        Trainer<decltype(type)> trainer(problem, level, 1);
        check(!trainer.session().take_back(), where + ": an epoch was taken back before the first one");
        trainer.run_epochs(1);
        const auto after = trainer.state();
        check(!trainer.session().take_back(), where + ": an epoch was taken back that was over");
        check(same_bits(trainer.state(), after), where + ": the state after nothing was taken back");
    });
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"members agree", members_agree},
                             {"members agree on few rows", members_agree_on_few_rows},
                             {"members agree on large layers", members_agree_on_large_layers},
                             {"chunks agree", chunks_agree},
                             {"state goes on", state_goes_on},
                             {"a write counts at once", a_write_counts_at_once},
                             {"moments", moments},
                             {"taking back", taking_back},
                             {"nothing to take back", nothing_to_take_back},
                             {"divergence", divergence},
                             {"nothing of NaN stays", nothing_of_nan_stays}},
                            argc, argv);
}
