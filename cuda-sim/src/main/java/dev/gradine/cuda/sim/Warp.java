package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Groups.Mood;
import dev.gradine.cuda.sim.Mbarriers.Mbarrier;
import dev.gradine.cuda.sim.ptx.Instruction;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// 32 threads that run together: their registers, one array of lanes per register, and where they are.
///
/// ```
/// r[slot][lane]   up to 32 bits: integers, f32 as its bits, 16-bit values in the lower half
/// q[slot][lane]   64 bits
/// p[slot]         predicates, bit = lane
/// ```
///
/// `pc` is the next instruction of the lanes in `active`; the other live ones are in `groups`.
final class Warp implements WarpView {

    static final int LANES = 32;

    enum State {
        READY,
        /// At a barrier.
        WAITING,
        /// For the other warps of its warpgroup.
        GATHERING,
        DONE
    }

    final Block block;
    final Program program;
    final int index;
    final int[][] r;
    final long[][] q;
    final int[] p;
    final Region local;
    final Accesses accesses;

    /// Those that `wgmma` uses while this warp goes on.
    final WgmmaRegisters registers;

    /// A second set, for instructions with two addresses.
    final Accesses sources;

    State state = State.READY;
    int barrier;
    int active;
    int pc;

    /// The instruction being executed.
    int at;

    /// Results of a step for all lanes, before those that do not take part are left out.
    final int[] spare = new int[LANES];

    final long[] spareLong = new long[LANES];

    private final Groups groups = new Groups();
    private @Nullable Mbarrier asked;
    private boolean hasTurnEnded;
    private int vain;
    private long changes;
    private int live;
    private int started;

    Warp(Block block, int index) {
        this.block = block;
        this.index = index;
        program = block.launch.program();
        r = program.slots.ints();
        q = program.slots.longs();
        p = new int[program.slots.predicates()];
        local = new Region("local memory", 0, new byte[LANES * program.localBytes()]).watched();
        accesses = new Accesses(this);
        registers = new WgmmaRegisters(program.touched.length == 0 ? 0 : r.length);
        sources = new Accesses(this);
    }

    void reset() {
        int threads = Math.min(LANES, block.launch.grid().threads() - index * LANES);
        started = live = active = threads == LANES ? -1 : (1 << threads) - 1;
        pc = 0;
        state = State.READY;
        groups.clear();
        asked = null;
        vain = 0;
        registers.reset();
        for (int i = 0; i < program.slots.intRegisters(); i++) Arrays.fill(r[i], 0);
        for (int i = 0; i < program.slots.longRegisters(); i++) Arrays.fill(q[i], 0);
        Arrays.fill(p, 0);
        Arrays.fill(local.bytes, (byte) 0xff);
        local.forget();
        for (int lane = 0; lane < LANES; lane++) {
            r[program.slots.special(Slots.Special.TID_X)][lane] = index * LANES + lane;
            r[program.slots.special(Slots.Special.LANE)][lane] = lane;
        }
        Arrays.fill(r[program.slots.special(Slots.Special.CTAID_X)], block.x);
        Arrays.fill(r[program.slots.special(Slots.Special.CTAID_Y)], block.y);
        Arrays.fill(r[program.slots.special(Slots.Special.CTAID_Z)], block.z);
        Arrays.fill(r[program.slots.special(Slots.Special.WARP)], index);
    }

    /// Executes instructions until it has to wait, has ended, or has used up its turn.
    ///
    /// @param most instructions of a turn
    /// @param untilAccess whether an access to memory also ends the turn, once half of it is used up
    /// @return how many it executed
    long run(int most, boolean untilAccess) {
        Tally tally = block.launch.run().counters();
        boolean isWatched = !block.launch.run().observers().isEmpty();
        long threads = 0;
        int done = 0;
        int[][] touched = program.touched;
        hasTurnEnded = false;
        while (state == State.READY && done < most && !hasTurnEnded) {
            if (pc >= groups.next) regroup();
            at = pc++;
            int mask = active;
            int guard = program.guards[at];
            if (guard != 0) mask &= guard > 0 ? p[guard - 1] : ~p[-guard - 1];
            if (mask != 0) {
                if (touched.length != 0) registers.touch(this, touched[at]);
                program.steps[at].run(this, mask);
            }
            done++;
            threads += Integer.bitCount(mask);
            if (isWatched && at < program.steps.length - 1) observe(mask);
            if (untilAccess && program.isAccess[at] && done * 2 >= most) break;
        }
        tally.instructions += done;
        tally.threadInstructions += threads;
        return done;
    }

    /// The active lanes have asked in vain whether a phase is complete: others run first.
    void poll(Mbarrier m) {
        asked = m;
        vain = askedInVain() + 1;
        changes = block.mbarriers.changes();
        hasTurnEnded = groups.next == Groups.NONE;
        if (groups.isEmpty()) return;
        groups.add(pc, active, Mood.ASKING);
        resume();
    }

    /// How often its lanes have asked in vain since something last changed.
    int askedInVain() {
        return changes == block.mbarriers.changes() ? vain : 0;
    }

    /// What it waits for.
    String waitsFor() {
        return switch (state) {
            case WAITING -> "at barrier " + barrier;
            case GATHERING ->
                "at %s in PTX line %d"
                        .formatted(name(), program.instruction(at).place().ptxLine());
            default -> asked == null ? "ready" : "for " + asked;
        };
    }

    private void observe(int mask) {
        Instruction done = program.instruction(at);
        for (Observer observer : block.launch.run().observers()) observer.executed(this, done, mask);
    }

    /// The lowest group runs next; those at the same instruction join it.
    private void regroup() {
        int first = groups.next;
        if (pc > first) {
            int lanes = groups.take(first);
            groups.add(pc, active, Mood.READY);
            pc = first;
            active = lanes;
        } else {
            active |= groups.take(pc);
        }
    }

    /// The lanes in `taken` go to `target`, the other active ones go on.
    void branch(int taken, int target) {
        if (taken != active) {
            int others = active & ~taken;
            groups.add(pc, others, Mood.READY);
            active = taken;
        }
        pc = target;
    }

    /// The lanes in `mask` end.
    void exit(int mask) {
        registers.ended(this);
        block.bulkCopies.ended(this, mask);
        live &= ~mask;
        active &= ~mask;
        block.mbarriers.changed();
        block.barriers.ended(this);
        if (active == 0) resume();
    }

    private void resume() {
        if (groups.isEmpty()) {
            state = State.DONE;
            return;
        }
        pc = groups.next == Groups.NONE ? groups.other(pc) : groups.next;
        active = groups.take(pc);
    }

    /// Waits until the lanes of `members` are all at this instruction.
    ///
    /// @return whether they are; if not, the step has to return at once and will be executed again
    boolean meet(int mask, int members) {
        if ((members & ~live) != 0) {
            throw fault(lanes(members & ~live) + " are to take part in " + name() + " and have ended", "live threads");
        }
        if ((members & ~mask) == 0) return true;
        int joined = groups.take(at);
        if (joined != 0) {
            active |= joined;
            pc = at;
            return false;
        }
        if (groups.next == Groups.NONE && !groups.isAsking()) {
            throw fault(
                    "%s execute %s and %s do not".formatted(lanes(mask), name(), lanes(members & ~mask)),
                    lanes(members) + " at it together");
        }
        groups.add(at, active, Mood.BLOCKED);
        resume();
        return false;
    }

    /// A fault that a class without knowledge of kernels has found.
    Fault fault(AccessException e, long address) {
        return fault(e.thread() % LANES, address, e.happened(), e.expected());
    }

    /// Where a step writes its lanes for register `slot`; `end` follows.
    int[] begin(int slot, int mask) {
        return mask == -1 ? r[slot] : spare;
    }

    /// Keeps what the lanes outside of `mask` had.
    void end(int slot, int mask) {
        if (mask == -1) return;
        int[] d = r[slot];
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            d[lane] = spare[lane];
        }
    }

    /// `begin` for 64 bits.
    long[] beginLong(int slot, int mask) {
        return mask == -1 ? q[slot] : spareLong;
    }

    /// `end` for 64 bits.
    void endLong(int slot, int mask) {
        if (mask == -1) return;
        long[] d = q[slot];
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            d[lane] = spareLong[lane];
        }
    }

    /// One bit per lane that is a thread of the block, ended or not.
    int all() {
        return started;
    }

    /// Whether some of its threads have ended.
    boolean hasEndedThreads() {
        return live != started;
    }

    String name() {
        return program.instruction(at).name();
    }

    static String lanes(int mask) {
        if (mask == -1) return "all lanes";
        StringBuilder text = new StringBuilder(Integer.bitCount(mask) == 1 ? "lane " : "lanes ");
        for (int lane = 0; lane < LANES; lane++) {
            if ((mask >>> lane & 1) == 0) continue;
            int last = lane;
            while (last + 1 < LANES && (mask >>> (last + 1) & 1) != 0) last++;
            text.append(lane).append(last > lane ? " to " + last : "").append(", ");
            lane = last;
        }
        return text.substring(0, text.length() - 2);
    }

    /// What no single thread did.
    Fault fault(String happened, String expected) {
        return new Fault(where(-1), Fault.NO_ADDRESS, happened, expected);
    }

    /// What one lane did, at an address or `Fault.NO_ADDRESS`.
    Fault fault(int lane, long address, String happened, String expected) {
        return new Fault(where(lane), address, happened, expected);
    }

    private Fault.Where where(int lane) {
        int thread = lane < 0 ? -1 : index * LANES + lane;
        return new Fault.Where(block.launch.kernel(), program.instruction(at).place(), block.coordinates(), thread);
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public int block() {
        return block.index;
    }

    @Override
    public int live() {
        return live;
    }

    @Override
    public long[] register(int number) {
        long[] values = new long[LANES];
        int slot = program.slots.slot(number);
        PtxType type = type(number);
        for (int lane = 0; lane < LANES; lane++) {
            values[lane] = type == PtxType.PRED
                    ? p[slot] >>> lane & 1
                    : type.bytes() == 8 ? q[slot][lane] : r[slot][lane] & 0xffff_ffffL;
        }
        return values;
    }

    @Override
    public PtxType type(int number) {
        return program.slots.declared(number).type();
    }

    @Override
    public String name(int number) {
        return program.slots.declared(number).name();
    }

    @Override
    public byte[] shared() {
        return block.shared.bytes.clone();
    }
}
