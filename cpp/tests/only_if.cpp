// only_if LEVEL PROGRAM ...: runs a program that was built for one instruction set, or says that it is skipped.
#include <unistd.h>
#include <cstdio>

#include "levels.hpp"

int main(int argc, char** argv) {
    if (argc < 3) return std::puts("only_if LEVEL PROGRAM ..."), 2;
    if (!pellucid::level_named(argv[1])) return std::printf("SKIPPED: this processor does not run %s\n", argv[1]), 0;
    execv(argv[2], argv + 2);
    return std::perror(argv[2]), 2;
}
