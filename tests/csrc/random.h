/* Pseudo-random numbers that are the same on every machine and in every run (xorshift64*). */
#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

static uint64_t random_state = 0x9e3779b97f4a7c15u;

/* 0 to below - 1. */
static inline size_t random_below(size_t below) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (size_t)((random_state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* True once in `times`, on average. */
static inline int random_once_in(size_t times) { return random_below(times) == 0; }

#endif
