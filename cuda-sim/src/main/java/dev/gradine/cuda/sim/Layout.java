package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Parameter;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.cuda.sim.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Where the variables of a program lie: offsets in shared, local, constant and parameter memory, addresses in global
/// memory. Dynamic shared memory begins after the static one.
final class Layout {

    /// Where a symbol lies.
    ///
    /// @param address in its space
    record Symbol(Space space, long address) {}

    private static final int DYNAMIC_ALIGN = 1024;
    private static final int MAX_SHARED = 232_448;
    private static final int MAX_LOCAL = 512 << 10;

    private final Map<String, Symbol> symbols = new HashMap<>();
    private final Region constants;
    private int sharedBytes;
    private int localBytes;

    /// @param globals addresses of the module's global variables
    Layout(PtxModule module, Entry entry, Map<String, Long> globals) {
        globals.forEach((name, address) -> symbols.put(name, new Symbol(Space.GLOBAL, address)));
        for (Parameter p : entry.parameters()) symbols.put(p.name(), new Symbol(Space.PARAM, p.offset()));
        List<Variable> all = new ArrayList<>(module.variables());
        all.addAll(entry.variables());
        constants = new Region("constant memory", 0, new byte[constantBytes(all)]);
        for (Variable v : all) fill(v);
        for (Variable v : all)
            if (v.space() == Variable.Space.SHARED && v.bytes() > 0) sharedBytes = place(v, sharedBytes);
        for (Variable v : all) if (v.space() == Variable.Space.LOCAL) localBytes = place(v, localBytes);
        dynamic(all);
        require(entry, "shared", sharedBytes, MAX_SHARED);
        require(entry, "local", localBytes, MAX_LOCAL);
    }

    private static void require(Entry entry, String what, int bytes, int most) {
        if (bytes > most) {
            throw new IllegalArgumentException(
                    "%s: %,d bytes of %s memory, expected <= %,d".formatted(entry.name(), bytes, what, most));
        }
    }

    private int constantBytes(List<Variable> all) {
        int bytes = 0;
        for (Variable v : all) if (v.space() == Variable.Space.CONST) bytes = place(v, bytes);
        return bytes;
    }

    private void fill(Variable v) {
        if (v.space() != Variable.Space.CONST) return;
        byte[] initial = v.initial();
        System.arraycopy(initial, 0, constants.bytes, (int) at(v.name()).address(), initial.length);
    }

    private int place(Variable v, int after) {
        int at = Math.ceilDiv(after, v.align()) * v.align();
        symbols.put(v.name(), new Symbol(Space.valueOf(v.space().name()), at));
        return Math.addExact(at, v.bytes());
    }

    private void dynamic(List<Variable> all) {
        boolean isThere = false;
        for (Variable v : all) isThere |= v.space() == Variable.Space.SHARED && v.bytes() == 0;
        if (!isThere) return;
        if (sharedBytes > 0) sharedBytes = Math.ceilDiv(sharedBytes, DYNAMIC_ALIGN) * DYNAMIC_ALIGN;
        for (Variable v : all) {
            if (v.bytes() == 0) symbols.put(v.name(), new Symbol(Space.SHARED, sharedBytes));
        }
    }

    boolean has(String name) {
        return symbols.containsKey(name);
    }

    Symbol at(String name) {
        Symbol s = symbols.get(name);
        if (s == null) throw new IllegalStateException(name + " has no place, expected one of " + symbols.keySet());
        return s;
    }

    Region constants() {
        return constants;
    }

    int sharedBytes() {
        return sharedBytes;
    }

    int localBytes() {
        return localBytes;
    }
}
