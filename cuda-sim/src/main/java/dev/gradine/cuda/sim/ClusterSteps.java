package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;

/// What concerns several warps or blocks at once: clusters, of one block here, and the registers of a warpgroup.
final class ClusterSteps {

    private static final int ALL = -1;
    private static final int FEWEST = 24;
    private static final int MOST = 256;
    private static final int UNIT = 8;

    private ClusterSteps() {}

    /// `mapa.shared::cluster.u32 d, a, rank`: the address in the block of that rank, which is 0; `getctarank d, a`.
    static Step address(Form f, boolean isMapped) {
        f.ignore("shared::cluster");
        PtxType type = f.takeType();
        f.finish(isMapped ? 3 : 2);
        PtxType wide = f.isLong(f.operand(1)) ? PtxType.U64 : PtxType.U32;
        int d = f.slot(0, type);
        int a = f.slot(1, isMapped ? type : wide);
        boolean isLong = type.bytes() == 8;
        int rank = isMapped ? f.slot(2, PtxType.U32) : -1;
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                if (rank >= 0 && w.r[rank][lane] != 0) {
                    throw w.fault(
                            lane, Fault.NO_ADDRESS, "mapa for rank " + w.r[rank][lane], "0 (a cluster has one block)");
                }
                if (!isMapped) w.r[d][lane] = 0;
                else if (isLong) w.q[d][lane] = w.q[a][lane];
                else w.r[d][lane] = w.r[a][lane];
            }
        };
    }

    /// `barrier.cluster.arrive{.release}{.aligned}` and `barrier.cluster.wait{.acquire}{.aligned}`.
    static Step barrier(Form f) {
        boolean waits = f.take("wait");
        if (!waits && !f.take("arrive")) throw f.error("expected .arrive or .wait");
        f.ignore("release", "acquire", "relaxed", "aligned");
        f.finish(0);
        return (w, mask) -> {
            if (w.meet(mask, w.live())) w.block.barriers.cluster(w, waits);
        };
    }

    /// `setmaxnreg.{inc,dec}.sync.aligned.u32 n`: how many registers a thread has from now on. Which are free nobody
    /// knows here; that the warpgroup agrees is tested.
    static Step registers(Form f) {
        boolean isMore = f.take("inc");
        if (!isMore && !f.take("dec")) throw f.error("expected .inc or .dec");
        if (!f.take("sync") || !f.take("aligned") || !f.take("u32")) throw f.error("expected .sync.aligned.u32");
        f.finish(1);
        int n = f.number(0);
        if (n < FEWEST || n > MOST || n % UNIT != 0) {
            throw f.error("registers is %d, expected a multiple of 8 from 24 to 256".formatted(n));
        }
        return (w, mask) -> {
            if (w.meet(mask, ALL)) w.block.warpgroups[w.index / Warpgroup.WARPS].gather(w, n, isMore ? 1 : 0);
        };
    }
}
