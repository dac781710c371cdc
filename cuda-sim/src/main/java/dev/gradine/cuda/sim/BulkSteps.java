package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;
import dev.gradine.gpu.TensorMap;
import java.util.List;
import java.util.Optional;

/// `cp.async.bulk.*`: copies of boxes of tensors, and of rows of bytes, by the copy engine.
final class BulkSteps {

    private static final int PIECE = 16;

    private BulkSteps() {}

    static Step step(Form f) {
        if (f.take("commit_group")) return commit(f);
        if (f.take("wait_group")) return await(f);
        if (f.take("prefetch")) return Control.hint(f);
        if (f.take("tensor")) return tensor(f);
        return run(f);
    }

    private static Step commit(Form f) {
        f.finish(0);
        return (w, mask) -> w.block.bulkCopies.commit(w, mask);
    }

    private static Step await(Form f) {
        boolean isRead = f.take("read");
        f.finish(1);
        int n = f.number(0);
        return (w, mask) -> w.block.bulkCopies.await(w, mask, n, isRead);
    }

    /// A box of a tensor, as an instruction names it.
    ///
    /// @param map slot of the address of its tensor map
    /// @param at slots of the coordinates
    @SuppressWarnings("ArrayRecordComponent") // made once per instruction, never compared
    private record Where(int map, int[] at) {

        TensorBox box(Warp w, int lane) {
            long address = w.q[map][lane];
            TensorMap of = Space.of(address) == Space.PARAM
                    ? w.block.launch.arguments().map(address - Space.PARAM.window)
                    : null;
            if (of == null) {
                throw w.fault(
                        lane,
                        address,
                        "%s with a tensor map at 0x%x, where there is none".formatted(w.name(), address),
                        "the address of a parameter that was given one");
            }
            if (of.sizes().size() != at.length) {
                throw w.fault(
                        lane,
                        address,
                        "%s of a tensor of %d dimensions"
                                .formatted(w.name(), of.sizes().size()),
                        "one of " + at.length);
            }
            int[] first = new int[at.length];
            for (int d = 0; d < first.length; d++) first[d] = w.r[at[d]][lane];
            TensorBox box = new TensorBox(new EngineAccess(w, lane), of, first);
            if (box.fillsSwizzle()) return box;
            throw w.fault(
                    lane,
                    address,
                    "%s of a box of %s values with swizzle %d".formatted(w.name(), of.box(), of.swizzle()),
                    "rows of as many bytes as the swizzle");
        }
    }

    private static Where where(Form f, int operand, int dimensions) {
        if (!(f.operand(operand) instanceof Operand.Box(Operand map, List<Operand> at))) {
            throw f.error(f.operand(operand) + ", expected [map, {x, …}]");
        }
        if (at.size() != dimensions) throw f.error(at.size() + " coordinates, expected " + dimensions);
        int[] slots = at.stream().mapToInt(o -> f.slot(o, PtxType.S32, true)).toArray();
        return new Where(f.slot(map, PtxType.U64, true), slots);
    }

    /// `cp.async.bulk.tensor.Nd.shared::cluster.global.tile.mbarrier::complete_tx::bytes [to], [map,
    /// {…}], [mbarrier]` or `cp.async.bulk.tensor.Nd.global.shared::cta.tile.bulk_group [map, {…}],
    /// [from]`.
    private static Step tensor(Form f) {
        int dimensions =
                Integer.parseInt(f.takeOne("0d", "1d", "2d", "3d", "4d", "5d").substring(0, 1));
        if (dimensions == 0) throw f.error("expected .1d to .5d");
        f.ignore("tile");
        boolean loads = loads(f);
        int hints = f.take("L2::cache_hint") ? 1 : 0;
        f.finish((loads ? 3 : 2) + hints);
        return loads ? load(f, dimensions) : store(f, dimensions);
    }

    /// Whether a copy goes to shared memory, else from there.
    private static boolean loads(Form f) {
        boolean loads = f.take("mbarrier::complete_tx::bytes");
        if (!loads && !f.take("bulk_group")) throw f.error("expected .mbarrier::complete_tx::bytes or .bulk_group");
        boolean isShared = f.take("shared::cta") || (loads && f.take("shared::cluster"));
        if (!isShared || !f.take("global")) throw f.error("expected a copy between shared and global memory");
        return loads;
    }

    /// `cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [to], [from], size, [mbarrier]` or
    /// `cp.async.bulk.global.shared::cta.bulk_group [to], [from], size`.
    private static Step run(Form f) {
        boolean loads = loads(f);
        int hints = f.take("L2::cache_hint") ? 1 : 0;
        f.finish((loads ? 4 : 3) + hints);
        Target shared = f.target(loads ? 0 : 1, Space.SHARED);
        Target global = f.target(loads ? 1 : 0, Space.GLOBAL);
        int size = f.slot(2, PtxType.U32);
        Optional<Target> mbarrier = loads ? Optional.of(f.target(3, Space.SHARED)) : Optional.empty();
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                BulkSource.Run run = run(w, lane, global.address(w, lane), w.r[size][lane]);
                long at = shared.address(w, lane);
                if (mbarrier.isEmpty()) {
                    w.block.bulkCopies.store(w, lane, run, at);
                    continue;
                }
                int counts = MbarrierSteps.locate(w, mbarrier.get(), 1 << lane);
                w.block.bulkCopies.load(w, lane, run, at, w.block.mbarriers.at(w, lane, counts));
            }
        };
    }

    private static BulkSource.Run run(Warp w, int lane, long address, int size) {
        if (size > 0 && (size | address) % PIECE == 0) {
            return new BulkSource.Run(new EngineAccess(w, lane), address, size);
        }
        throw w.fault(
                lane,
                address,
                "%s of %,d bytes at 0x%x of global memory".formatted(w.name(), size, address),
                "multiples of 16");
    }

    private static Step load(Form f, int dimensions) {
        Target to = f.target(0, Space.SHARED);
        Where from = where(f, 1, dimensions);
        Target mbarrier = f.target(2, Space.SHARED);
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                int counts = MbarrierSteps.locate(w, mbarrier, 1 << lane);
                w.block.bulkCopies.load(
                        w, lane, from.box(w, lane), to.address(w, lane), w.block.mbarriers.at(w, lane, counts));
            }
        };
    }

    private static Step store(Form f, int dimensions) {
        Where to = where(f, 0, dimensions);
        Target from = f.target(1, Space.SHARED);
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.block.bulkCopies.store(w, lane, to.box(w, lane), from.address(w, lane));
            }
        };
    }
}
