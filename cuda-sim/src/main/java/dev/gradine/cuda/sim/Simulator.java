package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.cuda.sim.ptx.Variable;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// A GPU that is a program: executes the PTX of the kernels, one block after the other, and refuses what
/// no kernel may do: accesses outside of an allocation or misaligned, divergent barriers, deadlock,
/// divisions without a result.
///
/// A launch has ended when `launch` returns, and throws a `Fault` where the kernel was wrong. Results do
/// not depend on the machine. Not for several threads at once.
public final class Simulator implements Gpu {

    private static final int MAX_SHARED = 227 << 10;
    private static final int MAX_THREADS = 1024;
    private static final int MAX_GRID_YZ = 65535;
    private static final int MAX_PROGRAMS = 256;
    private static final int HOPPER = 90;

    private final Options options;
    private final Function<String, PtxModule> source;
    private final GlobalMemory memory;
    private final Map<String, PtxModule> modules = new HashMap<>();
    private final Map<String, Map<String, Long>> globals = new HashMap<>();
    private final Map<Started, Program> programs = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Started, Program> eldest) {
            return size() > MAX_PROGRAMS;
        }
    };
    private long firstBlock = 1;
    private final Map<String, Tally> tallies = new TreeMap<>();
    private final List<Observer> observers = new ArrayList<>();

    private record Started(Kernel kernel, Grid grid) {}

    /// The shipped kernels on a GPU with default options.
    public Simulator() {
        this(Options.defaults());
    }

    /// The shipped kernels.
    public Simulator(Options options) {
        this(options, Simulator::shipped);
    }

    /// Kernels from elsewhere.
    ///
    /// @param source the module of a file's stem
    public Simulator(Options options, Function<String, PtxModule> source) {
        this.options = options;
        this.source = source;
        this.memory = new GlobalMemory(name(options), options.memoryBytes(), options.isWatched());
    }

    /// The PTX of that stem among the resources.
    ///
    /// @throws IllegalArgumentException if there is none
    public static PtxModule shipped(String stem) {
        String file = stem + ".ptx";
        try (InputStream in = Gpu.class.getResourceAsStream("/ptx/" + file)) {
            if (in == null) throw new IllegalArgumentException("simulator: no " + file + " among the resources");
            return PtxModule.parse(file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    private static String name(Options options) {
        return "simulator (sm_" + options.capability() + ")";
    }

    @Override
    public String name() {
        return name(options);
    }

    @Override
    public int capability() {
        return options.capability();
    }

    @Override
    public int multiprocessors() {
        return 1;
    }

    @Override
    public int sharedBytesPerBlock() {
        return MAX_SHARED;
    }

    @Override
    public boolean runs(Kernel kernel) {
        return !kernel.isHopper() || options.capability() == HOPPER;
    }

    @Override
    public long allocate(long bytes) {
        return memory.allocate(bytes).base;
    }

    @Override
    public void free(long address) {
        memory.free(address);
    }

    @Override
    public void forget(long address, long bytes) {
        memory.forget(address, bytes);
    }

    @Override
    public boolean checksBounds() {
        return true;
    }

    @Override
    public long freeBytes() {
        return memory.freeBytes();
    }

    @Override
    public void upload(MemorySegment from, long to) {
        memory.upload(from, to);
    }

    @Override
    public void download(long from, MemorySegment to) {
        memory.download(from, to);
    }

    @Override
    public void copy(long from, long to, long bytes) {
        memory.copy(from, to, bytes);
    }

    @Override
    public void fill(long to, byte value, long bytes) {
        memory.fill(to, value, bytes);
    }

    /// Lets `observer` see every warp instruction of the launches from now on.
    public void observe(Observer observer) {
        observers.add(observer);
    }

    /// What that kernel did so far.
    ///
    /// @throws IllegalArgumentException if it was never launched
    public Counters counters(String entry) {
        Tally tally = tallies.get(entry);
        if (tally != null) return tally.counters();
        throw new IllegalArgumentException(
                "counters: kernel is %s, expected one that was launched: %s".formatted(entry, tallies.keySet()));
    }

    /// What every kernel did so far, by name.
    public Map<String, Counters> counters() {
        Map<String, Counters> all = new TreeMap<>();
        tallies.forEach((entry, tally) -> all.put(entry, tally.counters()));
        return all;
    }

    @Override
    public void launch(Kernel kernel, Grid grid, Object... arguments) {
        PtxModule module = modules.computeIfAbsent(kernel.file(), source);
        Entry entry = module.entry(kernel.entry());
        require(kernel, entry, grid);
        requireTarget(module);
        Arguments given = Arguments.of(kernel, entry, arguments);
        Program program = programs.computeIfAbsent(new Started(kernel, grid), _ -> decode(module, entry, grid));
        if (program.sharedBytes() + grid.sharedBytes() > MAX_SHARED) {
            throw new IllegalArgumentException("%s: %,d bytes of shared memory, expected <= %,d"
                    .formatted(kernel, program.sharedBytes() + grid.sharedBytes(), MAX_SHARED));
        }
        Tally tally = tallies.computeIfAbsent(kernel.entry(), _ -> new Tally(entry));
        tally.begin(grid.threads(), program.sharedBytes() + grid.sharedBytes());
        Launch launch = new Launch(
                kernel, program, grid, memory, given, new Launch.Run(options, tally, List.copyOf(observers)));
        Block block = new Block(launch);
        int blocks = Math.toIntExact((long) grid.x() * grid.y() * grid.z());
        int[] order = options.schedule().blocks(blocks);
        for (int i = 0; i < blocks; i++) block.run(firstBlock, order.length == 0 ? i : order[i]);
        firstBlock += blocks;
    }

    private static void require(Kernel kernel, Entry entry, Grid grid) {
        int most = entry.maxThreads() == 0 ? MAX_THREADS : entry.maxThreads();
        if (grid.threads() < 1 || grid.threads() > most) {
            throw new IllegalArgumentException(
                    "%s: threads is %d, expected 1 to %d".formatted(kernel, grid.threads(), most));
        }
        boolean isOutside = grid.y() > MAX_GRID_YZ || grid.z() > MAX_GRID_YZ;
        if (isOutside || grid.x() < 1 || grid.y() < 1 || grid.z() < 1 || grid.sharedBytes() < 0) {
            throw new IllegalArgumentException(
                    "%s: grid is %s, expected 1 to 65535 blocks along y and z, >= 1 along x".formatted(kernel, grid));
        }
    }

    private void requireTarget(PtxModule module) {
        if (module.target().startsWith("sm_90") && options.capability() < HOPPER) {
            throw new IllegalArgumentException("%s: target is %s, expected at most sm_%d (the simulator's)"
                    .formatted(module.file(), module.target(), options.capability()));
        }
    }

    private Program decode(PtxModule module, Entry entry, Grid grid) {
        Map<String, Long> addresses = globals.computeIfAbsent(module.file(), _ -> globals(module));
        Form.Shape shape = new Form.Shape(grid.threads(), grid.x(), grid.y(), grid.z(), grid.sharedBytes());
        return Decoder.program(module, entry, addresses, shape, options);
    }

    private Map<String, Long> globals(PtxModule module) {
        Map<String, Long> addresses = new HashMap<>();
        for (Variable v : module.variables()) {
            if (v.space() != Variable.Space.GLOBAL) continue;
            Region region = memory.allocate(v.bytes());
            byte[] initial = v.initial();
            memory.fill(region.base, (byte) 0, v.bytes());
            System.arraycopy(initial, 0, region.bytes, 0, initial.length);
            addresses.put(v.name(), region.base);
        }
        return addresses;
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
