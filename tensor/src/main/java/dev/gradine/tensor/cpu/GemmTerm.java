package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;

/// One product `alpha · A[M,K] · B[K,N]` of a sum, and how its K is cut.
final class GemmTerm {

    private static final int GROUP = 848; // the most of K that a block of A holds
    private static final int BLOCK = 32; // runs and stages begin where a block of a quantised type does
    private static final int RUN_AS_IT_LIES = 64; // rows of B whose pages a first-level translation buffer holds
    private static final int FEW_ROWS = 32; // up to here packing B costs more than reading it unevenly

    final int k;
    final int n;

    /// Values of K for which a panel's part stays in a first-level cache.
    final int run;

    /// Values of K in one block of A: whole runs.
    final int group;

    /// Columns of a panel.
    final int width;

    /// Columns that begin a stage: whole panels and whole blocks.
    final int unit;

    private final PackRows rows;
    private final Pack columns;
    private final long direct; // address of B if it can stand in for its panels, else 0

    /// @param m rows of A
    /// @param n columns of B
    GemmTerm(Gemm.Form form, Tensor a, Tensor b, float alpha, int m, int n) {
        this.k = a.shape().dim(form == Gemm.Form.TN ? 0 : 1);
        this.n = n;
        this.width = MicroKernel.width(n);
        this.unit = Math.max(width, BLOCK);
        this.rows = new PackRows(a, form == Gemm.Form.TN, alpha);
        this.columns = new Pack(b, form == Gemm.Form.NT, n, k, width);
        boolean lies = form != Gemm.Form.NT && b.dtype() == DType.F32 && m <= FEW_ROWS && n % width == 0;
        this.direct = lies ? Native.address(b) : 0;
        int most = lies ? RUN_AS_IT_LIES : MicroKernel.RUN;
        int runs = (k + most - 1) / most;
        this.run = Gemm.roundUp((k + runs - 1) / runs, BLOCK);
        this.group = GROUP / run * run;
    }

    /// Rows `p … p + depth` of some columns, to be packed at an address.
    Stage stage(long panels, int from, int to, int p, int depth) {
        int end = Math.min(k, p + depth);
        return direct == 0
                ? new Stage(panels, from, to, p, end, width, width, (long) width * (end - p))
                : new Stage(direct + 4 * ((long) p * n + from), from, to, p, end, width, n, width);
    }

    /// How many parts packing a stage has.
    int parts(Stage s) {
        return direct == 0 ? columns.parts(s) : 0;
    }

    /// Packs one part of a stage.
    void pack(Stage s, int part) {
        columns.part(s, part);
    }

    /// Packs all of a stage.
    void pack(Stage s) {
        for (int i = 0; i < parts(s); i++) pack(s, i);
    }

    /// Packs rows `i0 …` of A, tile after tile, and as much of K from `p` on as one block holds.
    void pack(Rows to, int i0, int count, int p, int end) {
        int depth = Math.min(end - p, group);
        to.hold(count, p, depth, run);
        for (int i = 0, height; i < count; i += height) {
            height = MicroKernel.height(width, count - i);
            rows.pack(i0 + i, Math.min(height, count - i), height, p, depth, to.values, i * depth);
        }
    }

    /// A block of A: tile after tile `[depth][rows of the tile]`. One object for each thread, used again and again.
    static final class Rows {
        private float[] values = {};
        private int from;
        private int depth;
        private int run;

        private void hold(int count, int from, int depth, int run) {
            int needed = (count + MicroKernel.TALLEST) * depth + MicroKernel.L;
            if (values.length < needed) values = new float[Math.max(needed, 2 * values.length)];
            this.from = from;
            this.depth = depth;
            this.run = run;
        }

        float[] values() {
            return values;
        }

        /// First value of K.
        int from() {
            return from;
        }

        /// Values of K.
        int depth() {
            return depth;
        }

        /// Values of K for which a panel's part stays in a first-level cache.
        int run() {
            return run;
        }
    }

    /// Columns `from … to` and rows `p0 … p1` of B, packed or as they lie.
    ///
    /// @param ld values from one row to the next
    /// @param panel values from one panel to the next
    record Stage(long address, int from, int to, int p0, int p1, int width, int ld, long panel) {

        /// Address of row `p` in the panel that begins with column `j`.
        long at(int j, int p) {
            return address + 4 * ((j - from) / width * panel + (long) (p - p0) * ld);
        }

        int depth() {
            return p1 - p0;
        }

        /// Whether B stands in for its panels.
        boolean asItLies() {
            return panel == width;
        }
    }
}
