package dev.gradine.tensor.profile;

import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Where the time of a step goes, by kernel.
///
/// The device a program computes with is exchanged for `watch(device)`. Between `begin` and `end` every call through it
/// is timed and counted; what no kernel took is the time `between kernels`, so the rows add up to the whole step. The
/// first steps are left out, for in them the program is still being compiled. For one thread, the one that calls
/// kernels.
public final class Profile {

    /// Calls of one kind and what they took.
    static final class Sum {
        long nanos;
        long calls;
        double flop;
    }

    private final int leftOut;
    private final Map<Call, Sum> sums = new HashMap<>();
    private final IdentityHashMap<Object, Object> kernels = new IdentityHashMap<>();
    private boolean counting;
    private long begun;
    private int begins;
    private int steps;
    private long total;

    /// @param leftOut how many steps at the start are not counted
    public Profile(int leftOut) {
        this.leftOut = leftOut;
    }

    /// The same device, watched; so are the lifetimes that are opened through it.
    public Kernels watch(Kernels device) {
        return Profiled.watch(Kernels.class, device, this);
    }

    /// A kernel, watched; a device gives the same one at every call.
    <T> Object kernel(Class<T> contract, Object target) {
        return kernels.computeIfAbsent(target, t -> Profiled.watch(contract, contract.cast(t), this));
    }

    /// A step begins.
    public void begin() {
        counting = begins++ >= leftOut;
        begun = System.nanoTime();
    }

    /// The step has ended. Without `begin` nothing happens.
    public void end() {
        if (!counting) return;
        counting = false;
        total += System.nanoTime() - begun;
        steps++;
    }

    /// Forgets what was counted; the next steps are left out as the first were.
    public void clear() {
        sums.clear();
        begins = 0;
        steps = 0;
        total = 0;
    }

    boolean isCounting() {
        return counting;
    }

    void add(Call call, long nanos) {
        Sum sum = sums.computeIfAbsent(call, c -> new Sum());
        sum.nanos += nanos;
        sum.calls++;
        sum.flop += call.flop();
    }

    /// Steps counted so far.
    public int steps() {
        return steps;
    }

    /// Seconds of all steps counted.
    public double seconds() {
        return total * 1e-9;
    }

    /// By op, the longest first; the time between kernels has its place among them.
    public List<ProfileRow> rows() {
        Map<String, List<ProfileRow>> byOp = new HashMap<>();
        long inKernels = 0;
        for (var e : sums.entrySet()) {
            Sum s = e.getValue();
            inKernels += s.nanos;
            byOp.computeIfAbsent(e.getKey().op(), op -> new ArrayList<>())
                    .add(new ProfileRow(e.getKey().detail(), s.nanos * 1e-9, s.calls, s.flop, List.of()));
        }
        List<ProfileRow> rows = new ArrayList<>();
        byOp.forEach((op, parts) -> rows.add(ProfileRow.sum(op, parts)));
        if (steps > 0) rows.add(new ProfileRow(ProfileRow.REST, (total - inKernels) * 1e-9, 0, 0, List.of()));
        return ProfileRow.longestFirst(rows);
    }

    /// The rows as aligned text, of one step on average, with the parts of an op that take at least 1 % of the step.
    public String table() {
        return ProfileTable.of(this, leftOut);
    }
}
