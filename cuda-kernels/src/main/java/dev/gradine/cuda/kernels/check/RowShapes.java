package dev.gradine.cuda.kernels.check;

import java.util.List;

/// Rows of the kernels of which a block works on one row: shorter and longer than a warp, whole groups of 16 bytes and
/// not, more of them than a small GPU has blocks, of one warp and of several, and too long to stay in registers.
final class RowShapes {

    /// Rows and columns.
    record Rows(int n, int c) {}

    private static final List<Rows> ALL = List.of(
            new Rows(0, 8),
            new Rows(1, 1),
            new Rows(3, 7),
            new Rows(2, 31),
            new Rows(5, 33),
            new Rows(70, 64),
            new Rows(3, 65),
            new Rows(2, 1000),
            new Rows(5, 4099),
            new Rows(9, 8192),
            new Rows(1, 33_000));

    private RowShapes() {}

    static List<Rows> all() {
        return ALL;
    }
}
