// Which tile of a product a block computes: tiles go down eight rows of tiles, then to the next column, so that
// blocks that run together share rows of one matrix and columns of the other in the second-level cache.
#pragma once

struct Tile {
    int row, column;  // first of each
};

__device__ inline Tile tile_of_block(int rows, int columns, int side) {
    const int group = 8;
    int down = (rows + side - 1) / side, across = (columns + side - 1) / side;
    int block = blockIdx.x;
    int first = block / (group * across) * group;
    int height = min(group, down - first);
    int within = block - first * across;
    return {(first + within % height) * side, within / height * side};
}

// A share of the sum, for products of few tiles and long sums: block z of the grid sums k in [begin, end).
struct Range {
    int begin, end;
};

__device__ inline Range range_of_block(int k, int step) {
    int each = ((k + gridDim.z - 1) / gridDim.z + step - 1) / step * step;
    int begin = min(k, (int)blockIdx.z * each);
    return {begin, min(k, begin + each)};
}
