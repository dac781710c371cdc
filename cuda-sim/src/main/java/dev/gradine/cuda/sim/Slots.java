package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Entry.Declared;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/// Where each register, special register and constant of a program lives in a warp: in its file of ints (up to 32
/// bits), of longs (64 bits), or of predicates.
final class Slots {

    /// Registers of the machine that a warp fills in before it starts, in the order of their slots after the registers.
    enum Special {
        TID_X(0),
        CTAID_X(1),
        CTAID_Y(2),
        CTAID_Z(3),
        LANE(4),
        WARP(5);

        private final int place;

        Special(int place) {
            this.place = place;
        }
    }

    private final List<Declared> declared;
    private final int[] slots;
    private final int specials;
    private final List<int[]> intConstants = new ArrayList<>();
    private final List<long[]> longConstants = new ArrayList<>();
    private final Map<Integer, Integer> ints = new HashMap<>();
    private final Map<Long, Integer> longs = new HashMap<>();
    private final int longRegisters;
    private final int predicates;

    Slots(Entry entry) {
        declared = entry.registers();
        slots = new int[declared.size()];
        int i = 0;
        int q = 0;
        int p = 0;
        for (int k = 0; k < slots.length; k++) {
            PtxType type = declared.get(k).type();
            slots[k] = type == PtxType.PRED ? p++ : type.bytes() == 8 ? q++ : i++;
        }
        specials = i;
        longRegisters = q;
        predicates = p;
    }

    Declared declared(int register) {
        return declared.get(register);
    }

    int slot(int register) {
        return slots[register];
    }

    int special(Special s) {
        return specials + s.place;
    }

    /// Ints before the constants.
    int intRegisters() {
        return specials + Special.values().length;
    }

    int longRegisters() {
        return longRegisters;
    }

    int predicates() {
        return predicates;
    }

    int constant(int value) {
        return ints.computeIfAbsent(value, v -> {
            int[] lanes = new int[Warp.LANES];
            Arrays.fill(lanes, v);
            intConstants.add(lanes);
            return intRegisters() + intConstants.size() - 1;
        });
    }

    /// A constant that differs by lane.
    int constants(IntUnaryOperator byLane) {
        int[] lanes = new int[Warp.LANES];
        Arrays.setAll(lanes, byLane);
        intConstants.add(lanes);
        return intRegisters() + intConstants.size() - 1;
    }

    int constant(long value) {
        return longs.computeIfAbsent(value, v -> {
            long[] lanes = new long[Warp.LANES];
            Arrays.fill(lanes, v);
            longConstants.add(lanes);
            return longRegisters + longConstants.size() - 1;
        });
    }

    /// The file of ints of a new warp.
    int[][] ints() {
        int[][] file = new int[intRegisters() + intConstants.size()][];
        for (int i = 0; i < intRegisters(); i++) file[i] = new int[Warp.LANES];
        for (int i = 0; i < intConstants.size(); i++) file[intRegisters() + i] = intConstants.get(i);
        return file;
    }

    /// The file of longs of a new warp.
    long[][] longs() {
        long[][] file = new long[longRegisters + longConstants.size()][];
        for (int i = 0; i < longRegisters; i++) file[i] = new long[Warp.LANES];
        for (int i = 0; i < longConstants.size(); i++) file[longRegisters + i] = longConstants.get(i);
        return file;
    }
}
