package dev.gradine.cuda.sim.ptx;

import dev.gradine.cuda.sim.ptx.Entry.Declared;
import dev.gradine.cuda.sim.ptx.Operand.Register;
import dev.gradine.cuda.sim.ptx.Operand.Symbol;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The names an entry knows, by nested braces, and what it is made of so far.
final class Scope {

    private static final int MAX_REGISTERS = 1 << 17;

    private final Tokens t;
    private final List<Parameter> parameters;
    private final List<Declared> registers = new ArrayList<>();
    private final List<Variable> variables = new ArrayList<>();
    private final List<Instruction> instructions = new ArrayList<>();
    private final Set<String> symbols = new HashSet<>();
    private final Deque<Map<String, Integer>> names = new ArrayDeque<>();
    private final Deque<Map<String, Integer>> labels = new ArrayDeque<>();
    private final List<List<Map<String, Integer>>> labelsOf = new ArrayList<>();

    Scope(Tokens t, List<Variable> outer, List<Parameter> parameters) {
        this.t = t;
        this.parameters = parameters;
        for (Variable v : outer) symbols.add(v.name());
        for (Parameter p : parameters) {
            if (!symbols.add(p.name())) throw t.error(p.name() + " is declared twice");
        }
    }

    void open() {
        names.push(new HashMap<>());
        labels.push(new HashMap<>());
    }

    void close() {
        names.pop();
        labels.pop();
    }

    int depth() {
        return names.size();
    }

    /// Registers `name0` to `name(count - 1)`, or the one called `name` for count -1.
    void declare(String name, PtxType type, int count) {
        if (registers.size() + Math.max(count, 1) > MAX_REGISTERS) {
            throw t.error("more than " + MAX_REGISTERS + " registers");
        }
        if (count < 0) declare(name, type);
        for (int i = 0; i < count; i++) declare(name + i, type);
    }

    private void declare(String name, PtxType type) {
        if (names.getFirst().put(name, registers.size()) != null) throw t.error(name + " is declared twice");
        registers.add(new Declared(name, type));
    }

    void declare(Variable v) {
        if (!symbols.add(v.name())) throw t.error(v.name() + " is declared twice");
        variables.add(v);
    }

    /// A label for the next instruction.
    void label(String name) {
        if (labels.getFirst().put(name, instructions.size()) != null) throw t.error(name + " is there twice");
    }

    /// What a name that is no special register stands for: a register, or a symbol; labels are found at the end.
    Operand resolve(String name) {
        for (Map<String, Integer> scope : names) {
            Integer index = scope.get(name);
            if (index != null) return new Register(name, index);
        }
        if (symbols.contains(name)) return new Symbol(name);
        throw t.error("'" + name + "' is not declared");
    }

    /// Adds an instruction whose labels are still `Operand.Label` with target -1; they are looked up in all scopes that
    /// are open here, once those are complete.
    void add(Instruction i) {
        instructions.add(i);
        labelsOf.add(i.opcode().equals("bra") ? List.copyOf(labels) : List.of());
    }

    Entry entry(String name, int maxThreads) {
        for (int i = 0; i < instructions.size(); i++) instructions.set(i, withTargets(i));
        return new Entry(
                name,
                parameters,
                List.copyOf(registers),
                List.copyOf(variables),
                List.copyOf(instructions),
                maxThreads);
    }

    private Instruction withTargets(int at) {
        Instruction i = instructions.get(at);
        if (!i.opcode().equals("bra")) return i;
        Operand.Label label = (Operand.Label) i.operands().getFirst();
        for (Map<String, Integer> scope : labelsOf.get(at)) {
            Integer target = scope.get(label.name());
            if (target == null) continue;
            List<Operand> operands = List.of(new Operand.Label(label.name(), target));
            return new Instruction(i.place(), i.guard(), i.opcode(), i.modifiers(), operands, i.text());
        }
        throw new PtxException(t.file(), i.place().ptxLine(), "label " + label.name() + " is not there");
    }
}
