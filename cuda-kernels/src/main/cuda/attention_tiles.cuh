// What one block of an attention kernel does, as the host has listed it from the sequences of a packed batch.
#pragma once

#include "matrix.cuh"

// Queries of one sequence and the keys they see. Keys are numbered as the queries see them: first those of the shared
// prompt, then the sequence's own. Query i sees keys behind + i ... ahead + i, of keys 0 ... end - 1.
struct QueryTile {
    int query, queries;      // first row, number of rows
    int shared, sharedKeys;  // first row and number of the prompt's keys
    int own;                 // first row of the sequence's own keys
    int ahead, behind, end;

    // The first key that some query sees.
    __device__ int begin() const { return max(0, behind); }
    __device__ bool sees(int i, int key) const { return key >= behind + i && key <= ahead + i && key < end; }
};

__device__ inline int key_row(const QueryTile& t, int key) {
    return key < t.sharedKeys ? t.shared + key : t.own + key - t.sharedKeys;
}

const int PAGE = 96;  // rows

// Where keys lie in pages, the tile has numbers of rows in these pages, laid in a row; without pages, `pages` is 0.
__device__ inline int key_row(const QueryTile& t, const int* pages, int key) {
    unsigned row = key_row(t, key);
    return pages == 0 ? row : pages[row / PAGE] * PAGE + row % PAGE;
}

// Keys of one sequence; sources first ... end - 1 see some of them.
struct KeyTile {
    int key, keys;
    int first, end;
};

// Queries of one sequence, of which query i sees keys behind + i ... ahead + i of a tile.
struct Source {
    int query, queries;
    int ahead, behind;

    __device__ bool sees(int i, int key) const { return key >= behind + i && key <= ahead + i; }
};

// q, y [Nq,heads,d]; k, v [Nk,kvHeads,d]; no soft cap where it is 0
struct Heads {
    int heads, kvHeads, d;
    float scale, softCap;
};

__device__ inline float minus_infinity() { return __int_as_float(0xff800000); }

__device__ inline float warp_max(float x) {
    for (int i = 16; i > 0; i /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, i));
    return x;
}

__device__ inline float warp_sum(float x) {
    for (int i = 16; i > 0; i /= 2) x += __shfl_xor_sync(0xffffffffu, x, i);
    return x;
}
