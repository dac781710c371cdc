package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.Instruction;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.Operand.Address;
import dev.gradine.cuda.sim.ptx.Operand.Immediate;
import dev.gradine.cuda.sim.ptx.Operand.Kind;
import dev.gradine.cuda.sim.ptx.Operand.Pair;
import dev.gradine.cuda.sim.ptx.Operand.Register;
import dev.gradine.cuda.sim.ptx.Operand.Special;
import dev.gradine.cuda.sim.ptx.Operand.Symbol;
import dev.gradine.cuda.sim.ptx.Operand.Vector;
import dev.gradine.cuda.sim.ptx.PtxException;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// An instruction while it is being decoded: finds the slots of its operands, and refuses what it does
/// not expect.
final class Form {

    private final Instruction instruction;
    private final Context context;
    private final List<String> open;

    /// What decoding needs beside the instruction.
    ///
    /// @param file name of the PTX text
    /// @param shape of the launch: its block and grid are constants in a program
    record Context(String file, Slots slots, Layout layout, Shape shape, Options options) {}

    /// What special registers say of a launch, the same for all of its threads.
    record Shape(int threads, int gridX, int gridY, int gridZ, int dynamicShared) {}

    Form(Instruction instruction, Context context) {
        this.instruction = instruction;
        this.context = context;
        this.open = new ArrayList<>(instruction.modifiers());
    }

    Instruction instruction() {
        return instruction;
    }

    Options options() {
        return context.options();
    }

    PtxException error(String text) {
        return new PtxException(context.file(), instruction.place().ptxLine(), instruction.name() + ": " + text);
    }

    // Modifiers: each is taken once, and none may be left over.

    /// Takes a modifier if it is there.
    boolean take(String modifier) {
        return open.remove(modifier);
    }

    /// Itself, with that modifier taken.
    Form taking(String modifier) {
        take(modifier);
        return this;
    }

    /// Takes whichever of the modifiers is there.
    String takeOne(String otherwise, String... modifiers) {
        for (String m : modifiers) if (take(m)) return m;
        return otherwise;
    }

    void ignore(String... modifiers) {
        open.removeAll(Set.of(modifiers));
    }

    /// Takes the next type.
    PtxType takeType() {
        for (String m : open) {
            if (!PtxType.isType(m)) continue;
            open.remove(m);
            return PtxType.of(m);
        }
        throw error("no type, expected one");
    }

    /// Takes the first modifier of all.
    String takeFirst() {
        if (open.isEmpty()) throw error("a modifier is missing");
        return open.removeFirst();
    }

    void finish(int operands) {
        if (!open.isEmpty()) throw error("modifier ." + open.getFirst() + " is not known here");
        if (instruction.operands().size() != operands) {
            throw error(instruction.operands().size() + " operands, expected " + operands);
        }
    }

    int count() {
        return instruction.operands().size();
    }

    // Operands.

    Operand operand(int i) {
        if (i >= count()) throw error(count() + " operands, expected more than " + i);
        return instruction.operands().get(i);
    }

    boolean isVector(int i) {
        return operand(i) instanceof Vector;
    }

    List<Operand> elements(int i) {
        return operand(i) instanceof Vector(List<Operand> elements) ? elements : List.of(operand(i));
    }

    /// First of `a|b`, or the operand itself.
    Operand first(int i) {
        return operand(i) instanceof Pair(Operand a, Operand b) ? a : operand(i);
    }

    boolean isPair(int i) {
        return operand(i) instanceof Pair;
    }

    Operand second(int i) {
        if (operand(i) instanceof Pair(Operand a, Operand b)) return b;
        throw error(operand(i) + ", expected a|b");
    }

    /// Slot of an operand of that type: of a long for 64 bits, else of an int. The widths must be the
    /// same.
    int slot(int i, PtxType type) {
        return slot(operand(i), type, true);
    }

    /// The same for registers that may be wider than the type, as those of `ld`, `st` and `cvt`.
    int wideSlot(int i, PtxType type) {
        return slot(operand(i), type, false);
    }

    int slot(Operand o, PtxType type, boolean isExact) {
        boolean isLong = type.bytes() == 8;
        return switch (o) {
            case Register r -> register(r, type, isExact);
            case Immediate v -> constant(v, type);
            case Special s when isLong -> throw error(s.name() + " has 32 bits, expected 64");
            case Special s -> special(s.name());
            case Symbol s when isLong -> context.slots().constant(address(s));
            case Symbol s when type.bytes() == 4 -> context.slots().constant((int) address(s));
            default -> throw error(o + ", expected a register or a number");
        };
    }

    private int register(Register r, PtxType type, boolean isExact) {
        PtxType of = context.slots().declared(r.index()).type();
        boolean fits = of.bytes() == type.bytes() || (!isExact && of.bytes() > type.bytes());
        if (!fits || of == PtxType.PRED) throw error(r.name() + " is " + of + ", expected " + type);
        return context.slots().slot(r.index());
    }

    /// Whether a register operand lives in 64 bits, whatever the type of the instruction.
    boolean isLong(Operand o) {
        return o instanceof Register r
                && context.slots().declared(r.index()).type().bytes() == 8;
    }

    /// What a register of that width keeps of a value of up to 32 bits: 16-bit registers have zeros
    /// above.
    int outside(Operand o) {
        boolean isShort = o instanceof Register r
                && context.slots().declared(r.index()).type().bytes() == 2;
        return isShort ? 0xffff : -1;
    }

    private int constant(Immediate v, PtxType type) {
        if (type.bytes() == 8) return context.slots().constant(type == PtxType.F64 ? wide(v) : v.bits());
        int bits = v.kind() == Kind.F64
                ? Float.floatToRawIntBits((float) Double.longBitsToDouble(v.bits()))
                : (int) v.bits();
        return context.slots().constant(type.bytes() == 2 ? bits & 0xffff : bits);
    }

    private static long wide(Immediate v) {
        return v.kind() == Kind.F32 ? Double.doubleToRawLongBits(Float.intBitsToFloat((int) v.bits())) : v.bits();
    }

    private long address(Symbol s) {
        return context.layout().at(s.name()).address();
    }

    private int special(String name) {
        Slots slots = context.slots();
        Shape shape = context.shape();
        return switch (name) {
            case "%tid.x" -> slots.special(Slots.Special.TID_X);
            case "%laneid" -> slots.special(Slots.Special.LANE);
            case "%warpid" -> slots.special(Slots.Special.WARP);
            case "%ctaid.x" -> slots.special(Slots.Special.CTAID_X);
            case "%ctaid.y" -> slots.special(Slots.Special.CTAID_Y);
            case "%ctaid.z" -> slots.special(Slots.Special.CTAID_Z);
            case "%tid.y", "%tid.z" -> slots.constant(0);
            case "%ntid.y", "%ntid.z" -> slots.constant(1);
            case "%ntid.x" -> slots.constant(shape.threads());
            case "%nctaid.x" -> slots.constant(shape.gridX());
            case "%nctaid.y" -> slots.constant(shape.gridY());
            case "%nctaid.z" -> slots.constant(shape.gridZ());
            case "%nwarpid" -> slots.constant(Math.ceilDiv(shape.threads(), Warp.LANES));
            case "%cluster_ctarank", "%cluster_ctaid.x", "%cluster_ctaid.y", "%cluster_ctaid.z" -> slots.constant(0);
            case "%cluster_nctarank", "%cluster_nctaid.x", "%cluster_nctaid.y", "%cluster_nctaid.z" ->
                slots.constant(1);
            case "%clusterid.x" -> slots.special(Slots.Special.CTAID_X);
            case "%clusterid.y" -> slots.special(Slots.Special.CTAID_Y);
            case "%clusterid.z" -> slots.special(Slots.Special.CTAID_Z);
            case "%nclusterid.x" -> slots.constant(shape.gridX());
            case "%nclusterid.y" -> slots.constant(shape.gridY());
            case "%nclusterid.z" -> slots.constant(shape.gridZ());
            case "%dynamic_smem_size" -> slots.constant(shape.dynamicShared());
            case "WARP_SZ" -> slots.constant(Warp.LANES);
            case "%lanemask_eq", "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge" -> laneMask(name);
            default -> throw error(name + " is not known here");
        };
    }

    private int laneMask(String name) {
        return context.slots().constants(lane -> {
            int self = 1 << lane;
            return switch (name) {
                case "%lanemask_eq" -> self;
                case "%lanemask_lt" -> self - 1;
                case "%lanemask_le" -> self | self - 1;
                case "%lanemask_gt" -> ~(self | self - 1);
                default -> ~(self - 1);
            };
        });
    }

    /// Slot of a predicate register.
    int predicate(Operand o) {
        if (!(o instanceof Register r) || context.slots().declared(r.index()).type() != PtxType.PRED) {
            throw error(o + ", expected a predicate register");
        }
        return context.slots().slot(r.index());
    }

    int predicate(int i) {
        return predicate(operand(i));
    }

    /// A guard as programs keep it: p + 1 for predicate p, -p - 1 for its opposite.
    int guard(Operand o) {
        return o instanceof Operand.Not(Register r) ? -predicate(r) - 1 : predicate(o) + 1;
    }

    /// A number that is part of the instruction.
    int number(int i) {
        if (operand(i) instanceof Immediate v && v.kind() == Kind.INTEGER) return Math.toIntExact(v.bits());
        throw error(operand(i) + ", expected a number");
    }

    boolean isNumber(int i) {
        return operand(i) instanceof Immediate;
    }

    /// The address operand, in the memory that the instruction names.
    Target target(int i, Space space) {
        if (!(operand(i) instanceof Address(Operand base, long offset)))
            throw error(operand(i) + ", expected [address]");
        return switch (base) {
            case Symbol s -> symbol(s, space, offset);
            case Immediate v -> new Target(space, context.slots().constant(v.bits()), true, offset);
            default -> {
                boolean isLong = isLong(base);
                yield new Target(space, slot(base, isLong ? PtxType.U64 : PtxType.U32, true), isLong, offset);
            }
        };
    }

    private Target symbol(Symbol s, Space space, long offset) {
        Layout.Symbol at = context.layout().at(s.name());
        boolean isGeneric = space == Space.GENERIC;
        if (at.space() != space && !isGeneric) throw error(s.name() + " is in " + at.space() + ", expected " + space);
        return new Target(at.space(), context.slots().constant(at.address()), true, offset);
    }
}
