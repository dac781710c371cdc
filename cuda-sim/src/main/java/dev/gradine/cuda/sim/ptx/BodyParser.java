package dev.gradine.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads the body of an entry: declarations, labels, instructions, and the lines of the source they came
/// from.
final class BodyParser {

    private static final int MAX_RANGE = 1 << 17;

    private final Tokens t;
    private final Scope scope;
    private final Map<Integer, String> files;
    private String sourceFile = "";
    private int sourceLine;

    BodyParser(Tokens t, Scope scope, Map<Integer, String> files) {
        this.t = t;
        this.scope = scope;
        this.files = files;
    }

    void body() {
        t.expect("{");
        scope.open();
        while (scope.depth() > 0) statement();
    }

    private void statement() {
        switch (t.peek()) {
            case "{" -> {
                t.take();
                scope.open();
            }
            case "}" -> {
                t.take();
                scope.close();
            }
            case ";" -> t.take();
            case ".reg" -> registers();
            case ".shared", ".local" -> scope.declare(VariableParser.variable(t, false));
            case ".loc" -> location();
            case ".pragma" -> {
                t.take();
                t.take();
                t.expect(";");
            }
            default -> labelOrInstruction();
        }
    }

    private void registers() {
        t.expect(".reg");
        PtxType type = VariableParser.type(t);
        do {
            String name = t.take();
            boolean range = t.accept("<");
            int count = range ? Numbers.size(t, "number of registers " + name, MAX_RANGE) : -1;
            if (range) t.expect(">");
            scope.declare(name, type, count);
        } while (t.accept(","));
        t.expect(";");
    }

    /// `.loc file line column`, and for code of an inlined function where it was called from, which is
    /// left out.
    private void location() {
        List<String> words = t.takeLine();
        if (words.size() < 4
                || !words.get(1).matches("\\d{1,9}")
                || !words.get(2).matches("\\d{1,9}")) {
            throw t.error(".loc, expected file, line and column");
        }
        sourceFile = files.getOrDefault(Integer.parseInt(words.get(1)), "");
        sourceLine = sourceFile.isEmpty() ? 0 : Integer.parseInt(words.get(2));
    }

    private void labelOrInstruction() {
        if (t.peekSecond().equals(":")) {
            scope.label(t.take());
            t.expect(":");
            return;
        }
        instruction();
    }

    private void instruction() {
        List<Operand> guard = t.accept("@") ? List.of(predicate()) : List.of();
        int from = t.position();
        Place place = new Place(t.line(), sourceFile, sourceLine);
        String first = t.take();
        String[] words = first.split("\\.", -1);
        if (!words[0].matches("[a-z][a-z0-9]*")) {
            throw new PtxException(t.file(), place.ptxLine(), "'" + first + "', expected an instruction");
        }
        List<String> modifiers = List.of(words).subList(1, words.length);
        List<Operand> operands = new ArrayList<>();
        if (words[0].equals("bra")) operands.add(new Operand.Label(t.take(), -1));
        while (!t.peek().equals(";")) {
            if (!operands.isEmpty()) t.expect(",");
            operands.add(operand());
        }
        String text = t.since(from);
        t.expect(";");
        scope.add(new Instruction(place, guard, words[0], modifiers, List.copyOf(operands), text));
    }

    private Operand predicate() {
        boolean not = t.accept("!");
        Operand o = scope.resolve(t.take());
        if (!(o instanceof Operand.Register r)) throw t.error(o + ", expected a predicate register");
        return not ? new Operand.Not(r) : r;
    }

    private Operand operand() {
        Operand first = single();
        return t.accept("|") ? new Operand.Pair(first, single()) : first;
    }

    private Operand single() {
        return switch (t.peek()) {
            case "{" -> vector();
            case "[" -> address();
            case "!" -> predicate();
            default -> scalar();
        };
    }

    private Operand.Vector vector() {
        t.expect("{");
        List<Operand> elements = new ArrayList<>();
        do {
            elements.add(scalar());
        } while (t.accept(","));
        t.expect("}");
        return new Operand.Vector(List.copyOf(elements));
    }

    private Operand address() {
        t.expect("[");
        Operand base = scalar();
        long offset = 0;
        if (t.peek().equals("+") || t.peek().equals("-")) {
            boolean plus = t.accept("+");
            offset = Numbers.immediate(t).bits();
            if (!plus && offset > 0) throw t.error("offset " + offset + ", expected a number with its sign");
        }
        if (offset == 0 && t.accept(",")) {
            List<Operand> coordinates = vector().elements();
            t.expect("]");
            return new Operand.Box(base, coordinates);
        }
        t.expect("]");
        return new Operand.Address(base, offset);
    }

    private Operand scalar() {
        String word = t.peek();
        if (Numbers.isNumber(word) || word.equals("-") || word.equals("+")) return Numbers.immediate(t);
        if (word.equals("_")) {
            t.take();
            return new Operand.Sink();
        }
        if (isSpecial(word)) return new Operand.Special(t.take());
        Operand o = scope.resolve(word);
        t.take();
        return o;
    }

    private static final Set<String> SPECIAL = Set.of(
            "%tid.x",
            "%tid.y",
            "%tid.z",
            "%ntid.x",
            "%ntid.y",
            "%ntid.z",
            "%ctaid.x",
            "%ctaid.y",
            "%ctaid.z",
            "%nctaid.x",
            "%nctaid.y",
            "%nctaid.z",
            "%laneid",
            "%warpid",
            "%nwarpid",
            "%smid",
            "%nsmid",
            "%clock",
            "%clock64",
            "%globaltimer",
            "%lanemask_eq",
            "%lanemask_lt",
            "%lanemask_le",
            "%lanemask_gt",
            "%lanemask_ge",
            "%dynamic_smem_size",
            "%total_smem_size",
            "%cluster_ctarank",
            "%cluster_nctarank",
            "%cluster_ctaid.x",
            "%cluster_ctaid.y",
            "%cluster_ctaid.z",
            "%cluster_nctaid.x",
            "%cluster_nctaid.y",
            "%cluster_nctaid.z",
            "%clusterid.x",
            "%clusterid.y",
            "%clusterid.z",
            "%nclusterid.x",
            "%nclusterid.y",
            "%nclusterid.z",
            "WARP_SZ");

    private static boolean isSpecial(String word) {
        return SPECIAL.contains(word);
    }
}
