package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Instruction;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Gpu;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// Tells what one warp of a kernel does, instruction by instruction: the line of the source, where it
/// reads and writes, the registers that change as a table of lanes, the matrices of a tensor core, the
/// bytes of shared memory that change.
///
/// ```
/// 3  gemm_bf16.cuh:62  shl.b32 %r7, %r1, 4;
///      %r7   16·lane
/// ```
public final class Trace {

    private static final int AMPERE = 80;
    private static final int HOPPER = 90;

    private static final Set<String> WITHOUT_RESULT = Set.of(
            "st",
            "bra",
            "bar",
            "barrier",
            "cp",
            "ret",
            "exit",
            "red",
            "membar",
            "fence",
            "trap",
            "prefetch",
            "stmatrix",
            "wgmma",
            "setmaxnreg",
            "griddepcontrol");

    /// Which instructions are told of.
    ///
    /// @param block index of the block in its grid
    /// @param warp index of the warp in its block
    /// @param from text that the first instruction contains, such as `mma`; empty for the warp's first
    /// @param count how many, at most
    public record Window(int block, int warp, String from, int count) {

        /// The first 200 instructions of the first warp.
        public static Window defaults() {
            return new Window(0, 0, "", 200);
        }
    }

    private final String entry;
    private final Window window;
    private final Consumer<String> out;
    private final Set<Instruction> instructions = Collections.newSetFromMap(new IdentityHashMap<>());
    private byte[] shared = new byte[0];
    /// Accumulators of the warp's last `wgmma`.
    private Operand sums = new Operand.Vector(List.of());

    private boolean begun;
    private boolean over;
    private int told;

    private Trace(String entry, Window window, Consumer<String> out) {
        this.entry = entry;
        this.window = window;
        this.out = out;
    }

    /// Runs `work` on a simulated GPU and tells of the first launch of a kernel in it: on an sm_80, or where that does
    /// not launch it on an sm_90.
    ///
    /// @param entry name of the kernel, such as `mat_mul_nt_bf16`
    /// @param work launches kernels, that one among them
    /// @param out takes the lines
    /// @throws IllegalArgumentException if `work` does not launch the kernel, or nothing of it is in the window
    public static void run(String entry, Window window, Consumer<Gpu> work, Consumer<String> out) {
        run(entry, window, Simulator::shipped, work, out);
    }

    /// The same with kernels from elsewhere.
    static void run(
            String entry, Window window, Function<String, PtxModule> source, Consumer<Gpu> work, Consumer<String> out) {
        int capability = isLaunched(AMPERE, entry, source, work) ? AMPERE : HOPPER;
        Trace trace = new Trace(entry, window, out);
        Options options = Options.defaults().withCapability(capability);
        try (Simulator gpu = new Simulator(options, stem -> trace.module(source.apply(stem)))) {
            gpu.observe(trace::executed);
            work.accept(gpu);
            trace.requireTold(gpu);
        }
    }

    /// Whether `work` launches the kernel of that name, on an sm_80 or an sm_90.
    public static boolean launches(String entry, Consumer<Gpu> work) {
        return isLaunched(AMPERE, entry, Simulator::shipped, work)
                || isLaunched(HOPPER, entry, Simulator::shipped, work);
    }

    private static boolean isLaunched(
            int capability, String entry, Function<String, PtxModule> source, Consumer<Gpu> work) {
        try (Simulator gpu = new Simulator(Options.defaults().withCapability(capability), source)) {
            work.accept(gpu);
            return gpu.counters().containsKey(entry);
        }
    }

    private PtxModule module(PtxModule module) {
        for (Entry e : module.entries()) if (e.name().equals(entry)) instructions.addAll(e.instructions());
        return module;
    }

    private void requireTold(Simulator gpu) {
        if (told > 0) return;
        if (!gpu.counters().containsKey(entry)) {
            throw new IllegalArgumentException("trace: kernel is %s, expected one of %s (that this case launches)"
                    .formatted(entry, gpu.counters().keySet()));
        }
        throw new IllegalArgumentException(
                "trace: block is %d, warp %d, from \"%s\", expected an instruction of %s that such a warp executes"
                        .formatted(window.block, window.warp, window.from, entry));
    }

    private void executed(WarpView warp, Instruction instruction, int mask) {
        if (over || warp.block() != window.block || !instructions.contains(instruction)) return;
        boolean ours = warp.index() == window.warp;
        if (ours && !begun && instruction.text().contains(window.from)) begun = true;
        if (ours && instruction.has("mma_async")) sums = instruction.operands().getFirst();
        if (shared.length == 0) shared = warp.shared();
        if (begun && ours) tell(warp, instruction, mask);
        if (changesShared(instruction)) shared = warp.shared();
    }

    private void tell(WarpView warp, Instruction instruction, int mask) {
        String place = instruction.place().hasSource()
                ? instruction.place().file() + ":" + instruction.place().line()
                : instruction.place().toString();
        out.accept(
                "%d  %s  %s%s%s".formatted(++told, place, guard(instruction), instruction.text(), lanes(warp, mask)));
        if (mask != 0) show(warp, instruction, mask);
        over = told >= window.count
                || instruction.opcode().equals("ret")
                || instruction.opcode().equals("exit");
    }

    private static String guard(Instruction instruction) {
        if (instruction.guard().isEmpty()) return "";
        return switch (instruction.guard().getFirst()) {
            case Operand.Register r -> "@" + r.name() + " ";
            case Operand.Not n -> "@!" + n.register().name() + " ";
            default -> "";
        };
    }

    private static String lanes(WarpView warp, int mask) {
        if (mask == 0) return "   (no lane)";
        return mask == -1 || mask == warp.live() ? "" : "   (" + Warp.lanes(mask) + ")";
    }

    private void show(WarpView warp, Instruction instruction, int mask) {
        for (Operand o : instruction.operands()) {
            if (o instanceof Operand.Address a && a.base() instanceof Operand.Register r) {
                long[] at = warp.register(r.index());
                for (int lane = 0; lane < at.length; lane++) at[lane] += a.offset();
                LaneTable.lines("at", LaneTable.Style.ADDRESS, at, mask).forEach(this::indent);
            }
        }
        if (instruction.opcode().equals("mma")) {
            Fragments.lines(warp, instruction).forEach(this::indent);
        } else if (instruction.text().equals("wgmma.wait_group.sync.aligned 0")) {
            Fragments.sums(warp, sums).forEach(this::indent);
        } else if (!WITHOUT_RESULT.contains(instruction.opcode())) {
            for (Operand.Register r : results(instruction)) {
                LaneTable.lines(r.name(), style(warp, instruction, r), warp.register(r.index()), mask)
                        .forEach(this::indent);
            }
        }
        if (changesShared(instruction)) {
            SharedTable.changes(shared, warp.shared(), isBf16(instruction)).forEach(this::indent);
        }
    }

    private void indent(String line) {
        out.accept("     " + line);
    }

    private static List<Operand.Register> results(Instruction instruction) {
        List<Operand.Register> registers = new ArrayList<>();
        if (!instruction.operands().isEmpty()) collect(instruction.operands().getFirst(), registers);
        return registers;
    }

    static void collect(Operand o, List<Operand.Register> to) {
        switch (o) {
            case Operand.Register r -> to.add(r);
            case Operand.Vector v -> v.elements().forEach(e -> collect(e, to));
            case Operand.Pair p -> {
                collect(p.first(), to);
                collect(p.second(), to);
            }
            default -> {}
        }
    }

    private LaneTable.Style style(WarpView warp, Instruction instruction, Operand.Register r) {
        boolean halves = instruction.opcode().equals("ldmatrix") || instruction.has("bf16x2");
        return LaneTable.Style.of(warp.type(r.index()), halves, isBf16(instruction));
    }

    private boolean isBf16(Instruction instruction) {
        if (instruction.has("f32")) return false;
        return entry.contains("bf16") || instruction.modifiers().stream().anyMatch(m -> m.startsWith("bf16"));
    }

    private static boolean changesShared(Instruction instruction) {
        return switch (instruction.opcode()) {
            case "st" -> instruction.has("shared");
            case "atom", "red" -> instruction.has("shared");
            case "cp" -> instruction.has("wait_group") || instruction.has("wait_all");
            case "mbarrier" -> instruction.has("try_wait") || instruction.has("test_wait");
            case "stmatrix" -> true;
            default -> false;
        };
    }
}
