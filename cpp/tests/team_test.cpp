// The threads of a session: all work, nobody runs ahead, and whoever sleeps is woken, also where there are more than
// cores.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "team.hpp"
#include "testing.hpp"

namespace {

using pellucid::Team;
using testing::check;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool SANITIZED = true;
#else
constexpr bool SANITIZED = false;
#endif
constexpr int RUNS = SANITIZED ? 200 : 2000;

// Plain numbers without locks: a thread sanitizer complains unless the meetings order what is written and read.
struct Counts {
    long long of_member[16] = {};
};

void every_member_works_once_a_run() {
    for (int size : {1, 2, 3, 5, 9}) {
        Team team(size);
        Counts counts;
        for (int run = 0; run < RUNS; run++) team.run([&](int member) { counts.of_member[member]++; });
        for (int member = 0; member < size; member++)
            check(counts.of_member[member] == RUNS, "member " + std::to_string(member) + " of " + std::to_string(size) +
                                                        " worked " + std::to_string(counts.of_member[member]) +
                                                        " times");
    }
}

// In each round every member writes its number; after the meeting each finds those of all others.
void nobody_runs_ahead() {
    for (int size : {2, 3, 5, 9}) {
        Team team(size);
        Counts counts;
        long long wrong[16] = {};
        const PellucidTeam* handle = team.handle();
        for (int run = 0; run < RUNS / 20; run++)
            team.run([&](int member) {
                for (int round = 1; round <= 10; round++) {
                    counts.of_member[member] = run * 10 + round;
                    handle->meet(handle->host, member);
                    for (int other = 0; other < size; other++)
                        wrong[member] += counts.of_member[other] != run * 10 + round;
                    handle->meet(handle->host, member);
                }
            });
        for (int member = 0; member < size; member++)
            check(wrong[member] == 0,
                  "member " + std::to_string(member) + " of " + std::to_string(size) + " met alone");
    }
}

// One member is late by much more than the others look out for it: they sleep, and are woken.
void sleepers_are_woken() {
    for (int size : {2, 3, 5}) {
        Team team(size);
        Counts counts;
        const PellucidTeam* handle = team.handle();
        for (int late = 0; late < size; late++) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between two runs all but member 0 sleep
            team.run([&](int member) {
                if (member == late) std::this_thread::sleep_for(std::chrono::milliseconds(20));
                handle->meet(handle->host, member);
                counts.of_member[member]++;
            });
        }
        for (int member = 0; member < size; member++)
            check(counts.of_member[member] == size, "a sleeper was not woken");
    }
}

// Teams that end at once, or while their threads sleep.
void teams_come_and_go() {
    for (int i = 0; i < RUNS / 20; i++) {
        Team unused(i % 6 + 1);
        Team used(i % 3 + 1);
        Counts counts;
        used.run([&](int member) { counts.of_member[member]++; });
        if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// The limit of memory lets the process have some threads but not all: that must be an error, not the end of the
// process. 0: an error as it should be.
int too_many_threads() {
    const rlimit limit{1ull << 30, 1ull << 30};
    setrlimit(RLIMIT_AS, &limit);
    try {
        Team team(1024);
    } catch (const std::system_error&) {
        return 0;
    } catch (const std::bad_alloc&) {
        return 0;
    }
    return 3;
}

void a_team_that_cannot_be_had() {
    if (SANITIZED) return;  // a sanitizer needs the memory that is taken away here
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) _exit(too_many_threads());
    int status = 0;
    waitpid(child, &status, 0);
    check(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3),
          "1024 members in a process that may not have so many threads: it was ended by signal " +
              std::to_string(WTERMSIG(status)));
}

}  // namespace

int main(int argc, char** argv) {
    return testing::run_all({{"every member works once a run", every_member_works_once_a_run},
                             {"nobody runs ahead", nobody_runs_ahead},
                             {"sleepers are woken", sleepers_are_woken},
                             {"teams come and go", teams_come_and_go},
                             {"a team that cannot be had", a_team_that_cannot_be_had}},
                            argc, argv);
}
