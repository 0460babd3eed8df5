// What the host does around the kernels: many sessions and askers at once, what is refused, how much memory is asked
// for.
#include <atomic>
#include <thread>

#include "sessions.hpp"

namespace {

using namespace sessions;

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
                                            ": 100000 inputs and 2 outputs take " + std::to_string(bytes >> 20) +
                                            " MiB");
        }
}

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
        check(together[i] == trained<double>(made[i], level, 1),
              problems::described(made[i]) + ": beside other sessions");
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
    check(trainer.run(0, 5, 0).steps == 0 && trainer.run(5, 0, 0).steps == 0,
          "no steps, or no epochs, is nothing to do");
    check(same_bits(trainer.state(), before), "doing nothing changes nothing");
    problem.plan.batch = 0;
    check(refuses([&] { Trainer<double> none(problem, *testing::levels_here().front(), 1); }),
          "batch 0 is not refused");
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"memory", memory},
                             {"sessions side by side", sessions_side_by_side},
                             {"one user at a time", one_user_at_a_time},
                             {"answers side by side", answers_side_by_side},
                             {"what is refused", what_is_refused}},
                            argc, argv);
}
