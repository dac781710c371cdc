package dev.gradine.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads what stands outside of entries: version and target, files, variables, and each entry's head.
final class ModuleParser {

    /// The language allows no more for the parameters of a kernel.
    private static final int MAX_PARAMETER_BYTES = 4352;

    private static final int MAX_THREADS = 1024;

    private static final Set<String> LINKAGE = Set.of(".visible", ".extern", ".weak");

    private final Tokens t;
    private final Map<Integer, String> files = new HashMap<>();
    private final List<Variable> variables = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private String version = "";
    private String target = "";

    ModuleParser(Tokens t) {
        this.t = t;
    }

    PtxModule module() {
        readFiles();
        while (!t.atEnd()) statement();
        if (version.isEmpty()) throw t.error("no .version, expected one before everything else");
        if (target.isEmpty()) throw t.error("no .target, expected one after .version");
        return new PtxModule(t.file(), version, target, List.copyOf(variables), List.copyOf(entries));
    }

    /// The names of the source files stand at the end of the text, and lines before it refer to them.
    private void readFiles() {
        while (!t.atEnd()) {
            if (t.take().equals(".file")) file();
        }
        t.rewind();
    }

    private void file() {
        List<String> words = t.takeLine();
        boolean whole = words.size() >= 2 && words.get(1).startsWith("\"");
        if (!whole || !words.get(0).matches("\\d{1,9}")) throw t.error(".file, expected a number and a name");
        String name = words.get(1).substring(1, words.get(1).length() - 1);
        files.put(Integer.parseInt(words.get(0)), name.substring(name.lastIndexOf('/') + 1));
    }

    private void statement() {
        switch (t.peek()) {
            case ".version" -> version = headLine();
            case ".target" -> target = headLine();
            case ".address_size" -> {
                String bits = headLine();
                if (!bits.equals("64")) throw t.error(".address_size is " + bits + ", expected 64");
            }
            case ".file" -> t.takeLine();
            case ".section" -> {
                t.take();
                t.take();
                t.skipBraces();
            }
            default -> declaration();
        }
    }

    private String headLine() {
        t.take();
        return t.take();
    }

    private void declaration() {
        boolean extern = false;
        while (LINKAGE.contains(t.peek())) extern |= t.take().equals(".extern");
        switch (t.peek()) {
            case ".entry" -> entry();
            case ".global", ".const", ".shared" -> add(VariableParser.variable(t, extern));
            default ->
                throw t.error("'" + t.peek() + "', expected .entry, .global, .const, .shared, .file or .section");
        }
    }

    private void add(Variable v) {
        if (!names.add(v.name())) throw t.error(v.name() + " is declared twice");
        variables.add(v);
    }

    private void entry() {
        t.expect(".entry");
        String name = t.take();
        if (!names.add(name)) throw t.error(name + " is declared twice");
        List<Parameter> parameters = t.peek().equals("(") ? parameters() : List.of();
        int maxThreads = performance();
        Scope scope = new Scope(t, variables, parameters);
        new BodyParser(t, scope, files).body();
        entries.add(scope.entry(name, maxThreads));
    }

    private List<Parameter> parameters() {
        List<Parameter> list = new ArrayList<>();
        t.expect("(");
        int offset = 0;
        while (!t.accept(")")) {
            if (!list.isEmpty()) t.expect(",");
            Parameter p = parameter(offset);
            list.add(p);
            offset = p.offset() + p.bytes();
            if (offset > MAX_PARAMETER_BYTES) {
                throw t.error("parameters have " + offset + " bytes, expected <= " + MAX_PARAMETER_BYTES);
            }
        }
        return List.copyOf(list);
    }

    private Parameter parameter(int offset) {
        t.expect(".param");
        int align = t.accept(".align") ? VariableParser.align(t) : 1;
        PtxType type = VariableParser.type(t);
        if (t.accept(".ptr")) pointerNotes();
        String name = t.take();
        int count = 1;
        if (t.accept("[")) {
            count = Numbers.size(t, "length of " + name, MAX_PARAMETER_BYTES / type.bytes());
            t.expect("]");
        }
        int at = Math.ceilDiv(offset, Math.max(align, type.bytes())) * Math.max(align, type.bytes());
        return new Parameter(name, type, type.bytes() * count, at);
    }

    private void pointerNotes() {
        if (Set.of(".global", ".const", ".shared", ".local").contains(t.peek())) t.take();
        if (t.accept(".align")) VariableParser.align(t);
    }

    /// Hints between the parameters and the body; the most threads of a block is the only one that limits
    /// a launch.
    private int performance() {
        int maxThreads = 0;
        while (!t.peek().equals("{")) {
            String hint = t.take();
            switch (hint) {
                case ".maxntid", ".reqntid" -> maxThreads = threads();
                case ".minnctapersm", ".maxnctapersm", ".maxnreg", ".maxclusterrank" -> Numbers.size(t, hint, 1 << 16);
                case ".explicitcluster" -> {}
                case ".reqnctapercluster" -> cluster();
                case ".pragma" -> {
                    t.take();
                    t.expect(";");
                }
                default -> throw t.error("'" + hint + "', expected the body of a kernel");
            }
        }
        return maxThreads;
    }

    private void cluster() {
        int blocks = threads();
        if (blocks != 1)
            throw t.error("a cluster of " + blocks + " blocks, expected 1 (larger ones are not simulated)");
    }

    private int threads() {
        int product = Numbers.size(t, "threads of a block", MAX_THREADS);
        while (t.accept(",")) product *= Numbers.size(t, "threads of a block", MAX_THREADS);
        return Math.min(product, MAX_THREADS);
    }
}
