package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Program.Code;
import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Instruction;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Turns the instructions of an entry into steps, once per kernel and shape of launch.
final class Decoder {

    private static final Set<String> ACCESSES =
            Set.of("ld", "st", "atom", "red", "cp", "ldmatrix", "stmatrix", "mbarrier", "wgmma");

    private Decoder() {}

    /// @param globals addresses of the module's global variables
    static Program program(
            PtxModule module, Entry entry, Map<String, Long> globals, Form.Shape shape, Options options) {
        Slots slots = new Slots(entry);
        Layout layout = new Layout(module, entry, globals);
        Form.Context context = new Form.Context(module.file(), slots, layout, shape, options);
        List<Instruction> text = entry.instructions();
        Step[] steps = new Step[text.size() + 1];
        int[] guards = new int[steps.length];
        boolean[] isAccess = new boolean[steps.length];
        for (int i = 0; i < text.size(); i++) {
            Instruction instruction = text.get(i);
            Form form = new Form(instruction, context);
            steps[i] = step(form);
            guards[i] = instruction.guard().isEmpty()
                    ? 0
                    : form.guard(instruction.guard().getFirst());
            isAccess[i] = ACCESSES.contains(instruction.opcode());
        }
        steps[text.size()] = Control.EXIT;
        return new Program(entry, slots, layout, new Code(steps, guards, isAccess, touched(text, slots)));
    }

    private static int[][] touched(List<Instruction> text, Slots slots) {
        BitSet shared = new BitSet();
        for (Instruction i : text) if (isProduct(i)) registers(i.operands().subList(0, 2), slots, shared);
        if (shared.isEmpty()) return new int[0][];
        int[][] touched = new int[text.size() + 1][0];
        for (int k = 0; k < text.size(); k++) {
            if (isProduct(text.get(k))) continue;
            BitSet own = new BitSet();
            registers(text.get(k).operands(), slots, own);
            own.and(shared);
            touched[k] = own.stream().toArray();
        }
        return touched;
    }

    private static boolean isProduct(Instruction i) {
        return i.opcode().equals("wgmma") && i.has("mma_async") && i.operands().size() > 1;
    }

    /// Slots of the registers of up to 32 bits among the operands.
    private static void registers(List<Operand> operands, Slots slots, BitSet to) {
        for (Operand o : operands) {
            switch (o) {
                case Operand.Register(String _, int index) -> {
                    PtxType type = slots.declared(index).type();
                    if (type.bytes() != 8 && type != PtxType.PRED) to.set(slots.slot(index));
                }
                case Operand.Vector(List<Operand> elements) -> registers(elements, slots, to);
                case Operand.Pair(Operand a, Operand b) -> registers(List.of(a, b), slots, to);
                case Operand.Address(Operand base, long _) -> registers(List.of(base), slots, to);
                case Operand.Box(Operand _, List<Operand> coordinates) -> registers(coordinates, slots, to);
                default -> {}
            }
        }
    }

    private static Step step(Form f) {
        String opcode = f.instruction().opcode();
        return switch (opcode) {
            case "mov" -> Moves.mov(f);
            case "cvta" -> Moves.cvta(f);
            case "ld", "ldu" -> Memory.load(f);
            case "st" -> Memory.store(f);
            case "add", "sub", "min", "max" -> Arithmetic.two(f, opcode);
            case "neg", "abs", "not", "cnot", "brev" -> Arithmetic.one(f, opcode);
            case "and", "or", "xor" -> Arithmetic.logic(f, opcode);
            case "mul", "mad" -> Arithmetic.product(f, opcode);
            case "div", "rem" -> Arithmetic.quotient(f, opcode.equals("div"));
            case "shl", "shr" -> Arithmetic.shift(f, opcode.equals("shl"));
            case "fma", "copysign", "ex2", "lg2", "rcp", "rsqrt", "sqrt", "sin", "cos", "tanh" ->
                Arithmetic.floats(f, opcode);
            case "cvt" -> Convert.step(f);
            case "setp" -> Compare.setp(f);
            case "set" -> Compare.set(f);
            case "selp" -> Compare.selp(f);
            case "bra" -> Control.branch(f);
            case "ret", "exit" -> Control.exit(f);
            case "trap" -> Control.trap(f);
            case "bar", "barrier" -> f.take("cluster") ? ClusterSteps.barrier(f) : Control.barrier(f);
            case "membar", "fence" -> Control.fence(f);
            case "prefetch", "prefetchu", "nanosleep", "griddepcontrol" -> Control.hint(f);
            case "mapa", "getctarank" -> ClusterSteps.address(f, opcode.equals("mapa"));
            case "setmaxnreg" -> ClusterSteps.registers(f);
            case "shfl" -> WarpSteps.shuffle(f);
            case "vote" -> WarpSteps.vote(f);
            case "activemask" -> WarpSteps.activemask(f);
            case "elect" -> WarpSteps.elect(f);
            case "redux" -> WarpSteps.reduce(f);
            case "match" -> WarpSteps.match(f);
            case "atom", "red" -> Atomics.step(f, opcode.equals("atom"));
            case "mma" -> TensorSteps.multiply(f);
            case "ldmatrix" -> TensorSteps.load(f);
            case "stmatrix" -> TensorSteps.store(f);
            case "cp" -> AsyncSteps.step(f);
            case "mbarrier" -> MbarrierSteps.step(f);
            case "wgmma" -> WgmmaSteps.step(f);
            default -> Bits.step(f, opcode);
        };
    }
}
